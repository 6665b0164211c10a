"""Requests that may be repeated: the same one by the same actor gets the first answer again."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from core.errors import Conflict
from core.models import Actor, Organisation, Source
from core.storage.idempotency import IdempotencyRepository

KEPT = timedelta(hours=24)
KEY_MAX = 255
SOURCE = TypeAdapter(Source)
SCRYPT = {"n": 2**14, "r": 8, "p": 1}
"""16 MiB and some 40 ms (RFC 7914's figures for interactive use): a body holds a password, and its digest is stored."""


@dataclass(frozen=True, slots=True)
class Once:
    """The key that a caller gave a request, and its whole body."""

    key: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class Claim:
    """`first` is the answer that there is already; `made` becomes the answer of every repetition."""

    first: Source | None = None
    made: Source | None = None


class Repeats:
    """Remembers the answers to requests with a key for 24 hours, by actor and organisation."""

    def __init__(self, keys: IdempotencyRepository, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._keys, self._clock = keys, clock

    @asynccontextmanager
    async def claimed(self, actor: Actor, organisation: Organisation, once: Once | None) -> AsyncIterator[Claim]:
        """One transaction over the block: of several that come at once, one makes the answer and the others wait.

        Raises Conflict for a key that came with another body.
        """
        if once is None:
            yield Claim()
            return
        key = _key(actor, organisation, once.key)
        body = await asyncio.to_thread(_digest, once)
        now = self._clock()
        await self._keys.forget(now - KEPT)
        async with self._keys.database.together():
            if not await self._keys.claim(key, organisation.id, body, now):
                yield Claim(first=await self._first(key, body))
                return
            claim = Claim()
            yield claim
            if claim.made is not None:
                await self._keys.answer(key, claim.made.id, SOURCE.dump_python(claim.made, mode="json"))

    async def _first(self, key: str, body: str) -> Source:
        known, answer = await self._keys.known(key)
        if known != body:
            raise Conflict("idempotency_key")
        return SOURCE.validate_python(answer)


def _key(actor: Actor, organisation: Organisation, key: str) -> str:
    who = actor.name if actor.user_id is None else str(actor.user_id)
    return hashlib.sha256(json.dumps([organisation.id, who, key]).encode()).hexdigest()


def _digest(once: Once) -> str:
    """Costly to guess at, and salted with a key that is stored nowhere."""
    body = json.dumps(once.body, sort_keys=True, ensure_ascii=False).encode()
    return hashlib.scrypt(body, salt=once.key.encode(), dklen=32, **SCRYPT).hex()
