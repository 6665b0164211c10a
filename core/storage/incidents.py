"""Incidents: from when to when sources were in trouble, and what they had in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Turn:
    """A source got into trouble, or out of it, at `ts`."""

    source_id: int
    opened: bool
    ts: datetime
    diagnosis: dict[str, Any] | None


async def record_turns(connection: AsyncConnection, turns: Sequence[Turn]) -> None:
    """In the connection's transaction, which holds the sources' rows."""
