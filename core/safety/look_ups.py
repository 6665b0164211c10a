"""Asking the system for the addresses of a host, in threads of its own.

Nothing ends a thread that waits for the name service, its caller's limit least of all. In the loop's own threads a few
calls of one source whose name service hangs would hold up every other work there.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

THREADS = 16
"""So many names may hang at a time before others wait for their answer."""

_threads = ThreadPoolExecutor(THREADS, "cheshmeh-names")
_asked: dict[str, asyncio.Future[tuple[str, ...]]] = {}


async def addresses_of(name: str) -> tuple[str, ...]:
    """In the system's order. An address, however it is spelled, is read at once.

    Everybody who asks for a name at a time waits for one answer; who leaves does not end it for others. Raises
    socket.gaierror; UnicodeError for what can be no name.
    """
    with suppress(socket.gaierror):
        return ask(name, socket.AI_NUMERICHOST)
    return await asyncio.shield(_answer(name))


def ask(name: str, flags: int = 0) -> tuple[str, ...]:
    """Waits for the system's answer. Raises as `addresses_of` does."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=flags)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _answer(name: str) -> asyncio.Future[tuple[str, ...]]:
    loop, asked = asyncio.get_running_loop(), _asked.get(name)
    # One of a loop that has ended is never done.
    if asked is None or asked.get_loop() is not loop:
        asked = _asked[name] = loop.run_in_executor(_threads, ask, name)
        asked.add_done_callback(lambda done: _forget(name, done))
    return asked


def _forget(name: str, done: asyncio.Future[tuple[str, ...]]) -> None:
    if _asked.get(name) is done:
        del _asked[name]
    # Everybody may have left; an exception that is not looked at would be logged as a leak.
    if not done.cancelled():
        done.exception()
