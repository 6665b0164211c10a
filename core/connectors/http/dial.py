"""aiohttp's dialling under the address rules: every address as it is dialled, and again before each request."""

import socket
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from aiohttp import TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from core.safety.dialling import DialRefused
from core.safety.egress import EgressPolicy

if TYPE_CHECKING:
    from aiohttp import ClientRequest, ClientTimeout
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

_host: ContextVar[str] = ContextVar("host", default="")
"""The host of the request that is dialled for: an address does not tell the name that led to it."""


class GuardedTcpConnector(TCPConnector):
    """Connects only to what the rules allow. Raises DialRefused, and what GuardedResolver raises."""

    def __init__(self, egress: EgressPolicy, **given: Any) -> None:
        resolver, factory = GuardedResolver(egress), guarded_socket(egress)
        super().__init__(resolver=resolver, use_dns_cache=False, socket_factory=factory, **given)
        self._egress = egress

    async def connect(
        self,
        req: "ClientRequest",
        traces: list["Trace"],
        timeout: "ClientTimeout",  # noqa: ASYNC109 - the signature is aiohttp's
    ) -> "Connection":
        """A connection, new or kept. The rules may have changed since a kept one was dialled."""
        host = req.url.raw_host or ""
        token = _host.set(host)
        try:
            connection = await super().connect(req, traces, timeout)
        finally:
            _host.reset(token)
        if connection.transport is not None and (peer := connection.transport.get_extra_info("peername")):
            try:
                _judge(self._egress, peer, host)
            except DialRefused:
                connection.close()
                raise
        return connection


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
    """A socket factory that sees every address, those written as numbers included, which no resolver is asked about."""

    def opened(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        _judge(egress, address, _host.get())
        sock = socket.socket(family=family, type=kind, proto=protocol)
        sock.setblocking(False)
        return sock

    return opened


def _judge(egress: EgressPolicy, address: Any, host: str) -> None:
    reason = egress.refusal(str(address[0]), int(address[1]), host)
    if reason is not None:
        raise DialRefused(reason, address)


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
