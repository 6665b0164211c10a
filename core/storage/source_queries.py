"""The questions that are asked about sources."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from core.storage.tables import organisations, source_status, sources


def of_anybody() -> sa.Select[Any]:
    """With `org_slug` behind the source's own columns."""
    return sa.select(sources, organisations.c.slug.label("org_slug")).join(organisations)


def of_org(org_slug: str) -> sa.Select[Any]:
    return of_anybody().where(organisations.c.slug == org_slug)


@lru_cache(maxsize=1)
def one() -> sa.Select[Any]:
    """Of `org` the one named `source`. Made once: every call asks it, and making it takes as long as the answer."""
    return of_anybody().where(organisations.c.slug == sa.bindparam("org"), sources.c.uid == sa.bindparam("source"))


def versions(org_slug: str) -> sa.Select[int, int, int | None]:
    """Key, version and number of writes of the state, in the order of creation."""
    return _versions().where(organisations.c.slug == org_slug).order_by(sources.c.id)


@lru_cache(maxsize=1)
def version() -> sa.Select[int, int, int | None]:
    """The same of `one`."""
    return _versions().where(organisations.c.slug == sa.bindparam("org"), sources.c.uid == sa.bindparam("source"))


def _versions() -> sa.Select[int, int, int | None]:
    joined = sources.join(organisations).outerjoin(source_status)
    return sa.select(sources.c.id, sources.c.version, source_status.c.seq).select_from(joined)


@lru_cache(maxsize=1)
def stamp() -> sa.Select[Any]:
    """Of `org` how many there are, the highest key, the sum of the versions and of the writes of states."""
    parts: tuple[Any, ...] = (sa.func.count(), sa.func.max(sources.c.id), sa.func.sum(sources.c.version))
    whose = sa.select(organisations.c.id).where(organisations.c.slug == sa.bindparam("org")).scalar_subquery()
    query = sa.select(*parts, sa.func.sum(source_status.c.seq)).select_from(sources.outerjoin(source_status))
    return query.where(sources.c.org_id == whose)
