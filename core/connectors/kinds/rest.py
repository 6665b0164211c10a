"""REST: a service below one base address, asked with GET only, its JSON answers read as tables."""

import re
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from core.connectors import forms
from core.connectors.base import Connector, Environment, Limits, SampleParams
from core.connectors.first_look import first_look
from core.connectors.http.address import HttpAddress, host_of
from core.connectors.http.auth import Auth, Headers, NoAuth
from core.connectors.http.tls import TlsConfig
from core.connectors.registry import register
from core.connectors.rest import entries, rungs, table
from core.connectors.rest.health import Health
from core.connectors.rest.operations import Operations
from core.connectors.rest.service import Scalar, Service
from core.errors import QueryRefused
from core.models import CatalogEntry, Check, Sample
from core.safety.rest import check_path, check_query

_STATUSES = re.compile(r"([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?")
PATH_LETTERS_MAX = 2000
RECORDS_PATH_MAX = 200


def _statuses(text: str) -> str:
    found = _STATUSES.fullmatch(text)
    if found is None or (found[2] is not None and found[1] > found[2]):
        raise PydanticCustomError("statuses", "a status such as 204, or a range such as 200-299")
    return text


def _as_text(status: Any) -> Any:
    """A number is as good as its text; one that is no status becomes a text that is none."""
    if isinstance(status, bool) or not isinstance(status, int):
        return status
    return str(status) if 100 <= status <= 599 else ""


def _json_path(path: str | None) -> str | None:
    from core.connectors.json_path import is_path

    if path is not None and not is_path(path):
        raise PydanticCustomError("json_path", "a JSONPath")
    return path


Statuses = Annotated[str, BeforeValidator(_as_text), AfterValidator(_statuses)]
RecordsPath = Annotated[str, Field(min_length=1, max_length=RECORDS_PATH_MAX), AfterValidator(_json_path)]


class RestConfig(TlsConfig):
    """Where the service is, who asks, and what a good answer to the health request is."""

    base_url: HttpAddress = Field(json_schema_extra={"example": "https://api.example.ir/v1"})
    auth: Auth = Field(default_factory=NoAuth)
    headers: Headers = Field(default_factory=dict, json_schema_extra={"section": "advanced"})
    health_path: str = Field("/", max_length=PATH_LETTERS_MAX, json_schema_extra={"section": "advanced"})
    health_expect: list[Statuses] = Field(
        default_factory=lambda: ["200-299"], min_length=1, max_length=20, json_schema_extra={"section": "advanced"}
    )
    records_path: RecordsPath | None = Field(None, json_schema_extra={"section": "advanced", "example": "$.items"})

    @field_validator("health_path")
    @classmethod
    def _below_the_base(cls, path: str) -> str:
        try:
            check_path(path)
        except QueryRefused:
            raise PydanticCustomError("rest_path", "a path below the base address") from None
        return path


class RestParams(SampleParams):
    """A path below the base address, parameters, and where in the answer its records are."""

    path: str = Field("/", max_length=PATH_LETTERS_MAX)
    query: dict[str, Scalar | list[Scalar]] = Field(default_factory=dict, max_length=100)
    records_path: RecordsPath | None = None


@register("rest")
class RestConnector(Connector):
    """One service."""

    config_model = RestConfig
    params_model = RestParams
    limits = Limits(connect=5, attempt=10, sample=20)
    drivers = ("core.connectors.http.dial", "jsonpath_rfc9535")
    placeholder: ClassVar[Mapping[str, Any]] = {"path": "/", "query": {}, "limit": 100}

    def __init__(self, config: RestConfig, environment: Environment) -> None:
        self._config, self._environment = config, environment
        self._limits = self.limits.overridden(config.timeout_s)
        self._service = Service(config, environment, self._limits, forms.secret_values(config))
        self._health = Health(self._service, config)
        self._operations = Operations(self._service)

    @classmethod
    def build(cls, config: RestConfig, environment: Environment) -> "RestConnector":
        return cls(config, environment)

    @classmethod
    def destination(cls, config: RestConfig) -> tuple[Any, ...]:
        from yarl import URL

        url = URL(config.base_url)
        return url.scheme, url.raw_host, url.port, url.raw_path, config.tls_verify

    @classmethod
    def host(cls, config: RestConfig) -> str:
        return host_of(config.base_url)

    @classmethod
    def check_params(cls, params: Mapping[str, Any], environment: Environment) -> None:
        given: RestParams = forms.validate_params(cls.params_model, params, environment.rows_max)
        check_path(given.path)

    @classmethod
    def check_reach(cls, config: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        auth = config.get("auth") or {}
        check_query(params.get("query") or {}, auth["name"] if auth.get("type") == "query" else None)

    @classmethod
    def params_for(cls, entry: CatalogEntry) -> dict[str, Any]:
        return entries.params_for(entry)

    @classmethod
    def snippet(cls, config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
        from core.connectors.rest.snippet import snippet

        return snippet(config, params)

    async def ping(self) -> tuple[bool, str]:
        return await self._health.ping()

    async def sample(self, params: dict[str, Any]) -> Sample:
        self.check_params(params, self._environment)
        given: RestParams = forms.validate_params(self.params_model, params, self._environment.rows_max)
        check_query(given.query, self._service.reserved)
        url, bytes_max = self._service.url(given.path, given.query), self._environment.bytes_max
        answer = await self._service.get(url, bytes_max)
        refused = self._service.refusal(answer)
        if refused is not None:
            raise refused
        records_path = given.records_path or self._config.records_path
        executed = self._service.executed(url, records_path)
        reading = table.Reading(records_path, given.limit, bytes_max, executed, self._service.secrets)
        return await table.sample(answer, reading)

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        return await entries.below(self._service, self._operations, self._config, path)

    async def diagnose(self) -> AsyncIterator[Check]:
        look = partial(first_look, self, self._limits.sample)
        async for check in rungs.ladder(self._config, self._environment, self._limits, self._service, look):
            yield check

    async def close(self) -> None:
        await self._service.close()
