"""The ladder for GraphQL: the network below, then who asks, then what may be asked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from core.connectors.base import Environment, Limits
from core.connectors.graphql.endpoint import PING, PING_BYTES_MAX, Endpoint
from core.connectors.graphql.introspection import ALLOWED_QUERY
from core.connectors.http.rungs import network_rungs, warned_in_clear
from core.connectors.network import fields_of
from core.diagnosis.ladder import Found, climb, unsupported
from core.errors import BadAnswer, LimitExceeded, PermissionDenied, QueryFailed
from core.models import Check, Message

INTROSPECTION = ("config.introspection",)


def ladder(
    config: Any, environment: Environment, limits: Limits, endpoint: Endpoint, look: Callable[[], Awaitable[Found]]
) -> AsyncIterator[Check]:
    """Every rung; see `core.models.STEPS`."""
    asked = _Asked(config, endpoint)
    network = network_rungs(endpoint.url, config, environment.egress, limits, "endpoint")
    return climb(
        *network, ("auth", asked.who), ("permission", asked.what), ("read_only", _only_queries), ("sample", look)
    )


async def _only_queries() -> Found:
    return unsupported("check.only_queries")


class _Asked:
    """A refusal of a known caller is no failure of signing in: the next rung says it."""

    def __init__(self, config: Any, endpoint: Endpoint) -> None:
        self._config, self._endpoint = config, endpoint
        self._refusal: PermissionDenied | None = None

    async def who(self) -> Found:
        found = await self._let_in()
        return warned_in_clear(found, self._endpoint.url, "endpoint") if self._endpoint.secrets else found

    async def _let_in(self) -> Found:
        try:
            root = await self._endpoint.root()
        except PermissionDenied as err:
            self._refusal = err
            return Found()
        if root.refusal:
            raise QueryFailed("ping", fields=fields_of("endpoint"), detail=root.refusal)
        facts = {"command": PING} | ({"server": root.server} if root.server else {})
        return Found(Message("check.graphql_root", {"name": root.name}), facts=facts)

    async def what(self) -> Found:
        if self._refusal is not None:
            raise self._refusal
        if not self._config.introspection:
            return Found(Message("check.introspection_off"))
        try:
            await self._endpoint.answered(ALLOWED_QUERY, PING_BYTES_MAX)
        except (QueryFailed, PermissionDenied, BadAnswer, LimitExceeded) as err:
            return Found(err.message, Message("check.introspection_refused"), INTROSPECTION)
        return Found(Message("check.introspection"), facts={"command": ALLOWED_QUERY})
