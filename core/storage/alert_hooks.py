"""Whom an organisation's incidents are told: an address and a signing secret, sealed as a source's configuration is."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from core.errors import NotFound
from core.models import Organisation
from core.redaction import Secrets
from core.storage.database import Database
from core.storage.encryption import Sealed, Vault
from core.storage.row_locks import announce_sealing
from core.storage.tables import alert_deliveries, alert_hooks, organisations

VERSION = 1
"""A hook is never changed: who wants another address adds another hook."""


@dataclass(frozen=True, slots=True)
class HookRecord:
    """One hook. `id` is the key inside; of the address only `host` is in the clear.

    `waiting` counts the messages that are still to be sent, `last_error` is the code of the last attempt that failed,
    None once one was delivered after it.
    """

    id: int
    uid: UUID
    org_id: int
    org_slug: str
    host: str
    language: str
    sealed: Sealed
    created_at: datetime
    waiting: int
    last_error: str | None


class HookRepository:
    """Adds, finds and removes hooks."""

    def __init__(self, database: Database, vault: Vault, secrets: Secrets | None = None) -> None:
        """`secrets` is told every address and signing secret that comes by."""
        self._database, self._vault, self._secrets = database, vault, secrets or Secrets()

    async def add(self, org: Organisation, opened: dict[str, str], host: str, language: str, now: datetime) -> UUID:
        """`opened` holds `url` and `secret`. Gives the hook's id for outsiders."""
        uid = uuid4()
        self._secrets.know(opened["url"], opened["secret"])
        values = {"uid": uid, "org_id": org.id, "host": host, "language": language, "created_at": now}
        async with self._database.write() as connection:
            await announce_sealing(connection, alert_hooks)
            sealed = self._vault.seal(opened, org_id=org.id, source_uid=uid, config_version=VERSION)
            await connection.execute(sa.insert(alert_hooks).values(values | asdict(sealed)))
        return uid

    async def of_org(self, org_slug: str) -> tuple[HookRecord, ...]:
        """In the order of their creation."""
        return await self._all(organisations.c.slug == org_slug)

    async def get(self, hook_id: int) -> HookRecord | None:
        """By its inner key."""
        return next(iter(await self._all(alert_hooks.c.id == hook_id)), None)

    async def named(self, org_slug: str, uid: UUID) -> HookRecord:
        """Raises NotFound."""
        found = await self._all(sa.and_(organisations.c.slug == org_slug, alert_hooks.c.uid == uid))
        if not found:
            raise NotFound()
        return found[0]

    async def remove(self, record: HookRecord) -> None:
        """With all that waits for it."""
        async with self._database.write() as connection:
            await connection.execute(sa.delete(alert_hooks).where(alert_hooks.c.id == record.id))

    def open(self, record: HookRecord) -> tuple[str, str]:
        """Address and secret. Raises SealBroken."""
        opened = self._vault.open(record.sealed, org_id=record.org_id, source_uid=record.uid, config_version=VERSION)
        self._secrets.know(opened["url"], opened["secret"])
        return opened["url"], opened["secret"]

    async def _all(self, condition: sa.ColumnElement[bool]) -> tuple[HookRecord, ...]:
        query = sa.select(
            alert_hooks,
            organisations.c.slug.label("org_slug"),
            _WAITING.label("waiting"),
            _LAST_ERROR.label("last_error"),
        )
        query = query.select_from(alert_hooks.join(organisations)).where(condition).order_by(alert_hooks.c.id)
        async with self._database.read() as connection:
            return tuple(map(_record, await connection.execute(query)))


_OWN = alert_deliveries.c.hook_id == alert_hooks.c.id
_WAITING = (
    sa.select(sa.func.count()).where(_OWN, alert_deliveries.c.due_at.is_not(None)).correlate(alert_hooks)
).scalar_subquery()
_TRIED = sa.or_(alert_deliveries.c.delivered_at.is_not(None), alert_deliveries.c.last_error.is_not(None))
_LAST_ERROR = (
    sa.select(alert_deliveries.c.last_error).where(_OWN, _TRIED).order_by(alert_deliveries.c.id.desc()).limit(1)
).scalar_subquery()


def _record(row: sa.Row[Any]) -> HookRecord:
    columns = dict(row._mapping)
    sealed = Sealed(columns.pop("kek_id"), columns.pop("wrapped_key"), columns.pop("ciphertext"))
    return HookRecord(**columns, sealed=sealed)
