"""The composition root: settings in, a running product out. Nothing is built anywhere else, nor at import time."""

import asyncio
import gc
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

import structlog

from core.access.first_start import admit_administrator
from core.access.sign_on import sign_on_of
from core.checks.checker import Checker
from core.checks.inline import InlineChecks
from core.connectors.base import Environment
from core.connectors.catalog import KindCatalog
from core.connectors.http.webhook import Webhook
from core.connectors.registry import registry
from core.errors import InvalidInput, SourceError, StartupError
from core.logs import configure_logging
from core.models import Part
from core.redaction import Secrets
from core.resilience.bulkhead import Bulkheads
from core.resilience.retry import RetryPolicy
from core.runtime import BackgroundLoop, Runtime, Services
from core.safety.egress import EgressPolicy, look_up
from core.services.administration import Administration
from core.services.admission import admission
from core.services.alert_post import AlertPost
from core.services.alert_sender import AlertSender
from core.services.alerts import Alerts
from core.services.approvals import Approvals
from core.services.audit import Audit
from core.services.calls import Calls
from core.services.departed import Departed
from core.services.diagnosing import Diagnosing
from core.services.egress_lists import EgressLists
from core.services.exposition import Exposition
from core.services.history import HistoryService
from core.services.holds import Holds
from core.services.idempotency import Repeats
from core.services.incidents import Incidents
from core.services.last_uses import LastUses
from core.services.live import LiveSources
from core.services.queries import SavedQueries
from core.services.sources import DataSourceService
from core.services.writer import StatusWriter
from core.settings import Settings
from core.storage.alert_hooks import HookRepository
from core.storage.audit import AuditRepository
from core.storage.belonging import remember_belonging, require_belonging
from core.storage.database import Database
from core.storage.egress import EgressRepository
from core.storage.encryption import Vault
from core.storage.history import HistoryRepository
from core.storage.history_sums import HistorySums
from core.storage.holds import HoldRepository
from core.storage.idempotency import IdempotencyRepository
from core.storage.incident_list import IncidentRepository
from core.storage.installation import InstallationRepository
from core.storage.keys import open_keyring
from core.storage.ladders import LadderRepository
from core.storage.lock import DataDirLock
from core.storage.migrations import HEAD
from core.storage.outbox import Outbox
from core.storage.people import PeopleRepository
from core.storage.people_records import PeopleRecords
from core.storage.queries import QueryRepository
from core.storage.rollup import Rollup
from core.storage.runs import RunRepository
from core.storage.schedule import ScheduleRepository
from core.storage.sources import SourceRepository, kinds_in_use
from core.storage.status import StatusRepository

if TYPE_CHECKING:
    from core.checks.worker import WorkerChecks
    from core.resilience.redis_records import RedisRecords

log = structlog.get_logger(__name__)

FILES_MAX = 65_536

GARBAGE_AFTER = 20_000
"""Objects that come to life before the next look for garbage in cycles. After 700, as Python has it, a "ping all" of
1,000 sources spends a tenth of its time looking, and finds nothing."""


class Process(Enum):
    """What a process is for: only a dashboard owns its data directory, a command does nothing unasked."""

    DASHBOARD = auto()
    WORKER = auto()
    COMMAND = auto()


def open_runtime(settings: Settings, role: Process = Process.DASHBOARD) -> Runtime:
    """Starts the background loop and everything on it; a dashboard takes the data directory's lock.

    Raises StartupError with the one sentence that says why it refuses to start.
    """
    secrets = Secrets(settings.secrets)
    configure_logging(settings, secrets)
    settings.require_consistent()
    require_belonging(settings)
    with ExitStack() as undo:
        lock = DataDirLock(settings.data_dir)
        if role is Process.DASHBOARD:
            lock.acquire()
            undo.callback(lock.release)
        if role is not Process.COMMAND:
            allow_open_files()
        loop = BackgroundLoop()
        undo.callback(loop.stop)
        runtime = loop.submit(_assemble(settings, loop, lock, role, secrets)).result()
        undo.pop_all()
        return runtime


