"""The database and what it holds, Redis, and the workers."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from core.diagnosis.ladder import Found
from core.doctor.findings import broken, left, warning, well
from core.errors import BackupError, StartupError
from core.models import Actor
from core.resilience.shared import SharedTrouble
from core.services.audit import Audit
from core.services.keys import Keys
from core.settings import Settings
from core.storage.audit import AuditRepository
from core.storage.database import Database
from core.storage.keys import key_place, present_keys
from core.storage.migrations import HEAD
from core.storage.people import PeopleRepository
from core.storage.sealed import SealedRepository
from core.storage.sqlite_file import require_sound

SKEW_S = 2.0
"""Seconds between two clocks from which on moments of several processes get out of order."""
SLOW_MS = 100.0
"""A Redis that takes longer holds up no call, and shares little."""


class Stores:
    """Rungs on one database. None of them makes or upgrades it."""

    usable: Database | None = None
    """Once it is known to have the tables of this program."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: Database | None = None

    async def database(self) -> Found:
        self._opened = Database(self._settings.database_url_text)
        path = self._file
        if path is not None and not path.exists():
            return left("database.none", path=str(path))
        facts = await self._database.facts()
        return well(f"database.{self._database.dialect}", version=facts.version)

    async def migrations(self) -> Found:
        facts = await self._database.facts()
        if facts.revision is None:
            return left("migrations.empty")
        if facts.revision > HEAD:
            raise StartupError("database_newer", revision=facts.revision)
        if facts.revision != HEAD:
            return warning("migrations.older", version=facts.revision, newest=HEAD)
        drift = await self._database.check()
        self.usable = self._database
        return broken("migrations.drift", count=len(drift)) if drift else well("migrations.ok", version=HEAD)

    async def integrity(self) -> Found:
        if self._file is None:
            return left("integrity.server")
        try:
            await asyncio.to_thread(require_sound, self._file)
        except BackupError:
            return broken("integrity.damaged", path=str(self._file))
        return well("integrity.ok")

    async def sealed(self, actor: Actor) -> Found:
        """Opens everything. A key that is missing stops the start."""
        if self.usable is None:
            return left("older")
        audit, path = Audit(AuditRepository(self._database)), None if self._settings.keks else self._settings.key_path
        sealed, place = SealedRepository(self._database), key_place(self._settings)
        report = await Keys(sealed, audit, present_keys(self._settings), path, place).verify(actor)
        missing = sorted(report.rows.keys() - set(report.keys))
        if missing:
            return broken("sealed.missing", ids=", ".join(missing), place=report.place)
        if report.unopened:
            return broken("sealed.unopened", count=len(report.unopened))
        return well("sealed.ok", count=sum(report.rows.values()))

    async def clock(self) -> Found:
        """Against the server's; a file has no clock but the moment of its last change."""
        before = datetime.now(UTC)
        now = (await self._database.facts()).now
        late = (now - before - (datetime.now(UTC) - before) / 2).total_seconds()
        if self._file is not None:
            ahead = self._file.stat().st_mtime - time.time()
            return warning("clock.behind", seconds=round(ahead)) if ahead > SKEW_S else well("clock.file")
        return warning("clock.skew", seconds=round(abs(late), 1)) if abs(late) > SKEW_S else well("clock.ok")

    async def administrator(self) -> Found:
        if self.usable is None:
            return left("older")
        if await PeopleRepository(self._database).administrators_with_password():
            return well("administrator.ok")
        if self._settings.loopback_only or self._settings.admin_password_file is not None:
            return warning("administrator.none")
        raise StartupError("open_to_network", host=self._settings.host)

    async def workers(self) -> Found:
        if self._settings.checks != "worker":
            return left("worker.inline")
        from core.checks.job_queue import JOBS, WORKERS

        async with self._database.read() as connection:
            if (await connection.execute(sa.select(sa.func.to_regclass(WORKERS)))).scalar() is None:
                return broken("worker.never")
            alive = f"SELECT count(*) FROM {WORKERS} WHERE last_heartbeat > now() - interval '15 s'"  # noqa: S608 - ours
            todo = f"SELECT count(*) FROM {JOBS} WHERE status = 'todo'"  # noqa: S608 - ours
            seen, waiting = [(await connection.execute(sa.text(query))).scalar_one() for query in (alive, todo)]
        return well("worker.ok", count=seen, waiting=waiting) if seen else broken("worker.away", waiting=waiting)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    @property
    def _database(self) -> Database:
        assert self._opened is not None  # noqa: S101 - every other rung needs the one that opens it
        return self._opened

    @property
    def _file(self) -> Path | None:
        return Path(str(make_url(self._settings.database_url_text).database)) if self._settings.on_sqlite else None


async def redis(settings: Settings) -> Found:
    if settings.redis_url is None:
        return warning("redis.apart") if settings.checks == "worker" else left("redis.none")
    from core.resilience.redis_link import RedisLink

    try:
        link = RedisLink(settings.redis_url.get_secret_value())
    except (TypeError, ValueError):
        raise StartupError("redis_url") from None
    try:
        return await _redis(link.open, link.info)
    finally:
        await link.close()


async def _redis(open_it: Callable[[], Awaitable[bool]], info: Callable[[], Awaitable[dict[str, Any]]]) -> Found:
    if not await open_it():
        return broken("redis.away")
    started = time.perf_counter()
    try:
        told = await info()
    except SharedTrouble:
        return well("redis.silent")  # its user may not ask, and need not
    took = round((time.perf_counter() - started) * 1000, 1)
    policy, limited = str(told.get("maxmemory_policy", "")), bool(told.get("maxmemory"))
    if limited and policy.startswith(("allkeys", "volatile")):
        return warning("redis.evicts", policy=policy)
    if took > SLOW_MS:
        return warning("redis.slow", ms=took)
    return well("redis.ok", version=str(told.get("redis_version", "?")), ms=took)
