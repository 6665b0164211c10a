"""Places: so many at a time, people first, nobody's lost, on virtual time."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Busy
from core.resilience.bulkhead import Bulkhead, Bulkheads, Places
from core.resilience.deadline import now
from tests.fakes import VirtualTimeLoop

pytestmark = pytest.mark.anyio


def begun(coroutine: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    return asyncio.ensure_future(coroutine)


async def test_a_source_has_eight_places_and_the_ninth_call_is_busy_after_a_tenth_of_a_second() -> None:
    share = Bulkheads().share()
    assert [share.try_enter() for _ in range(9)] == [True] * 8 + [False]
    with pytest.raises(Busy) as refusal:
        await share.enter()
    assert (refusal.value.retry_after, now()) == (1, pytest.approx(0.1))
    share.leave()
    assert share.try_enter()


async def test_a_full_source_leaves_the_others_their_places() -> None:
    everybody = Bulkheads()
    slow, fast = everybody.share(), everybody.share()
    while slow.try_enter():
        pass
    assert fast.try_enter()


async def test_all_sources_together_have_the_places_of_the_process() -> None:
    everybody = Bulkheads(process=20)
    shares = [everybody.share() for _ in range(5)]
    assert sum(share.try_enter() for share in shares for _ in range(8)) == 20
    with pytest.raises(Busy):
        await shares[4].enter()
    shares[0].leave()
    assert shares[4].try_enter()


async def test_a_place_that_becomes_free_in_time_goes_to_who_asked_first() -> None:
    share = Bulkhead(Places(10), 1)
    share.try_enter()
    order: list[int] = []

    async def call(number: int) -> None:
        await share.enter()
        order.append(number)
        share.leave()

    tasks = [begun(call(number)) for number in range(3)]
    await asyncio.sleep(0.05)
    share.leave()
    await asyncio.gather(*tasks)
    assert (order, now()) == ([0, 1, 2], pytest.approx(0.05))


async def test_background_work_waits_without_limit_and_leaves_a_quarter_to_people() -> None:
    everybody = Bulkheads(process=8)
    shares = [everybody.share() for _ in range(9)]
    queued = [begun(share.queue()) for share in shares]
    await asyncio.sleep(3600)
    assert sum(task.done() for task in queued) == 6
    person = everybody.share()
    assert [person.try_enter() for _ in range(3)] == [True, True, False]
    shares[0].leave(background=True)
    await asyncio.sleep(0)
    assert sum(task.done() for task in queued) == 7
    for task in queued[7:]:
        task.cancel()


async def test_people_are_served_before_background_work() -> None:
    process = Places(1)
    process.try_take()
    order: list[str] = []

    async def wait(name: str, background: bool) -> None:
        await process.take(background=background)
        order.append(name)
        process.give_back(background=background)

    tasks = [begun(wait("background", True)), begun(wait("person", False))]
    await asyncio.sleep(1)
    process.give_back()
    await asyncio.gather(*tasks)
    assert order == ["person", "background"]


@pytest.mark.parametrize("background", [False, True])
async def test_who_leaves_in_the_moment_of_being_served_loses_no_place(background: bool) -> None:
    process = Places(1)
    process.try_take(background=background)
    waiting = begun(process.take(background=background))
    await asyncio.sleep(1)
    process.give_back(background=background)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert process.try_take(background=background)


async def test_who_leaves_while_waiting_for_the_process_gives_its_share_back() -> None:
    process = Places(0)
    share = Bulkhead(process, 1)
    waiting = begun(share.queue())
    await asyncio.sleep(1)
    waiting.cancel()
    await asyncio.wait([waiting])
    process.give_back()
    assert share.try_enter()


Steps = st.lists(
    st.tuples(st.sampled_from(["come", "leave", "give up"]), st.booleans(), st.integers(0, 20)), max_size=60
)


@given(steps=Steps)
def test_no_place_is_lost_or_given_twice_whatever_happens(steps: list[tuple[str, bool, int]]) -> None:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(_whatever(steps))


async def _whatever(steps: list[tuple[str, bool, int]]) -> None:
    process = Places(4, 3)
    there: list[tuple[asyncio.Task[None], bool]] = []
    for what, background, which in steps:
        if what == "come":
            there.append((begun(process.take(background=background)), background))
        elif there:
            task, was_background = there.pop(which % len(there))
            if task.done():
                process.give_back(background=was_background)
            else:
                task.cancel()
        if which % 2:
            await asyncio.sleep(0)
        inside = [was for task, was in there if task.done()]
        assert len(inside) <= 4
        assert sum(inside) <= 3
    await asyncio.sleep(1)
    for task, was_background in there:
        if task.done():
            process.give_back(background=was_background)
        else:
            task.cancel()
    await asyncio.sleep(1)
    assert [process.try_take(background=True) for _ in range(4)] == [True, True, True, False]
    assert [process.try_take() for _ in range(2)] == [True, False]