def allow_open_files() -> None:
    """As many as the system lets this process have: the usual 1,024 cannot hold a connection to 1,000 sources."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, FILES_MAX)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def opened(settings: Settings, role: Process = Process.DASHBOARD) -> Iterator[Runtime]:
    """A runtime for the length of a block."""
    runtime = open_runtime(settings, role)
    try:
        yield runtime
    finally:
        runtime.close()


async def _assemble(
    settings: Settings, loop: BackgroundLoop, lock: DataDirLock, role: Process, secrets: Secrets
) -> Runtime:
    database, shared = Database(settings.database_url_text), _shared_records(settings)
    try:
        await database.upgrade()
        if role is Process.DASHBOARD:
            remember_belonging(settings)
        vault, records = Vault(await open_keyring(settings, database, secrets)), PeopleRecords.of(database)
        audit, people = Audit(AuditRepository(database)), records.people
        admitted = admission(records, audit, settings.session_hours)
        if role is not Process.WORKER:  # it listens nowhere
            await admit_administrator(settings, admitted.access)
        sources, statuses = SourceRepository(database, vault), StatusRepository(database)
        environment = await _environment(settings)
        sign_on = sign_on_of(settings, database, admitted.access, audit, environment.egress)
        kinds = KindCatalog(registry.discover(), environment, secrets)
        live = _live(settings, kinds, sources, shared)
        writer = StatusWriter(statuses)
        holds = Holds(HoldRepository(database), live, writer)
        diagnosing = Diagnosing(kinds, sources, LadderRepository(database))
        egress = EgressLists(EgressRepository(database), sources, kinds, audit)
        await asyncio.gather(holds.follow(), egress.follow())
        repeats = Repeats(IdempotencyRepository(database))
        saved = QueryRepository(database)
        queries = SavedQueries(saved, sources, kinds, audit)
        judged = diagnosing, audit, repeats, Approvals(saved), RunRepository(database)
        service = DataSourceService(kinds, people, sources, statuses, live, writer, holds, *judged)
        administration = _administration(database, settings, kinds)
        exposition = Exposition(people, sources, statuses, live)
        hooks = HookRepository(database, vault, secrets)
        incidents, alerts, sender = _alerting(settings, hooks, database, people, kinds, audit)
        history = HistoryService(HistoryRepository(database), writer, HistorySums(database), settings.timezone)
        checks = _checks(role, settings, database, sources, live, writer)
        departed = Departed(sources, live)
        await _start(
            (writer, holds, egress, departed, admitted.uses), None if role is Process.COMMAND else sender, shared
        )
        checks.start()
        preloading = asyncio.create_task(_preload(kinds, database, role))
    except BaseException:
        await database.close()
        raise

    async def close() -> None:
        preloading.cancel()
        await asyncio.wait([preloading])  # it may be in the middle of a question to the database
        for part in (checks, sender, egress, holds, departed, service, writer, admitted.uses, shared, database):
            if part is not None:
                await part.close()
        lock.release()

    ready, troubles = partial(_parts, database, writer, shared), partial(_troubles, writer, shared)
    looked_up = service, administration, history, exposition, incidents, alerts, audit, egress, queries
    services = Services(*looked_up, *admitted.services)
    runtime = Runtime(loop, settings, admitted.access, services, ready, close, troubles, sign_on, checks.close)
    secrets.know(runtime.local_token)
    return runtime


async def _start(
    parts: tuple[StatusWriter, Holds, EgressLists, Departed, LastUses],
    sender: AlertSender | None,
    shared: "RedisRecords | None",
) -> None:
    for part in (*parts, sender):
        if part is not None:
            part.start()
    if shared is not None:
        await shared.start()


def _live(
    settings: Settings, kinds: KindCatalog, sources: SourceRepository, shared: "RedisRecords | None"
) -> LiveSources:
    bulkheads = Bulkheads(settings.bulkhead_process, settings.bulkhead_source)
    interval_s = settings.check_interval_s
    return LiveSources(kinds, sources, RetryPolicy(), bulkheads, shared=shared, check_interval_s=interval_s)


def _administration(database: Database, settings: Settings, kinds: KindCatalog) -> Administration:
    names = [info.name for info in kinds.infos()]
    return Administration(InstallationRepository(database), settings, names)


def _alerting(
    settings: Settings,
    hooks: HookRepository,
    database: Database,
    people: PeopleRepository,
    kinds: KindCatalog,
    audit: Audit,
) -> tuple[Incidents, Alerts, AlertSender]:
    incidents = IncidentRepository(database)
    post = AlertPost(hooks, Webhook(kinds.egress), settings.timezone)
    statuses = StatusRepository(database)
    interval_s = settings.check_interval_s
    sender = AlertSender(
        Outbox(database), hooks, incidents, statuses, post, settings.origin, check_interval_s=interval_s
    )
    return Incidents(incidents), Alerts(hooks, people, post, settings.locale, audit), sender


def _checks(
    role: Process,
    settings: Settings,
    database: Database,
    sources: SourceRepository,
    live: LiveSources,
    writer: StatusWriter,
) -> "InlineChecks | WorkerChecks":
    """What a process does unasked. Not started yet."""
    schedule, statuses, roll_up = ScheduleRepository(database), StatusRepository(database), Rollup(database).run
    checker = partial(Checker, schedule, sources, statuses, live, Calls(writer), settings.check_interval_s)
    if role is Process.WORKER:
        from core.checks.job_queue import job_queue
        from core.checks.worker import WorkerChecks

        return WorkerChecks(partial(job_queue, settings.database_url_text), checker, writer.flush, roll_up)
    if role is Process.COMMAND or settings.checks == "worker":
        return InlineChecks()
    return InlineChecks(checker() if settings.check_interval_s else None, roll_up)


async def _parts(database: Database, writer: StatusWriter, shared: "RedisRecords | None") -> tuple[Part, ...]:
    troubles = _troubles(writer, shared)
    revision = await database.revision()
    # Another program on the same database may have gone on.
    needed = Part("database", revision is not None), Part("migrations", revision in (None, HEAD))
    spared = ("figures",) if shared is None else ("figures", "redis")
    return *needed, *(Part(name, name not in troubles, required=False) for name in spared)


def _troubles(writer: StatusWriter, shared: "RedisRecords | None") -> tuple[str, ...]:
    """What is out of reach that work can go on without."""
    away = {"figures": writer.failing, "redis": shared is not None and shared.degraded}
    return tuple(name for name, trouble in away.items() if trouble)


def _shared_records(settings: Settings) -> "RedisRecords | None":
    """Not connected yet. The client is imported here: most installations have one process and no Redis."""
    if settings.redis_url is None:
        return None
    from core.resilience.redis_link import RedisLink
    from core.resilience.redis_records import RedisRecords

    try:
        return RedisRecords(RedisLink(settings.redis_url.get_secret_value()))
    except (TypeError, ValueError):
        # The client's words repeat parts of the address.
        raise StartupError("redis_url") from None


async def _preload(kinds: KindCatalog, database: Database, role: Process) -> None:
    """Imports the drivers of the sources that there are, so that the first "ping all" need not."""
    for name in () if role is Process.COMMAND else await kinds_in_use(database):
        try:
            await kinds.ready(name)
        except (SourceError, InvalidInput) as err:
            # A kind or a driver that is gone: its sources say so themselves, at their first call.
            log.warning("driver_not_loaded", kind=name, error=str(err))
    # What was imported stays. Looking through it for garbage takes a quarter of a second, in which every call waits.
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


async def _environment(settings: Settings) -> Environment:
    egress = EgressPolicy(own_ports=frozenset({settings.port}), own=await _own_addresses(settings))
    return Environment(egress, settings.sample_rows_max, settings.sample_bytes_max)


async def _own_addresses(settings: Settings) -> frozenset[tuple[str, int]]:
    """Where this installation keeps its own state: no source is there. As the names resolve at the start."""
    found: set[tuple[str, int]] = set()
    for host, port in settings.own_servers:
        try:
            found |= {(address, port) for address in await look_up(host, port)}
        except SourceError as err:
            log.warning("own_server_not_found", error=str(err))
    return frozenset(found)
