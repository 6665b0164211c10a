"""Dialling under the address rules: every address of a name, as it is dialled."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohappyeyeballs
from aiohttp.client_proto import ResponseHandler

from core.connectors.http.failures import NotConnected
from core.connectors.network import fields_of
from core.errors import EgressDenied
from core.resilience.deadline import within
from core.safety.addresses import read
from core.safety.dialling import DialRefused
from core.safety.egress import EgressPolicy

if TYPE_CHECKING:
    from yarl import URL

NEXT_ADDRESS_S = 0.25
"""An address that does not answer for this long is raced by the next one (RFC 8305, 5)."""


class Dialler:
    """Opens connections for one source. `connect_s` is what reaching a server and agreeing on TLS may take together."""

    def __init__(self, egress: EgressPolicy, context: ssl.SSLContext, connect_s: float) -> None:
        self._egress, self._context, self._connect_s = egress, context, connect_s

    async def dial(self, url: "URL") -> ResponseHandler:
        """A connection to an address that may be connected to. Raises NotConnected, Unreachable and EgressDenied."""
        host, port = url.raw_host or "", url.port or 0
        # A numeric host is judged as its socket is made, which no resolver is asked about.
        addresses = (host,) if _is_numeric(host, port) else await self._egress.resolve(host, port)
        context = self._context if url.scheme == "https" else None
        try:
            async with within(self._connect_s):
                return await self._connect([_info(each, port) for each in addresses], host, context)
        except OSError as err:
            failed = NotConnected(err)
        raise failed

    async def _connect(self, infos: list[Any], host: str, context: ssl.SSLContext | None) -> ResponseHandler:
        loop, factory = asyncio.get_running_loop(), guarded_socket(self._egress, host)
        name = host.rstrip(".") if context else None  # certificates hold names without the dot of the root
        while True:
            try:
                sock = await aiohappyeyeballs.start_connection(
                    infos, happy_eyeballs_delay=NEXT_ADDRESS_S, loop=loop, socket_factory=factory
                )
                made = partial(ResponseHandler, loop)
                return (await loop.create_connection(made, sock=sock, ssl=context, server_hostname=name))[1]
            except OSError:
                aiohappyeyeballs.pop_addr_infos_interleave(infos, None)
                if not infos:
                    raise


def guarded_socket(egress: EgressPolicy, host: str = "") -> Callable[[Any], socket.socket]:
    """A socket factory that judges each address; `host` is the name that led there. Raises DialRefused."""

    def opened(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        judge(egress, address, host)
        sock = socket.socket(family=family, type=kind, proto=protocol)
        sock.setblocking(False)
        return sock

    return opened


def judge(egress: EgressPolicy, address: Any, host: str) -> None:
    """Raises DialRefused."""
    reason = egress.refusal(str(address[0]), int(address[1]), host)
    if reason is not None:
        raise DialRefused(reason, address)


def _is_numeric(host: str, port: int) -> bool:
    """Raises EgressDenied for 127.1 and the like, which hide from rules that read addresses."""
    if ":" in host:
        return True
    if not host.replace(".", "").isdigit():
        return False
    try:
        read(host)
    except ValueError:
        raise EgressDenied("numeric_host", fields=fields_of("host"), host=host, port=port) from None
    return True


def _info(address: str, port: int) -> tuple[Any, ...]:
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)
