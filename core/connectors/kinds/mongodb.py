"""MongoDB through PyMongo: one client a source, judged as it dials, with one gate for every command."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from core.connectors import forms
from core.connectors.base import Connector, Environment, Limits
from core.connectors.detached import Detached
from core.connectors.first_look import first_look
from core.connectors.mongodb.config import MongodbConfig, MongodbParams
from core.connectors.mongodb.paths import names_of
from core.connectors.mongodb.target import target_of
from core.connectors.registry import register
from core.errors import InvalidInput, SourceUnavailable
from core.models import CatalogEntry, Check, FieldError, Message, Outcome, Sample
from core.safety import mongo

if TYPE_CHECKING:
    from core.connectors.mongodb.link import Link, Work
    from core.connectors.mongodb.requests import Bounds

PREVIEW = 20

T = TypeVar("T")


@register("mongodb")
class MongodbConnector(Connector):
    """One database of one server, replica set or cluster."""

    config_model = MongodbConfig
    params_model = MongodbParams
    limits = Limits(connect=5, attempt=10, sample=15)
    drivers = ("pymongo", "core.connectors.mongodb.link")
    placeholder: ClassVar[Mapping[str, Any]] = {"collection": "orders", "filter": {}, "limit": PREVIEW}

    def __init__(self, config: MongodbConfig, environment: Environment) -> None:
        self._config, self._environment = config, environment
        self._limits = self.limits.overridden(config.timeout_s)
        self._target = target_of(config)
        self._link: Link | None = None
        self._closed = False
        self._work = Detached()

    @classmethod
    def build(cls, config: MongodbConfig, environment: Environment) -> "MongodbConnector":
        return cls(config, environment)

    @classmethod
    def destination(cls, config: MongodbConfig) -> tuple[Any, ...]:
        target = target_of(config)
        return target.srv, target.hosts, target.tls, target.tls and target.tls_verify

    @classmethod
    def host(cls, config: MongodbConfig) -> str:
        return ", ".join(sorted({name.lower() for name, _ in target_of(config).hosts}))

    @classmethod
    def params_for(cls, entry: CatalogEntry) -> dict[str, Any]:
        collection, *fields = names_of(entry.path)
        shown = {".".join(fields): 1}
        # A projection cannot name a field that has a dot or begins with a dollar sign itself.
        plain = fields and not any("." in name or name.startswith("$") for name in fields)
        return {"collection": collection, **({"projection": shown} if plain else {}), "limit": PREVIEW}

    @classmethod
    def check_params(cls, params: Mapping[str, Any], environment: Environment) -> None:
        given: MongodbParams = forms.validate_params(cls.params_model, params, environment.rows_max)
        mongo.check_collection(given.collection)
        for name, document in (("filter", given.filter), ("projection", given.projection), ("sort", given.sort)):
            mongo.check_document(document or {}, field=f"params.{name}")
            _check_values(name, document or {})
        mongo.check_pipeline(given.pipeline or ())
        _check_values("pipeline", given.pipeline or ())

    @classmethod
    def snippet(cls, config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
        from core.connectors.mongodb.snippet import snippet

        return snippet(config, params)

    async def ping(self) -> tuple[bool, str]:
        from core.connectors.mongodb.greeting import greeting

        target = self._target
        return True, await self._called(lambda client: greeting(client, target))

    async def sample(self, params: dict[str, Any]) -> Sample:
        from core.connectors.mongodb import requests

        await asyncio.to_thread(self.check_params, params, self._environment)
        given: MongodbParams = forms.validate_params(self.params_model, params, self._environment.rows_max)
        database, bounds = self._target.database, self._bounds()
        return await self._called(lambda client: requests.sample(client, database, given, bounds))

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        from core.connectors.mongodb import catalogue

        database, bounds = self._target.database, self._bounds()
        return await self._called(lambda client: catalogue.entries(client, database, path, bounds))

    async def diagnose(self) -> AsyncIterator[Check]:
        from core.connectors.mongodb.rungs import ladder

        look = partial(first_look, self, self._limits.sample)
        async for check in ladder(self._config, self._target, self._environment, self._limits, look):
            yield check

    async def close(self) -> None:
        self._closed = True
        await self._work.close()
        if self._link is not None:
            await self._link.close()

    async def _called(self, work: "Work[T]") -> T:
        link = self._linked()
        try:
            return await self._work.run(link.call(work))
        finally:
            link.give_up_unknown()

    def _linked(self) -> "Link":
        from core.connectors.mongodb.link import Link

        if self._closed:
            raise SourceUnavailable("closed", outcome=Outcome.VOID)
        if self._link is None:
            self._link = Link(self._target, self._environment, self._limits)
        return self._link

    def _bounds(self) -> "Bounds":
        from core.connectors.mongodb.requests import Bounds

        return Bounds(self._environment.bytes_max, self._limits.attempt, self._target.secrets)


def _check_values(name: str, request: Any) -> None:
    from core.connectors.mongodb.values import parsed

    try:
        parsed(request)
    except ValueError:
        raise InvalidInput(fields=(FieldError(f"params.{name}", Message("field.extended_json")),)) from None
