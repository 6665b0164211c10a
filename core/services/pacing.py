"""How quickly many calls are started one after the other."""

import asyncio

TURNS_A_START = 2
"""Turns of the loop from one start to the next. More are truer and slower: with 1, 2 and 3, on a machine that was busy
otherwise, 1,000 sources of 50 ms were reported at 67, 60 and 57 ms."""


async def next_start() -> None:
    """Waits until the next call may be started.

    Every turn of the loop serves all answers that are there, so what waits is the next source and not an answer. All at
    once, and a source of 50 ms would seem to take 500.
    """
    for _ in range(TURNS_A_START):
        await asyncio.sleep(0)
