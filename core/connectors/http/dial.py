"""aiohttp's dialling under the address rules: names through our resolver, and a last look at every address."""

import socket
from collections.abc import Callable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from core.errors import EgressDenied
from core.safety.egress import EgressPolicy


class GuardedResolver(AbstractResolver):
    """Answers with the addresses that may be connected to. Raises Unreachable and EgressDenied."""

    def __init__(self, egress: EgressPolicy) -> None:
        self._egress = egress

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        allowed = await self._egress.resolve(host, port)
        return [_result(host, address, port) for address in allowed]

    async def close(self) -> None:
        """Nothing is held."""


def guarded_socket(egress: EgressPolicy) -> Callable[[Any], socket.socket]:
    """A socket factory that sees every address, those written as numbers included."""

    def opened(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        reason = egress.refusal(str(address[0]).split("%")[0], int(address[1]))
        # The allow-list judged the name already, which is not known here.
        if reason is not None and reason != "not_allowed":
            raise EgressDenied(reason, host=str(address[0]), port=int(address[1]))
        sock = socket.socket(family=family, type=kind, proto=protocol)
        sock.setblocking(False)
        return sock

    return opened


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
