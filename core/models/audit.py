"""The trail of what people and programs did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One thing done: by whom, when (UTC), from which address (None: the command line), to what.

    `before` and `after` hold what changed and no secret; `org` is None for what concerns the whole installation.
    """

    ts: datetime
    org: str | None
    actor: str
    address: str | None
    action: str
    target: str
    target_id: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Newest first; `next_cursor` leads to the older ones."""

    items: tuple[AuditLine, ...]
    next_cursor: str | None
