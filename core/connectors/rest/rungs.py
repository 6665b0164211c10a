"""The ladder for REST: the network below, then who asks, then whether the health request may be made."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from core.connectors.base import Environment, Limits
from core.connectors.http.client import Answer
from core.connectors.http.rungs import network_rungs, warned_in_clear
from core.connectors.network import fields_of
from core.connectors.rest.health import Health
from core.connectors.rest.service import Service
from core.diagnosis.ladder import Found, climb, unsupported
from core.errors import AuthError, BadAnswer, RateLimited, SourceError, SourceUnavailable
from core.models import Check, CheckStatus, Message

_KNOWN = frozenset({*range(200, 300), 403})
"""Statuses of a service that has looked at who asks; of any other, a wrong token may get the same."""


def ladder(
    config: Any, environment: Environment, limits: Limits, service: Service, look: Callable[[], Awaitable[Found]]
) -> AsyncIterator[Check]:
    """Every rung; see `core.models.STEPS`."""
    asked = _Asked(config, service)
    network = network_rungs(service.base, config, environment.egress, limits, "base_url")
    return climb(*network, ("auth", asked.who), ("permission", asked.what), ("read_only", _only_get), ("sample", look))


class _Asked:
    """One health request answers both rungs: the first one's are 401 and a service that is not well or asked too
    often, every other refusal is the second's."""

    def __init__(self, config: Any, service: Service) -> None:
        self._config, self._service, self._health = config, service, Health(service, config)
        self._told = ""
        self._refused: SourceError | None = None

    async def who(self) -> Found:
        answer = await self._health.ask()
        self._told = self._health.told(answer)
        self._refused = self._refusal(answer)
        if isinstance(self._refused, AuthError | RateLimited | SourceUnavailable):
            raise self._refused
        server = self._service.word(answer.headers.get("Server", ""))
        facts = {"server": server} if server else {}
        if not self._service.secrets:
            return Found(Message("check.no_auth"), facts=facts)
        known = answer.status in _KNOWN
        evidence = Message("check.known_caller") if known else Message.literal(self._told)
        found = Found(evidence, facts=facts, status=None if known else CheckStatus.SKIPPED)
        return warned_in_clear(found, self._service.base, "base_url")

    def _refusal(self, answer: Answer) -> SourceError | None:
        if self._health.is_expected(answer):
            return None
        refused = self._health.refusal(answer) or BadAnswer("status", status=answer.status)
        refused.fields = refused.fields or fields_of("health_path")
        return refused

    async def what(self) -> Found:
        if self._refused is not None:
            raise self._refused
        return Found(Message.literal(self._told), facts={"command": self._health.command})


async def _only_get() -> Found:
    return unsupported("check.only_get")
