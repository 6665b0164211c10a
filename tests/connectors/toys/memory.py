"""A whole kind of source in one file: a word, some numbered rows of it in memory, a password that opens them."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from core.connectors import forms
from core.connectors.base import Connector, ConnectorConfig, Environment, Limits, SampleParams
from core.connectors.registry import register
from core.diagnosis.ladder import Found, climb
from core.errors import AuthError
from core.models import CatalogEntry, Check, Column, FieldError, Message, Sample

OPENS = "sesame"


class MemoryConfig(ConnectorConfig):
    """What is kept, and what opens it."""

    word: str = Field(min_length=1, json_schema_extra={"example": "چشمه"})
    size: int = Field(3, ge=1, le=1000)
    password: SecretStr


class MemoryParams(SampleParams):
    """Rows with a number of at least `since`."""

    since: int = Field(0, ge=0)


@register("memory")
class MemoryConnector(Connector):
    """Numbered rows of one word."""

    config_model = MemoryConfig
    params_model = MemoryParams
    limits = Limits(connect=1, attempt=2, sample=3)
    placeholder: ClassVar[Mapping[str, Any]] = {"since": 0, "limit": 100}

    def __init__(self, config: MemoryConfig) -> None:
        self._config = config

    @classmethod
    def build(cls, config: MemoryConfig, environment: Environment) -> "MemoryConnector":
        return cls(config)

    @classmethod
    def check_params(cls, params: Mapping[str, Any], environment: Environment) -> None:
        forms.validate_params(cls.params_model, params)

    @classmethod
    def destination(cls, config: MemoryConfig) -> tuple[Any, ...]:
        return (config.word,)

    async def ping(self) -> tuple[bool, str]:
        await self._open()
        return True, "Memory 1.0"

    async def sample(self, params: dict[str, Any]) -> Sample:
        given: MemoryParams = forms.validate_params(self.params_model, params)
        await self._open()
        rows = [(number, self._config.word) for number in range(given.since, self._config.size)]
        cut = "limit" if len(rows) > given.limit else None
        columns = Column("number", "integer"), Column("word", "string")
        return Sample(columns, rows[: given.limit], cut, 16 * len(rows), f"rows from {given.since} on")

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        return [] if path else [CatalogEntry("rows", "rows", "table")]

    async def diagnose(self) -> AsyncIterator[Check]:
        async for check in climb(("auth", self._open)):
            yield check

    async def close(self) -> None:
        """Nothing is open."""

    async def _open(self) -> Found:
        if self._config.password.get_secret_value() != OPENS:
            wrong = FieldError("config.password", Message("error.auth_failed"))
            raise AuthError(fields=(wrong,))
        return Found()
