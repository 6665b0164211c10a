"""The hosts, addresses and networks that an organisation's traffic may go to, and how often that was changed."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from core.errors import NotFound
from core.storage.database import Database
from core.storage.tables import egress_entries, organisations

Revision = tuple[int, int]
"""The organisation's inner key, and how often its list was set: equal only where nothing was changed."""


class EgressRepository:
    """Reads lists, and replaces them whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revisions(self) -> dict[str, Revision]:
        """Of every organisation that ever had a list, by slug. One query."""
        query = sa.select(organisations.c.slug, organisations.c.id, organisations.c.egress_revision)
        async with self._database.read() as connection:
            rows = await connection.execute(query.where(organisations.c.egress_revision > 0))
            return {row[0]: (row[1], row[2]) for row in rows}

    async def lists(self, slugs: Collection[str]) -> dict[str, tuple[str, ...]]:
        """The entries of these organisations in their order; who has none is left out. One query."""
        query = sa.select(organisations.c.slug, egress_entries.c.entry).select_from(egress_entries.join(organisations))
        query = query.where(organisations.c.slug.in_(slugs)).order_by(egress_entries.c.entry)
        found: dict[str, list[str]] = {}
        async with self._database.read() as connection:
            for slug, entry in await connection.execute(query):
                found.setdefault(slug, []).append(entry)
        return {slug: tuple(entries) for slug, entries in found.items()}

    async def replace(self, slug: str, entries: Sequence[str]) -> tuple[str, ...]:
        """Keeps these instead of what was there, which it gives. Raises NotFound for an organisation that is gone."""
        raised = sa.update(organisations).values(egress_revision=organisations.c.egress_revision + 1)
        async with self._database.write() as connection:
            # It locks the row: two who set a list do so one after the other.
            one = raised.where(organisations.c.slug == slug).returning(organisations.c.id)
            org_id = (await connection.execute(one)).scalar_one_or_none()
            if org_id is None:
                raise NotFound()
            gone = sa.delete(egress_entries).where(egress_entries.c.org_id == org_id)
            before = (await connection.execute(gone.returning(egress_entries.c.entry))).scalars().all()
            if entries:
                rows = [{"org_id": org_id, "entry": entry} for entry in entries]
                await connection.execute(sa.insert(egress_entries), rows)
        return tuple(sorted(before))
