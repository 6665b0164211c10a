"""The ladder for REST: the network below, then who asks, then whether the health request may be made."""

from collections.abc import AsyncIterator
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from core.connectors.base import Environment, Limits
from core.connectors.http.rungs import network_rungs
from core.connectors.network import fields_of
from core.connectors.rest.health import Health
from core.connectors.rest.service import Service
from core.diagnosis.ladder import Found, climb
from core.errors import AuthError, BadAnswer, SourceError
from core.models import Check, Message

if TYPE_CHECKING:
    from yarl import URL


async def ladder(config: Any, environment: Environment, limits: Limits, service: Service) -> AsyncIterator[Check]:
    """`config`, `dns`, `egress`, `tcp`, `tls` for https, `auth`, `permission`."""
    asked = _Asked(config, service)
    network = network_rungs(service.base, config, environment.egress, limits, "base_url")
    async for check in climb(*network, ("auth", asked.who), ("permission", asked.what)):
        yield check


class _Asked:
    """One health request answers both rungs: 401 is the first one's, every other refusal the second's."""

    def __init__(self, config: Any, service: Service) -> None:
        self._config, self._service, self._health = config, service, Health(service, config)
        self._told = ""
        self._refused: SourceError | None = None

    async def who(self) -> Found:
        answer = await self._health.ask()
        self._told = self._health.told(answer)
        self._refused = self._health.refusal(answer)
        if isinstance(self._refused, AuthError):
            raise self._refused
        if self._refused is None and not self._health.is_expected(answer):
            self._refused = BadAnswer("status", status=answer.status)
        if not self._service.secrets:
            return Found(Message("check.no_auth"))
        return (
            Found(warning=Message("check.sent_in_clear"), fields=("config.base_url",)) if self._in_clear() else Found()
        )

    async def what(self) -> Found:
        if self._refused is not None:
            self._refused.fields = self._refused.fields or fields_of("health_path")
            raise self._refused
        return Found(Message.literal(self._told))

    def _in_clear(self) -> bool:
        return self._service.base.scheme == "http" and not is_loopback(self._service.base)


def is_loopback(url: "URL") -> bool:
    host = url.host or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.removesuffix(".").lower() == "localhost"
