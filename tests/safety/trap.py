"""Listeners where nobody may arrive, names that lead where a test wants, and every kind aimed at an address."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from core.connectors import forms
from core.connectors.base import Connector, Environment
from core.connectors.registry import registry
from core.errors import CheshmehError, InvalidInput
from core.models import CheckStatus
from core.safety import look_ups
from core.safety.dialling import DialRefused
from core.safety.egress import EgressPolicy

HERE = "127.0.0.1"
THERE = "127.0.0.2"
KINDS = ("postgres", "mongodb", "rest", "graphql", "s3")
VERBS = ("ping", "sample", "describe", "diagnose")
ONLY_HERE = EgressPolicy(allow=(HERE,))
DENIED = "egress_denied.not_allowed"
WEB = ("rest", "graphql", "s3")

SAMPLES: dict[str, dict[str, Any]] = {
    "postgres": {"sql": "select 1"},
    "mongodb": {"collection": "orders"},
    "rest": {},
    "graphql": {"query": "{ __typename }"},
    "s3": {"prefix": ""},
}


@dataclass
class Trap:
    """`arrived` counts the connections so far: the system completes them in the backlog, whether or not we look."""

    port: int
    listeners: list[socket.socket] = field(default_factory=list)
    _arrived: int = 0

    @property
    def arrived(self) -> int:
        for listener in self.listeners:
            self._arrived += waiting(listener)
        return self._arrived


def waiting(listener: socket.socket) -> int:
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


@contextmanager
def trap(*addresses: str, port: int = 0) -> Iterator[Trap]:
    """One port on each of the addresses; one that the system picks where none is given."""
    found = Trap(port)
    with ExitStack() as stack:
        for address in addresses or (THERE,):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listener = stack.enter_context(socket.create_server((address, found.port), family=family, backlog=128))
            listener.setblocking(False)
            found.listeners.append(listener)
            found.port = listener.getsockname()[1]
        yield found


class NamingLoop(asyncio.SelectorEventLoop):
    """An event loop with names of its own: each look-up of one gets the next of its answers, the last one for ever.

    Drivers look names up through `getaddrinfo`, the product in threads of its own.

    `dialled` is where its sockets went, denied ones left out.
    """

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, list[tuple[str, ...]]] = {}
        self.dialled: list[Any] = []

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        try:
            await super().sock_connect(sock, address)
        except DialRefused:
            raise
        except BaseException:
            self.dialled.append(address)
            raise
        self.dialled.append(address)

    async def getaddrinfo(self, host: Any, port: Any, **given: Any) -> Any:
        found = []
        for address in self._next(host) or (host,):
            found += await super().getaddrinfo(address, port, **given)
        return found

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        if func is not look_ups.ask:
            return super().run_in_executor(executor, func, *args)
        addresses = self._next(args[0]) or args
        return super().run_in_executor(executor, lambda: tuple(chain.from_iterable(map(look_ups.ask, addresses))))

    def _next(self, host: Any) -> tuple[str, ...]:
        answers = self.names.get(host, [()])
        return answers.pop(0) if len(answers) > 1 else answers[0]


def dialled() -> list[Any]:
    """Every address that a socket of the running loop was sent to; libpq's are none of them."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, NamingLoop)
    return loop.dialled


def name(host: str, *answers: tuple[str, ...] | str) -> None:
    """What the running loop answers for `host`, look-up after look-up."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, NamingLoop)
    loop.names[host] = [(each,) if isinstance(each, str) else each for each in answers]


def config(kind: str, host: str, port: int, **changes: Any) -> dict[str, Any]:
    """Of a source of this kind at an address."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    login = {"user": "reader", "password": "secret"}
    given: dict[str, dict[str, Any]] = {
        "postgres": {"host": host, "port": port, "database": "app", "sslmode": "disable", **login},
        "mongodb": {"hosts": [place], "database": "app"},
        "rest": {"base_url": f"http://{place}"},
        "graphql": {"endpoint": f"http://{place}/graphql"},
        "s3": {"endpoint_url": f"http://{place}", "bucket": "reports"},
    }
    return given[kind] | changes


def connector(kind: str, given: dict[str, Any], egress: EgressPolicy) -> Connector:
    """Raises InvalidInput for a configuration that the form refuses."""
    cls = registry.discover().kinds[kind]
    return cls.build(forms.validate_config(cls.config_model, given), Environment(egress))


@asynccontextmanager
async def opened(kind: str, given: dict[str, Any], egress: EgressPolicy) -> AsyncIterator[Connector]:
    """As `connector`; closed in the end."""
    made = connector(kind, given, egress)
    try:
        yield made
    finally:
        await made.close()


async def said(made: Connector, verb: str) -> str:
    """What a verb ended with: the key of its error, or `ok`."""
    if verb == "diagnose":
        checks = [check async for check in made.diagnose()]
        failed = [check.evidence for check in checks if check.status is CheckStatus.FAILED]
        return failed[0].key.removeprefix("error.") if failed and failed[0] else "ok"
    try:
        await (made.sample(SAMPLES[made.kind]) if verb == "sample" else getattr(made, verb)())
    except CheshmehError as err:
        return str(err)
    return "ok"


async def one_said(kind: str, given: dict[str, Any], egress: EgressPolicy, verb: str = "ping") -> str:
    """What a verb of a connector of its own ended with; `form` for a configuration that the form refuses."""
    try:
        async with opened(kind, given, egress) as made:
            return await said(made, verb)
    except InvalidInput:
        return "form"


async def all_said(kind: str, given: dict[str, Any], egress: EgressPolicy) -> set[str]:
    return {await one_said(kind, given, egress, verb) for verb in VERBS}
