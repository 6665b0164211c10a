"""A name service that hangs holds up nobody but who asked for that name."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.errors import Unreachable
from core.safety.egress import look_up
from tests.safety.trap import HERE, THERE, name

pytestmark = pytest.mark.anyio

FINE_S = 10
"""Far more than anything here takes; keeps a failing test from hanging."""
CALLS = 8


class Hanging:
    """A name service that is silent about one name until it is told to answer."""

    name = "hangs.test"

    def __init__(self) -> None:
        self.asked = 0
        self.answers = threading.Event()
        self.found: list[Any] = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HERE, 0))]

    def take(self) -> list[Any]:
        self.asked += 1
        self.answers.wait()
        if not self.found:
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return self.found


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    service, ask = Hanging(), socket.getaddrinfo

    def answering(host: Any, *rest: Any, **options: Any) -> Any:
        by_name = host == service.name and not options.get("flags", 0) & socket.AI_NUMERICHOST
        return service.take() if by_name else ask(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answering)
    yield service
    service.answers.set()


async def _waiting(hanging: Hanging) -> list[asyncio.Task[tuple[str, ...]]]:
    """Calls that ask for the silent name, on a loop of few threads."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    calls = [asyncio.create_task(look_up(hanging.name, 80)) for _ in range(CALLS)]
    while not hanging.asked:  # noqa: ASYNC110 - only the thread knows when it has begun
        await asyncio.sleep(0.01)
    return calls


async def _leave(calls: list[asyncio.Task[tuple[str, ...]]]) -> None:
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)


@pytest.fixture
async def calls(hanging: Hanging) -> Any:
    found = await _waiting(hanging)
    yield found
    hanging.answers.set()
    await _leave(found)


async def test_while_a_name_hangs_addresses_other_names_and_threads_are_free(calls: list[Any]):
    name("db.test", THERE)
    async with asyncio.timeout(FINE_S):
        assert await look_up(HERE, 80) == (HERE,)
        assert await look_up("db.test", 80) == (THERE,)
        assert await asyncio.to_thread(lambda: "free") == "free"
    assert not any(call.done() for call in calls)


async def test_one_name_is_asked_for_once_at_a_time(hanging: Hanging, calls: list[Any]):
    hanging.answers.set()
    assert set(await asyncio.gather(*calls)) == {(HERE,)}
    assert hanging.asked == 1
    await look_up(hanging.name, 80)
    assert hanging.asked == 2


async def test_who_leaves_a_look_up_does_not_end_it_for_others(hanging: Hanging, calls: list[Any]):
    leaves, *stay = calls
    await _leave([leaves])
    hanging.answers.set()
    assert set(await asyncio.gather(*stay)) == {(HERE,)}
    assert leaves.cancelled()


async def test_a_name_that_everybody_left_still_holds_one_thread(hanging: Hanging, calls: list[Any]):
    await _leave(calls)
    again = asyncio.create_task(look_up(hanging.name, 80))
    await asyncio.sleep(0.1)
    assert hanging.asked == 1
    hanging.answers.set()
    assert await again == (HERE,)


async def test_a_look_up_that_fails_fails_for_all_who_wait(hanging: Hanging, calls: list[Any]):
    hanging.found = []
    hanging.answers.set()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert {str(end) for end in ends if isinstance(end, Unreachable)} == {"unreachable.name_lookup"}
    assert (len(ends), hanging.asked) == (CALLS, 1)


async def test_an_address_takes_no_thread(monkeypatch: pytest.MonkeyPatch):
    def started(*_given: Any) -> Any:
        raise AssertionError("a thread for a number")

    monkeypatch.setattr(asyncio.get_running_loop(), "run_in_executor", started)
    assert [await look_up(host, 80) for host in (HERE, "0x7f.1", "::1")] == [(HERE,), (HERE,), ("::1",)]
