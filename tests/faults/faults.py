"""Twelve ways in which a source fails. The docstrings say how each is made; docs/Faults.md is written from them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass

from tests.faults.places import Config, Place
from tests.servers.authority import Certificate, TlsAuthority
from tests.servers.front import Front, front, reset
from tests.servers.processes import HOST
from tests.servers.toxiproxy import Toxiproxy

GARBAGE = b"-ERR no such protocol here\r\n" * 8
SSL_REQUEST_BYTES = 8  # of PostgreSQL: "Frontend/Backend Protocol", SSLRequest

Lift = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Broken:
    """A configuration that leads into the trouble. `lift` ends it; `healed` is the one that helps where it cannot."""

    config: Config
    lift: Lift
    healed: Config | None = None


Fault = Callable[[Place, Toxiproxy], AbstractAsyncContextManager[Broken]]


@asynccontextmanager
async def refused_port(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """A port that is taken, and at which nobody listens."""
    async with front(place.address) as before:
        yield Broken(place.leading_to(HOST, before.port), before.lift)


@asynccontextmanager
async def unknown_name(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """A host name below `.invalid`, which no name service knows. Another name heals it."""
    yield Broken(place.leading_to("no-such-host.invalid"), _nothing, healed=place.leading_to())


@asynccontextmanager
async def black_hole(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """A listener whose backlog is full and that accepts nobody: a connection is neither made nor refused."""
    async with front(place.address) as before:
        with before.filled():
            yield Broken(place.leading_to(HOST, before.port), before.lift)


@asynccontextmanager
async def silent(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """A listener that accepts, reads whatever it is sent, and says nothing."""

    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            pass

    async with _talking(place, lambda _before: talk) as broken:
        yield broken


@asynccontextmanager
async def reset_before_answer(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """A listener that takes the first request and resets the connection."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        reset(writer)

    async with _talking(place, lambda _before: talk) as broken:
        yield broken


@asynccontextmanager
async def reset_inside_answer(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """The real server's answer to the first request, up to its middle; then the connection is reset."""
    async with _talking(place, _cuts) as broken:
        yield broken


def _cuts(before: Front) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await before.upstream()
        try:
            far_writer.write(await _request(reader))
            answer = await far_reader.read(65536)
            writer.write(answer[: len(answer) // 2])
            reset(writer)
        finally:
            far_writer.close()

    return talk


@asynccontextmanager
async def byte_a_second(place: Place, toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """Toxiproxy's `slicer` before the real server: pieces of one byte, a second apart."""
    async with _spoilt(place, toxiproxy, "slicer", average_size=1, size_variation=0, delay=1_000_000) as broken:
        yield broken


@asynccontextmanager
async def endless_answer(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """An answer in the kind's own protocol that never ends, as fast as it is read."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        head, block = place.endless
        writer.write(head)
        while True:
            writer.write(block)
            await writer.drain()
            await asyncio.sleep(0)

    async with _talking(place, lambda _before: talk) as broken:
        yield broken


@asynccontextmanager
async def garbage(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """A listener that answers in another protocol and hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _request(reader)
        writer.write(GARBAGE)

    async with _talking(place, lambda _before: talk) as broken:
        yield broken


@asynccontextmanager
async def expired_certificate(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """TLS before the real server, with a certificate of a trusted authority (trustme) that ended yesterday."""
    authority = TlsAuthority()
    async with _encrypted(place, authority, authority.issue(expired=True)) as broken:
        yield broken


@asynccontextmanager
async def wrong_name_certificate(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """TLS before the real server, with a certificate of a trusted authority (trustme) for another host."""
    authority = TlsAuthority()
    async with _encrypted(place, authority, authority.issue("other.example")) as broken:
        yield broken


@asynccontextmanager
async def wrong_credentials(place: Place, _toxiproxy: Toxiproxy) -> AsyncIterator[Broken]:
    """The real server, with a password, token or secret key that is not the right one. The right one heals it."""
    right = place.leading_to()
    yield Broken(right | place.wrong, _nothing, healed=right)


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        *(refused_port, unknown_name, black_hole, silent, reset_before_answer, reset_inside_answer, byte_a_second),
        *(endless_answer, garbage, expired_certificate, wrong_name_certificate, wrong_credentials),
    )
}


@asynccontextmanager
async def _spoilt(place: Place, toxiproxy: Toxiproxy, toxic: str, **attributes: int) -> AsyncIterator[Broken]:
    with toxiproxy.proxy(*place.address) as proxy, ExitStack() as toxics:
        toxics.enter_context(proxy.toxic(toxic, **attributes))

        async def lift() -> None:
            await asyncio.to_thread(toxics.close)

        yield Broken(place.leading_to(proxy.host, proxy.port), lift)


@asynccontextmanager
async def _talking(place: Place, talk: Callable[[Front], Callable[..., Awaitable[None]]]) -> AsyncIterator[Broken]:
    async with front(place.address) as before:
        before.talk = talk(before)
        await before.serve()
        yield Broken(place.leading_to(HOST, before.port), before.lift)


@asynccontextmanager
async def _encrypted(place: Place, authority: TlsAuthority, shown: Certificate) -> AsyncIterator[Broken]:
    context = shown.server_context()
    async with front(place.address) as before:

        async def agree(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readexactly(SSL_REQUEST_BYTES)
            writer.write(b"S")
            await writer.start_tls(context)
            await before.pass_on(reader, writer)

        async def lift() -> None:
            authority.issue().show_in(context)

        if place.asks_for_tls:
            before.talk = agree
        await before.serve(None if place.asks_for_tls else context)
        yield Broken(place.leading_to(HOST, before.port, authority.pem), lift)


async def _request(reader: asyncio.StreamReader) -> bytes:
    """The first that is said. Raises IncompleteReadError where somebody only looks whether the port is open."""
    found = await reader.read(65536)
    if not found:
        raise asyncio.IncompleteReadError(found, None)
    return found


async def _nothing() -> None:
    """There is nothing to lift."""
