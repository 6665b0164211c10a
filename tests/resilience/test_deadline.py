"""One deadline for a whole call, on virtual time."""

import asyncio

import pytest

from core.resilience.deadline import now, promised, remaining, server_limit_s, within

pytestmark = pytest.mark.anyio


async def forever() -> None:
    await asyncio.Event().wait()


async def test_it_ends_what_waits_and_is_gone_afterwards() -> None:
    with pytest.raises(TimeoutError):
        async with within(3):
            await forever()
    assert (now(), remaining(99)) == (pytest.approx(3), 99)


async def test_an_inner_one_only_narrows() -> None:
    async with within(3):
        async with within(10):
            assert remaining() == 3
        async with within(1):
            assert remaining() == 1
        assert remaining() == 3


async def test_none_is_longer_than_a_minute() -> None:
    async with within(1000):
        assert remaining() == 60


async def test_a_promise_is_kept_by_what_waits_inside() -> None:
    with promised(3):
        assert remaining() == 3
        with pytest.raises(TimeoutError):
            async with within(10):
                await forever()
        assert remaining() == 0
        with promised(5):
            assert remaining() == 0
    assert remaining(99) == 99


async def test_a_server_is_told_half_a_second_less() -> None:
    async with within(10):
        assert server_limit_s() == 9.5
        with promised(0.4):
            assert server_limit_s() == pytest.approx(0.3)
        with promised(0.01):
            assert server_limit_s() == 0.05


async def test_a_task_of_its_own_has_the_same_deadline() -> None:
    async with within(4):
        assert await asyncio.create_task(_left()) == 4


async def _left() -> float:
    return remaining()


async def test_a_caller_who_leaves_is_not_told_that_it_was_late() -> None:
    async def call() -> None:
        async with within(3):
            await forever()

    task = asyncio.ensure_future(call())
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_caller_who_leaves_in_the_moment_of_the_deadline_is_gone() -> None:
    async def call() -> None:
        async with within(3):
            await forever()

    task = asyncio.ensure_future(call())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_at(3, task.cancel)
    await asyncio.wait([task])
    assert task.cancelled()


async def nested() -> None:
    async with within(3), within(3):
        await forever()


async def test_two_that_pass_in_the_same_moment_are_one_timeout() -> None:
    with pytest.raises(TimeoutError):
        await nested()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_an_error_of_ones_own_comes_through() -> None:
    with pytest.raises(ValueError, match="mine"):
        async with within(3):
            raise ValueError("mine")
