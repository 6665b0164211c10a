"""Whether whoever asked still waits for the answer."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from core.api.context import runtime_of
from core.errors import BadRequest

GONE_EVERY_S = 0.2

T = TypeVar("T")


async def answered(request: Request, coroutine: Coroutine[Any, Any, T]) -> T:
    """What the coroutine gives on the background loop, where it is cancelled when the caller hangs up."""
    waiting = asyncio.ensure_future(runtime_of(request).call(coroutine))
    try:
        if await gone_before(request, waiting):
            raise BadRequest()  # nobody reads it
        return await waiting
    finally:
        waiting.cancel()


async def gone_before(request: Request, waiting: "asyncio.Future[Any]") -> bool:
    """Waits for the end of `waiting`, or for the caller to hang up: true in this second case."""
    while not waiting.done():
        await asyncio.wait({waiting}, timeout=GONE_EVERY_S)
        if not waiting.done() and await request.is_disconnected():
            return True
    return False
