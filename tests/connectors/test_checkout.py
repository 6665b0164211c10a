"""Held connections: what becomes of one when whoever wanted it leaves."""

import asyncio
from contextlib import suppress

import pytest

from core.connectors.checkout import Checkout

pytestmark = pytest.mark.anyio


async def test_one_whose_reset_was_cancelled_is_ended():
    ended, resetting = list[object](), asyncio.Event()

    async def end(connection: object) -> None:
        ended.append(connection)

    async def usable(_connection: object) -> bool:
        resetting.set()
        await asyncio.Event().wait()
        return True

    async def connect() -> object:
        return object()

    checkout = Checkout(connect, end, usable)
    async with checkout.connection() as held:
        pass

    async def use() -> None:
        async with checkout.connection():
            pass

    task = asyncio.create_task(use())
    await resetting.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await checkout.close()
    assert ended == [held]
