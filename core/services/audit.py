"""The trail: each change is written down in the transaction that makes it, and administrators read it."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.access.names import wrong
from core.errors import Forbidden
from core.i18n.collation import name_key
from core.models import Actor, AuditLine, AuditPage, Role
from core.services.rights import require
from core.storage.audit import AuditRepository, Wanted

LIMIT_MAX = 1000
TARGET_MAX = 200
NAMES_AMONG = 10_000
"""The newest lines, whose actions and people a filter offers: a trail grows without end."""
EXPORT_MAX = 10_000
"""Lines of one file."""


@dataclass(frozen=True, slots=True)
class AuditNames:
    """Which actions and whose names stand in the newest lines, sorted."""

    actions: tuple[str, ...]
    people: tuple[str, ...]


@dataclass(slots=True)
class Entry:
    """A line being written: what is known at its end counts. `before` and `after` must hold no secret."""

    target: str = ""
    target_id: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None

    def changed(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Keeps only what differs."""
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        self.before = {name: before[name] for name in names if name in before}
        self.after = {name: after[name] for name in names if name in after}


class Audit:
    """Writes lines for the services, and shows them to administrators."""

    def __init__(self, lines: AuditRepository, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._lines, self._clock = lines, clock

    @asynccontextmanager
    async def change(
        self, actor: Actor, org: str | None, action: str, target: str = "", target_id: object = None
    ) -> AsyncIterator[Entry]:
        """What the block writes to our database and the line about it are one transaction; an error keeps neither.

        `action` is `thing.verb`, a key of the catalogue `audit.action.<action>`.
        """
        entry = Entry(target, None if target_id is None else str(target_id))
        async with self._lines.database.together():
            yield entry
            await self._write(actor, org, action, entry)

    async def note(
        self, actor: Actor, org: str | None, action: str, target: str, target_id: object = None, **after: Any
    ) -> None:
        """A line about something that changed nothing in our database."""
        key = None if target_id is None else str(target_id)
        await self._write(actor, org, action, Entry(target, key, after=after or None))

    async def lines(
        self,
        actor: Actor,
        org: str | None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        action: str | None = None,
        person: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> AuditPage:
        """Newest first, at most `limit` (1 … 1,000), of one action or one actor only where these are named.

        `org` None: the installation's own lines.

        Raises NotFound or Forbidden for anyone but the organisation's administrators (of None: server administrators),
        InvalidInput naming `limit` or `cursor`.
        """
        _require(actor, org)
        if not 1 <= limit <= LIMIT_MAX:
            raise wrong("limit", "field.range", min=1, max=LIMIT_MAX)
        below = _id(cursor)
        wanted = Wanted(org, since, until, action, person)
        found = await self._lines.lines(wanted, below=below, limit=limit + 1)
        more = str(found[limit - 1].id) if len(found) > limit else None
        return AuditPage(found[:limit], more)

    async def export(self, actor: Actor, org: str | None, **wanted: Any) -> AuditPage:
        """What `lines` would show page by page, up to 10,000 lines; a cursor says that there are more."""
        found: list[AuditLine] = []
        cursor: str | None = None
        while len(found) < EXPORT_MAX:
            page = await self.lines(actor, org, cursor=cursor, limit=LIMIT_MAX, **wanted)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return AuditPage(tuple(found), cursor)

    async def names(self, actor: Actor, org: str | None) -> AuditNames:
        """Of the newest 10,000 lines. Raises as `lines` does."""
        _require(actor, org)
        pairs = await self._lines.names(org, NAMES_AMONG)
        actions, people = {action for action, _ in pairs}, {person for _, person in pairs}
        return AuditNames(tuple(sorted(actions)), tuple(sorted(people, key=name_key)))

    async def _write(self, actor: Actor, org: str | None, action: str, entry: Entry) -> None:
        target = entry.target[:TARGET_MAX]
        line = AuditLine(
            self._clock(), org, actor.name, actor.address, action, target, entry.target_id, entry.before, entry.after
        )
        await self._lines.add(line)


def _require(actor: Actor, org: str | None) -> None:
    if org is not None:
        require(actor, org, Role.ADMIN)
    elif not actor.server_admin:
        raise Forbidden("server_admin")


def _id(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise wrong("cursor", "field.cursor")
    return int(cursor)
