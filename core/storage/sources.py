"""Data sources as rows. Configurations go in and come out sealed."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core.errors import Conflict, NotFound, PreconditionFailed
from core.folding import fold
from core.models import BreakerConfig, Event, FieldError, Maintenance, Message, Note, Organisation, SourceDraft
from core.storage import source_queries
from core.storage.database import Database
from core.storage.encryption import Sealed, Vault
from core.storage.events import record_events
from core.storage.incidents import close_emptied
from core.storage.row_locks import announce_sealing
from core.storage.status import forget_evidence
from core.storage.tables import sources


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One source. `id` is the key inside, `uid` the one that outsiders see."""

    id: int
    uid: UUID
    org_id: int
    org_slug: str
    kind: str
    name: str
    description: str
    tags: tuple[str, ...]
    sealed: Sealed
    config_version: int
    check_interval_s: float | None
    paused: bool
    maintenance_from: datetime | None
    maintenance_until: datetime | None
    note_text: str | None
    note_author: str | None
    note_ts: datetime | None
    note_until: datetime | None
    failure_threshold: int
    timeout_seconds: float
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def maintenance(self) -> Maintenance | None:
        if self.maintenance_from is None or self.maintenance_until is None:
            return None
        return Maintenance(self.maintenance_from, self.maintenance_until)

    @property
    def note(self) -> Note | None:
        if self.note_text is None or self.note_author is None or self.note_ts is None:
            return None
        return Note(self.note_text, self.note_author, self.note_ts, self.note_until)


Stamp = tuple[int, ...]
"""What tells whether anything was written about the sources of an organisation."""


class Unchanged:
    """Stands for a value that is left as it is."""


UNCHANGED: Final = Unchanged()


@dataclass(frozen=True, slots=True)
class SourceChanges:
    """What to change; whatever is not given stays."""

    name: str | Unchanged = UNCHANGED
    description: str | Unchanged = UNCHANGED
    tags: tuple[str, ...] | Unchanged = UNCHANGED
    check_interval_s: float | Unchanged | None = UNCHANGED
    paused: bool | Unchanged = UNCHANGED
    breaker: BreakerConfig | Unchanged = UNCHANGED
    config: Mapping[str, Any] | Unchanged = field(default=UNCHANGED, repr=False)
    maintenance: Maintenance | Unchanged | None = UNCHANGED
    note: Note | Unchanged | None = UNCHANGED


