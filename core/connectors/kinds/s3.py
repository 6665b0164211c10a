"""S3 and its likes: one bucket, and in it one prefix, which is only listed and read."""

import re
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from core.connectors import forms
from core.connectors.base import Connector, Environment, Limits, SampleParams
from core.connectors.first_look import first_look
from core.connectors.http.address import HttpAddress, host_of
from core.connectors.http.auth import HeaderSecret
from core.connectors.http.client import HttpClient
from core.connectors.http.tls import TlsConfig
from core.connectors.registry import register
from core.connectors.s3 import columns, listing, preview, rungs
from core.connectors.s3.bucket import Bucket
from core.connectors.s3.carrier import in_path, sdk
from core.models import CatalogEntry, Check, Sample
from core.safety.s3 import check_key

if TYPE_CHECKING:
    from yarl import URL

# Looser than Amazon's rule for new buckets: older ones, and other services, know capitals and underscores.
BUCKET = r"^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$"

# The SDK's own rule: a label of a host name, and not only digits.
REGION = r"^[A-Za-z](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?$"
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")


class S3Config(TlsConfig):
    """Where the bucket is and who asks; without keys nobody in particular does."""

    endpoint_url: HttpAddress | None = Field(None, json_schema_extra={"example": "https://minio.example.ir:9000"})
    region: str = Field("us-east-1", pattern=REGION)
    bucket: str = Field(pattern=BUCKET, json_schema_extra={"example": "reports"})
    prefix: str = Field("", max_length=1024, json_schema_extra={"example": "logs/"})
    access_key_id: str | None = Field(None, pattern=r"^[\x21-\x7e]{1,200}$")
    secret_access_key: SecretStr | None = Field(None, min_length=1, max_length=1000)
    session_token: HeaderSecret | None = Field(None)
    path_style: bool | None = Field(None, json_schema_extra={"section": "advanced"})

    @field_validator("endpoint_url")
    @classmethod
    def _a_host_for_the_sdk(cls, address: str | None) -> str | None:
        from yarl import URL

        host = URL(address).raw_host or "" if address is not None else "h"
        if ":" not in host and not all(map(_LABEL.fullmatch, host.removesuffix(".").split("."))):
            raise PydanticCustomError("sdk_host", "a host name of letters, digits and hyphens")
        return address

    @field_validator("prefix")
    @classmethod
    def _a_prefix(cls, prefix: str) -> str:
        if ".." in prefix.split("/") or "\\" in prefix or "\0" in prefix:
            raise PydanticCustomError("s3_prefix", "a prefix without .. and backslashes")
        return prefix

    @model_validator(mode="after")
    def _both_keys_or_none(self) -> "S3Config":
        if (self.access_key_id is None) != (self.secret_access_key is None):
            missing = "access_key_id" if self.access_key_id is None else "secret_access_key"
            raise PydanticCustomError("both_keys", "both keys or none", {"field": missing})
        return self


class S3Params(SampleParams):
    """Either a list of the objects below a prefix, or a look into one object."""

    prefix: str | None = Field(None, max_length=1024)
    key: str | None = Field(None, min_length=1, max_length=1024)

    @model_validator(mode="after")
    def _one_of(self) -> "S3Params":
        if self.prefix is not None and self.key is not None:
            raise PydanticCustomError("prefix_or_key", "either prefix or key", {"field": "key"})
        return self


@register("s3")
class S3Connector(Connector):
    """One bucket."""

    config_model = S3Config
    params_model = S3Params
    limits = Limits(connect=5, attempt=10, sample=20)
    drivers = ("core.connectors.http.dial", "boto3")
    placeholder: ClassVar[Mapping[str, Any]] = {"prefix": "", "limit": 100}

    def __init__(self, config: S3Config, environment: Environment) -> None:
        self._config, self._environment = config, environment
        self._limits = self.limits.overridden(config.timeout_s)
        self._http = HttpClient(config, environment, self._limits, only_reads, "endpoint_url", decode=False)
        self._bucket = Bucket(config, self._http)

    @classmethod
    def build(cls, config: S3Config, environment: Environment) -> "S3Connector":
        return cls(config, environment)

    @classmethod
    def destination(cls, config: S3Config) -> tuple[Any, ...]:
        region = config.region if config.endpoint_url is None else ""
        # Without path style the bucket is part of the host's name.
        return config.endpoint_url, region, config.bucket, in_path(config), config.tls_verify

    @classmethod
    def host(cls, config: S3Config) -> str:
        return host_of(config.endpoint_url) if config.endpoint_url else f"s3.{config.region}.amazonaws.com"

    @classmethod
    def preload(cls) -> None:
        super().preload()
        sdk().warm()

    @classmethod
    def check_params(cls, params: Mapping[str, Any], environment: Environment) -> None:
        given: S3Params = forms.validate_params(cls.params_model, params, environment.rows_max)
        check_key(given.key or given.prefix or "", "", "key" if given.key else "prefix")

    @classmethod
    def check_reach(cls, config: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        field = "key" if params.get("key") else "prefix"
        prefix = config.get("prefix") or ""
        check_key(params.get(field) or prefix, prefix, field)

    @classmethod
    def params_for(cls, entry: CatalogEntry) -> dict[str, Any]:
        field = {"prefix": "prefix", "object": "key"}.get(entry.type)
        return {field: entry.path, "limit": 100} if field else {}

    @classmethod
    def snippet(cls, config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
        from core.connectors.s3.snippet import snippet

        return snippet(config, params)

    async def ping(self) -> tuple[bool, str]:
        answer = await self._bucket.list(self._config.prefix, 1)
        return True, f"S3 {answer.server}".strip()

    async def sample(self, params: dict[str, Any]) -> Sample:
        self.check_params(params, self._environment)
        self.check_reach({"prefix": self._config.prefix}, params)
        given: S3Params = forms.validate_params(self.params_model, params, self._environment.rows_max)
        if given.key is not None:
            return await preview.of(self._bucket, given.key, given.limit, self._environment.bytes_max)
        prefix = given.prefix or self._config.prefix
        return await listing.sample(self._bucket, prefix, given.limit, self._environment.bytes_max)

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        prefix = path or self._config.prefix
        check_key(prefix, self._config.prefix, "prefix")
        if path and columns.are_in(path):
            return await columns.entries(self._bucket, path)
        return await listing.entries(self._bucket, prefix)

    async def diagnose(self) -> AsyncIterator[Check]:
        look = partial(first_look, self, self._limits.sample)
        async for check in rungs.ladder(self._config, self._environment, self._limits, self._bucket, look):
            yield check

    async def close(self) -> None:
        await self._http.close()


def only_reads(method: str, _url: "URL", body: bytes | None) -> bool:
    """The second layer: what the SDK wants to send leaves only when it cannot change anything."""
    return method in ("GET", "HEAD") and not body
