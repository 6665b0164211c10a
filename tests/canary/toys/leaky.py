"""A kind that does everything with its password that a kind must not do."""

import asyncio
import gc
import logging
import threading
import warnings
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

import structlog
from pydantic import SecretStr

from core.connectors.base import Connector, ConnectorConfig, Environment, Limits, SampleParams
from core.connectors.registry import register
from core.errors import QueryFailed
from core.models import CatalogEntry, Check, CheckStatus, Column, Message, Sample

log = structlog.get_logger(__name__)


class LeakyConfig(ConnectorConfig):
    """How it leaks, and what."""

    way: str
    password: SecretStr


class LeakyParams(SampleParams):
    """None of its own."""


@register("leaky")
class LeakyConnector(Connector):
    """`way` is `error`, `answer` or `defect`."""

    config_model = LeakyConfig
    params_model = LeakyParams
    limits = Limits(connect=1, attempt=2, sample=3)
    placeholder: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, config: LeakyConfig) -> None:
        self._config, self._told = config, config.password.get_secret_value()

    @classmethod
    def build(cls, config: LeakyConfig, environment: Environment) -> "LeakyConnector":
        return cls(config)

    @classmethod
    def check_params(cls, params: Mapping[str, Any], environment: Environment) -> None:
        """Everything is fine."""

    @classmethod
    def destination(cls, config: LeakyConfig) -> tuple[Any, ...]:
        if config.way == "nowhere":
            raise RuntimeError(f"to {config.password.get_secret_value()}\n2026-01-01T00:00:00Z [info] forged")
        return ()

    async def ping(self) -> tuple[bool, str]:
        await self._leak()
        return True, f"answered to {self._told}"

    async def sample(self, params: dict[str, Any]) -> Sample:
        await self._leak()
        note = Message("note.graphql_errors", {"detail": self._told})
        return Sample((Column(self._told, "string"),), [("x",)], executed=f"with {self._told}", notes=(note,))

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        await self._leak()
        return [CatalogEntry(self._told, self._told, "table", self._told)]

    async def diagnose(self) -> AsyncIterator[Check]:
        said = Message.literal(f"password={self._told}")
        yield Check("auth", CheckStatus.WARNING, 1.0, said, said, facts={"server": self._told, "names": [self._told]})
        await self._leak()

    async def close(self) -> None:
        """Nothing is open."""

    async def _leak(self) -> None:
        self._write()
        if self._config.way == "error":
            raise QueryFailed("http", status=400, detail=f"I was told {self._told}")
        if self._config.way == "defect":
            raise RuntimeError(f"defect of {self._told}")

    def _write(self) -> None:
        told = self._told
        log.debug("debug", told=told, password=told, nested={"a": [told, {told: 1}]})
        log.warning(f"event {told}", error=ValueError(told), forged=f"{told}\n2026-01-01T00:00:00Z [info] forged")
        logging.getLogger("some.driver").error("GET /?key=%s HTTP/1.1\nforged %r", told, {"h": told})
        logging.getLogger("uvicorn.error").warning("told %s", told)
        try:
            raise RuntimeError(f"{told}\nforged")
        except RuntimeError:
            logging.getLogger("streamlit.some").exception("failed with %s", told)
        warnings.warn(f"warned of {told}", stacklevel=1)
        thread = threading.Thread(target=_fail, args=(told,))
        thread.start()
        thread.join()
        _Unraisable(told)
        asyncio.get_running_loop().create_task(_late(told))
        gc.collect()


def _fail(told: str) -> None:
    raise RuntimeError(f"thread of {told}\nforged")


async def _late(told: str) -> None:
    raise RuntimeError(f"task of {told}\nforged")


class _Unraisable:
    def __init__(self, told: str) -> None:
        self._told = told

    def __del__(self) -> None:
        raise RuntimeError(f"end of {self._told}\nforged")