class SourceRepository:
    """Adds, finds, changes and deletes sources."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def add(self, org: Organisation, draft: SourceDraft, config: Mapping[str, Any]) -> SourceRecord:
        """Raises Conflict when the organisation has a source of that name."""
        uid, now = uuid4(), datetime.now(UTC)
        values = {
            "uid": uid,
            "org_id": org.id,
            "kind": draft.kind,
            "description": draft.description,
            "tags": list(draft.tags),
            "config_version": 1,
            "check_interval_s": draft.check_interval_s,
            "paused": draft.paused,
            "version": 1,
            "created_at": now,
            "updated_at": now,
            **_named(draft.name),
            **_thresholds(draft.breaker),
            **_window(draft.maintenance),
        }

        def insertion() -> sa.Insert:
            sealed = self._vault.seal(config, org_id=org.id, source_uid=uid, config_version=1)
            return sa.insert(sources).values(values | _columns(sealed))

        await self._store(insertion, draft.name, {})
        return await self._present(org.slug, uid)

    async def get(self, org_slug: str, uid: UUID) -> SourceRecord | None:
        async with self._database.read() as connection:
            row = (await connection.execute(source_queries.one(), {"org": org_slug, "source": uid})).one_or_none()
        return None if row is None else _record(row)

    async def of_org(self, org_slug: str) -> tuple[SourceRecord, ...]:
        """In the order of their creation."""
        async with self._database.read() as connection:
            rows = await connection.execute(source_queries.of_org(org_slug).order_by(sources.c.id))
        return tuple(map(_record, rows))

    async def in_pages(self, org_slug: str, size: int) -> AsyncIterator[tuple[SourceRecord, ...]]:
        """The same, at most `size` at a time: everybody else on the loop gets a turn in between."""
        after = 0
        while True:
            query = source_queries.of_org(org_slug).where(sources.c.id > after).order_by(sources.c.id).limit(size)
            async with self._database.read() as connection:
                page = tuple(map(_record, await connection.execute(query)))
            if not page:
                return
            yield page
            after = page[-1].id

    async def with_ids(self, ids: Collection[int]) -> tuple[SourceRecord, ...]:
        """Of any organisation, by the inner key; what is gone is left out."""
        if not ids:
            return ()
        async with self._database.read() as connection:
            rows = await connection.execute(source_queries.of_anybody().where(sources.c.id.in_(ids)))
        return tuple(map(_record, rows))

    async def present(self, org_slug: str) -> Sequence[sa.Row[int, int, int | None]]:
        """Key and version of each source, and how often its state was written, in the order of their creation.

        Who knows these sources already need not read them again.
        """
        async with self._database.read() as connection:
            return (await connection.execute(source_queries.versions(org_slug))).all()

    async def keys(self) -> frozenset[int]:
        """Of all sources that there are."""
        async with self._database.read() as connection:
            return frozenset((await connection.execute(sa.select(sources.c.id))).scalars())

    async def version(self, org_slug: str, uid: UUID) -> sa.Row[int, int, int | None] | None:
        """The same of one source, None where it is missing."""
        async with self._database.read() as connection:
            found = await connection.execute(source_queries.version(), {"org": org_slug, "source": uid})
        return found.one_or_none()

    async def stamp(self, org_slug: str) -> Stamp:
        """Another one whenever something that `present` tells has changed.

        Keys, versions and counts of writes only grow: a source that goes makes the number smaller, one that comes the
        highest key larger, and sums stay the same only where each of their parts does.
        """
        async with self._database.read() as connection:
            found = (await connection.execute(source_queries.stamp(), {"org": org_slug})).one()
        return tuple(int(part or 0) for part in found)

    async def update(
        self, record: SourceRecord, changes: SourceChanges, *, expected_version: int, told: Sequence[Event] = ()
    ) -> SourceRecord:
        """The change and what is `told` of it, both or neither. Evidence about another configuration goes with that.

        Raises PreconditionFailed when the source is no longer at `expected_version`, Conflict for a taken name,
        NotFound when it is gone.
        """
        version, now = expected_version + 1, datetime.now(UTC)
        found = sa.and_(sources.c.id == record.id, sources.c.version == expected_version)

        def change() -> sa.Update:
            values = self._values(record, changes, version) | {"version": version, "updated_at": now}
            return sa.update(sources).where(found).values(values)

        name = "" if isinstance(changes.name, Unchanged) else changes.name
        disproved = () if isinstance(changes.config, Unchanged) else (record.id,)
        changed = await self._store(change, name, {record.id: told}, disproved)
        present = await self._present(record.org_slug, record.uid)
        if not changed:
            raise PreconditionFailed("stale")
        return present

    async def delete(self, record: SourceRecord, expected_version: int | None = None) -> None:
        """Raises PreconditionFailed when the source is no longer at `expected_version`."""
        statement = sa.delete(sources).where(sources.c.id == record.id)
        if expected_version is not None:
            statement = statement.where(sources.c.version == expected_version)
        async with self._database.write() as connection:
            if not (await connection.execute(statement)).rowcount and expected_version is not None:
                raise PreconditionFailed("stale")
            await close_emptied(connection, record.org_id, datetime.now(UTC))

    def config(self, record: SourceRecord) -> dict[str, Any]:
        """The configuration in clear. Raises SealBroken."""
        return self._vault.open(
            record.sealed, org_id=record.org_id, source_uid=record.uid, config_version=record.config_version
        )

    async def _store(
        self,
        sealing: Callable[[], sa.Insert | sa.Update],
        name: str,
        told: Mapping[int, Sequence[Event]],
        disproved: Collection[int] = (),
    ) -> int:
        """The statement is made where a rotation of keys waits for it."""
        try:
            async with self._database.write() as connection:
                await announce_sealing(connection, sources)
                stored = (await connection.execute(sealing())).rowcount
                if stored:
                    await record_events(connection, told)
                if stored and disproved:
                    await forget_evidence(connection, disproved)
                return stored
        except IntegrityError:
            taken = FieldError("name", Message("error.conflict.name_taken", {"name": name}))
            raise Conflict("name_taken", name=name, fields=(taken,)) from None

    async def _present(self, org_slug: str, uid: UUID) -> SourceRecord:
        record = await self.get(org_slug, uid)
        if record is None:  # deleted by somebody else in this very moment
            raise NotFound()
        return record

    def _values(self, record: SourceRecord, changes: SourceChanges, version: int) -> dict[str, Any]:
        given = {f.name: getattr(changes, f.name) for f in fields(changes)}
        values = {name: value for name, value in given.items() if not isinstance(value, Unchanged)}
        if "name" in values:
            values |= _named(values["name"])
        if "tags" in values:
            values["tags"] = list(values["tags"])
        if "breaker" in values:
            values |= _thresholds(values.pop("breaker"))
        if "maintenance" in values:
            values |= _window(values.pop("maintenance"))
        if "note" in values:
            values |= _noted(values.pop("note"))
        if "config" in values:
            # The source's own new version: a record read long ago cannot give one number to two configurations.
            sealed = self._vault.seal(
                values.pop("config"), org_id=record.org_id, source_uid=record.uid, config_version=version
            )
            values |= {"config_version": version, **_columns(sealed)}
        return values


async def kinds_in_use(database: Database) -> frozenset[str]:
    """Kinds of the sources that there are, in all organisations."""
    async with database.read() as connection:
        return frozenset((await connection.execute(sa.select(sources.c.kind).distinct())).scalars())


def _named(name: str) -> dict[str, str]:
    return {"name": name, "name_folded": fold(name)}


def _thresholds(breaker: BreakerConfig) -> dict[str, float]:
    return {"failure_threshold": breaker.failure_threshold, "timeout_seconds": breaker.timeout_seconds}


def _window(maintenance: Maintenance | None) -> dict[str, datetime | None]:
    start, until = (maintenance.start, maintenance.until) if maintenance else (None, None)
    return {"maintenance_from": start, "maintenance_until": until}


def _noted(note: Note | None) -> dict[str, Any]:
    said = dict.fromkeys(("text", "author", "ts", "until")) if note is None else asdict(note)
    return {f"note_{name}": value for name, value in said.items()}


def _columns(sealed: Sealed) -> dict[str, Any]:
    return {"kek_id": sealed.kek_id, "wrapped_key": sealed.wrapped_key, "ciphertext": sealed.ciphertext}


def _record(row: sa.Row[Any]) -> SourceRecord:
    columns = dict(row._mapping)
    sealed = Sealed(columns.pop("kek_id"), columns.pop("wrapped_key"), columns.pop("ciphertext"))
    del columns["name_folded"]
    return SourceRecord(**(columns | {"sealed": sealed, "tags": tuple(columns["tags"])}))
