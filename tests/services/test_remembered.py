"""One search for all who wait: its answer, its failure, and those who leave."""

import asyncio
import gc

import pytest

from core.services.remembered import Remembered

pytestmark = pytest.mark.anyio


class Search:
    """Ends when it is told to, as often as it is begun."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.begun, self.end = error, 0, asyncio.Event()

    async def __call__(self) -> str:
        self.begun += 1
        await self.end.wait()
        if self.error is not None:
            raise self.error
        return "found"


async def begun(remembered: Remembered[str], search: Search, callers: int) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(remembered.get("acme", search)) for _ in range(callers)]
    while not search.begun:  # noqa: ASYNC110 - nothing but the loop's next turns
        await asyncio.sleep(0)
    return tasks


async def test_a_failure_reaches_all_who_waited_and_is_not_kept() -> None:
    remembered, search = Remembered[str](), Search(OSError("gone"))
    waiting = await begun(remembered, search, 6)
    search.end.set()
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert ([type(end) for end in ends], search.begun) == ([OSError] * 6, 1)
    search.error = None
    assert await remembered.get("acme", search) == "found"
    assert search.begun == 2


async def test_whoever_leaves_takes_the_answer_from_nobody() -> None:
    remembered, search = Remembered[str](), Search()
    first, second = await begun(remembered, search, 2)
    first.cancel()
    await asyncio.wait({first})
    search.end.set()
    assert (await second, await remembered.get("acme", search), search.begun) == ("found", "found", 1)


async def test_a_failure_that_nobody_waits_for_is_no_complaint() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
    remembered, search = Remembered[str](), Search(OSError("gone"))
    (only,) = await begun(remembered, search, 1)
    only.cancel()
    await asyncio.wait({only})
    search.end.set()
    while remembered._searches:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0)
    del only  # it holds what it waited for
    gc.collect()
    assert complaints == []
