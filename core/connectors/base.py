"""The contract that every kind of source keeps. Its docstrings are the whole of it."""

import importlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from core.errors import ConfigError
from core.models import CatalogEntry, Check, Sample
from core.safety.egress import EgressPolicy


class StrictModel(BaseModel):
    """Base of all configuration and parameter models: unknown keys are refused, values are not coerced from text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ConnectorConfig(StrictModel):
    """What every kind's configuration has."""

    timeout_s: float | None = Field(
        default=None, ge=0.5, le=60, allow_inf_nan=False, json_schema_extra={"section": "limits", "example": 10}
    )


class SampleParams(StrictModel):
    """What every kind's sample takes; the highest `limit` is a setting, checked by the connector."""

    limit: int = Field(default=100, ge=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds allowed to the steps of a call: dialling, one attempt, and all attempts of a sample or of a ping."""

    connect: float
    attempt: float
    sample: float
    ping: float = 30.0

    def overridden(self, timeout_s: float | None) -> "Limits":
        """A source's own `timeout_s` replaces attempt and sample; dialling never gets more than its default."""
        if timeout_s is None:
            return self
        return Limits(min(self.connect, timeout_s), timeout_s, timeout_s, max(self.ping, timeout_s))


@dataclass(frozen=True, slots=True)
class Environment:
    """What a connector is given besides its configuration: the address rules and the caps on a sample."""

    egress: EgressPolicy
    rows_max: int = 1000
    bytes_max: int = 5 * 1024 * 1024


class Connector(ABC):
    """One data source, spoken to on the background loop.

    A connector translates every driver error at its edge into `core.errors` (`raise … from err`), never retries,
    never logs a configuration value, and honours `core.resilience.deadline.remaining()` in what it asks of a server.
    """

    kind: ClassVar[str]
    config_model: ClassVar[type[ConnectorConfig]]
    params_model: ClassVar[type[SampleParams]]
    limits: ClassVar[Limits]
    placeholder: ClassVar[Mapping[str, Any]]
    """A fitting first sample request, shown until the catalogue knows a better one."""
    drivers: ClassVar[tuple[str, ...]] = ()
    """Modules that are imported late: all kinds' together take more than a second."""

    @abstractmethod
    async def ping(self) -> tuple[bool, str]:
        """`(True, what answered)`, or `(False, why)` when it was reached but refused. Raises SourceError on trouble."""

    @abstractmethod
    async def sample(self, params: dict[str, Any]) -> Sample:
        """A look at real data: read-only, bounded in items, bytes and time. Raises SourceError.

        Unknown or wrong parameters raise ConfigError naming `params.<field>`; a request that the safety rules
        refuse raises QueryRefused before the source is touched.
        """

    @abstractmethod
    def diagnose(self) -> AsyncIterator[Check]:
        """The ladder, rung by rung, by a connector that is made for it. Failed rungs are yielded, not raised."""

    @abstractmethod
    async def describe(self, path: str = "") -> list[CatalogEntry]:
        """What can be sampled below `path`: schemas, tables, collections, fields, prefixes. Raises SourceError."""

    @abstractmethod
    async def close(self) -> None:
        """Ends every connection. Idempotent; returns within 2 s even when the peer is dead."""

    @classmethod
    @abstractmethod
    def build(cls, config: Any, environment: Environment) -> "Connector":
        """A connector for a validated configuration. Does no I/O."""

    @classmethod
    def preload(cls) -> None:
        """Imports the drivers; for a thread. Raises ConfigError naming the one that is not installed."""
        for name in cls.drivers:
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as err:
                raise ConfigError("driver", kind=cls.kind, module=err.name or name) from err

    @classmethod
    @abstractmethod
    def check_params(cls, params: Mapping[str, Any], environment: Environment) -> None:
        """Judges sample parameters without touching the source: ConfigError or QueryRefused, else nothing."""

    @classmethod
    def check_reach(cls, config: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """Judges valid parameters by what a source is configured to reach: QueryRefused, else nothing.

        `config` is public (`core.connectors.forms.public_config`).
        """
        return

    @classmethod
    def params_for(cls, entry: CatalogEntry) -> dict[str, Any]:
        """A sample request that shows what an entry of the catalogue holds; empty where there is nothing to show."""
        return {}

    @classmethod
    def snippet(cls, config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
        """A Python program that takes the sample `params` without us, read-only; empty where a kind has none.

        `config` is public (`core.connectors.forms.public_config`), so no secret can be in it: it reads them from the
        environment. `params` are valid.
        """
        return ""

    @classmethod
    def destination(cls, config: Any) -> tuple[Any, ...]:
        """What identifies the other end. A kept secret is never sent to a changed destination."""
        raise NotImplementedError

    @classmethod
    def host(cls, config: Any) -> str:
        """The host at the other end, without port, path or user; several with commas, empty where there is none.

        Sources of one host that fail together are one incident. Imports no driver.
        """
        return ""
