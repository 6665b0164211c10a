"""The shapes of the trail."""

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from core.models import AuditLine, AuditPage
from core.spreadsheet import Cell

COLUMNS = ("ts", "actor", "address", "action", "target", "target_id", "before", "after")


class LineOut(BaseModel):
    """`address` is null for the command line; `before` and `after` hold what changed, and no secret."""

    ts: datetime
    actor: str
    address: str | None
    action: str
    target: str
    target_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @classmethod
    def of(cls, line: AuditLine) -> "LineOut":
        return cls(**{name: getattr(line, name) for name in COLUMNS})

    def cells(self) -> list[Cell]:
        return [cell(getattr(self, name)) for name in COLUMNS]


class AuditOut(BaseModel):
    """Newest first."""

    items: list[LineOut]
    next_cursor: str | None

    @classmethod
    def of(cls, page: AuditPage) -> "AuditOut":
        return cls(items=[LineOut.of(line) for line in page.items], next_cursor=page.next_cursor)


def cell(value: Any) -> Cell:
    """What changed, as one cell of a table."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
