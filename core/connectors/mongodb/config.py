"""The configuration of the `mongodb` kind and what its samples take."""

from typing import Any

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from core.connectors.base import SampleParams
from core.connectors.http.tls import TlsConfig
from core.connectors.mongodb.target import ADMIN, target_of
from core.connectors.mongodb.uri import HOSTS_MAX, Malformed, OptionRefused, address, parse

_WITH_TLS: JsonDict = {"section": "security", "shown_when": {"tls": [True]}}
PASSWORD_MAX = 1000
"""The driver prepares a password on the event loop, in a time that grows with its length."""

_NO_DATABASE = frozenset('/\\. "$*<>:|?\0')  # MongoDB's own rule, "Naming Restrictions"


class MongodbConfig(TlsConfig):
    """Where the members are and who asks: either `hosts` or one connection string."""

    uri: SecretStr | None = Field(
        None,
        max_length=8192,
        json_schema_extra={"example": "mongodb://reader@db1.example.ir,db2.example.ir/?replicaSet=rs0"},
    )
    hosts: list[str] | None = Field(
        None, min_length=1, max_length=HOSTS_MAX, json_schema_extra={"example": "db.example.ir:27017"}
    )
    database: str = Field(min_length=1, max_length=63, json_schema_extra={"example": "orders"})
    user: str | None = Field(None, min_length=1, max_length=255, json_schema_extra={"example": "reader"})
    password: SecretStr | None = Field(None, max_length=PASSWORD_MAX)
    auth_source: str = Field(ADMIN, min_length=1, max_length=63, json_schema_extra={"section": "advanced"})
    tls: bool = Field(default=False, json_schema_extra={"section": "security"})
    tls_verify: bool = Field(default=True, json_schema_extra=_WITH_TLS)
    ca_pem: str | None = Field(None, max_length=65536, json_schema_extra={**_WITH_TLS, "multiline": True})
    replica_set: str | None = Field(None, min_length=1, max_length=255, json_schema_extra={"section": "advanced"})
    direct: bool = Field(default=False, json_schema_extra={"section": "advanced"})

    @field_validator("uri")
    @classmethod
    def _readable(cls, uri: SecretStr | None) -> SecretStr | None:
        try:
            if uri is not None:
                parse(uri.get_secret_value())
        except Malformed:
            raise PydanticCustomError("mongodb_uri", "a MongoDB connection string") from None
        except OptionRefused as err:
            raise PydanticCustomError("uri_option", "an option that is not heeded", {"option": err.option}) from None
        return uri

    @field_validator("hosts")
    @classmethod
    def _addresses(cls, hosts: list[str] | None) -> list[str] | None:
        try:
            for host in hosts or ():
                address(host)
        except Malformed:
            raise PydanticCustomError("host_and_port", "host or host:port") from None
        return hosts

    @field_validator("database", "auth_source")
    @classmethod
    def _a_database(cls, name: str) -> str:
        if _NO_DATABASE & set(name):
            raise PydanticCustomError("database_name", "the name of a database")
        return name

    @field_validator("user", "replica_set")
    @classmethod
    def _no_nul(cls, text: str | None) -> str | None:
        if text and "\0" in text:
            raise PydanticCustomError("no_nul", "no NUL character")
        return text

    @model_validator(mode="after")
    def _whole(self) -> "MongodbConfig":
        if (self.uri is None) == (self.hosts is None):
            raise PydanticCustomError("uri_or_hosts", "either uri or hosts", {"field": "hosts"})
        target = target_of(self)
        if target.user and not target.password:
            raise PydanticCustomError("password_missing", "a password", {"field": "password"})
        if target.password and not target.user:
            raise PydanticCustomError("user_missing", "a user", {"field": "user"})
        if target.direct and (target.srv or len(target.hosts) > 1):
            raise PydanticCustomError("direct_one_host", "one host", {"field": "direct"})
        return self


class MongodbParams(SampleParams):
    """Either a find, with filter, projection and sort, or a pipeline; all of it Extended JSON."""

    collection: str = Field(min_length=1, max_length=255)
    filter: dict[str, Any] | None = Field(None)
    projection: dict[str, Any] | None = Field(None)
    sort: dict[str, Any] | None = Field(None)
    pipeline: list[Any] | None = Field(None, max_length=1000)

    @model_validator(mode="after")
    def _one_of(self) -> "MongodbParams":
        if self.pipeline is not None and not (self.filter is self.projection is self.sort is None):
            raise PydanticCustomError("find_or_pipeline", "either a find or a pipeline", {"field": "pipeline"})
        return self
