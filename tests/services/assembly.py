"""The product put together with a private registry, a clock that tests turn, and no waiting between attempts."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from core.access.passwords import Passwords
from core.access.sign_on import sign_on_of
from core.access.throttle import Throttle
from core.connectors.base import Environment
from core.connectors.catalog import KindCatalog
from core.connectors.http.webhook import Webhook
from core.connectors.registry import registry as real
from core.models import Part
from core.resilience.retry import RetryPolicy
from core.runtime import BackgroundLoop, Runtime, Services
from core.safety.egress import EgressPolicy
from core.services.administration import Administration
from core.services.admission import admission
from core.services.alert_post import AlertPost
from core.services.alerts import Alerts
from core.services.approvals import Approvals
from core.services.audit import Audit
from core.services.diagnosing import Diagnosing
from core.services.egress_lists import EgressLists
from core.services.exposition import Exposition
from core.services.history import HistoryService
from core.services.holds import Holds
from core.services.idempotency import Repeats
from core.services.incidents import Incidents
from core.services.live import LiveSources
from core.services.queries import SavedQueries
from core.services.sources import DataSourceService
from core.services.writer import StatusWriter
from core.settings import Settings
from core.storage.alert_hooks import HookRepository
from core.storage.audit import AuditRepository
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
from core.storage.people_records import PeopleRecords
from core.storage.queries import QueryRepository
from core.storage.runs import RunRepository
from core.storage.sources import SourceRepository
from core.storage.status import StatusRepository
from tests.fakes import FakeClock, OtherEnd, fake_registry


@dataclass(frozen=True)
class Product:
    """A running product, what its fake sources do, and the clock of its breakers."""

    runtime: Runtime
    other_end: OtherEnd
    clock: FakeClock


@contextmanager
def product(data_dir: Path, port: int = 1, database_url: str | None = None, **settled: Any) -> Iterator[Product]:
    """Over real SQLite in `data_dir`, or the database given, with the kind `fake` beside the real ones.

    Drivers of the real kinds wait until they are needed. `settled` are further settings.
    """
    settings = Settings(_env_file=None, data_dir=data_dir, port=port, database_url=database_url, **settled)
    other_end, clock, loop = OtherEnd(), FakeClock(), BackgroundLoop()
    runtime = loop.submit(_assemble(settings, loop, other_end, clock)).result()
    try:
        yield Product(runtime, other_end, clock)
    finally:
        runtime.close()


async def _assemble(settings: Settings, loop: BackgroundLoop, other_end: OtherEnd, clock: FakeClock) -> Runtime:
    database = Database(settings.database_url_text)
    await database.upgrade()
    records = PeopleRecords.of(database)
    people = records.people
    vault = Vault(await open_keyring(settings, database))
    sources = SourceRepository(database, vault)
    statuses = StatusRepository(database)
    registry = fake_registry(other_end)
    for kind, connector in real.discover().kinds.items():
        registry.register(kind)(connector)
    environment = Environment(EgressPolicy(own_ports=frozenset({settings.port})), settings.sample_rows_max)
    kinds = KindCatalog(registry, environment)
    live = LiveSources(kinds, sources, RetryPolicy(sleep=_no_sleep), monotonic=clock.seconds)
    writer = StatusWriter(statuses)
    holds = Holds(HoldRepository(database), live, writer)
    await holds.follow()
    holds.start()
    diagnosing = Diagnosing(kinds, sources, LadderRepository(database), monotonic=clock.seconds)
    audit = Audit(AuditRepository(database))
    egress = EgressLists(EgressRepository(database), sources, kinds, audit)
    await egress.follow()
    egress.start()
    repeats = Repeats(IdempotencyRepository(database))
    saved = QueryRepository(database)
    queries = SavedQueries(saved, sources, kinds, audit)
    judged = diagnosing, audit, repeats, Approvals(saved), RunRepository(database)
    service = DataSourceService(kinds, people, sources, statuses, live, writer, holds, *judged)
    history = HistoryService(HistoryRepository(database), writer, HistorySums(database), settings.timezone)
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    admitted = admission(records, audit, settings.session_hours, passwords=passwords, throttle=Throttle(clock.seconds))
    admitted.uses.start()

    async def ready() -> tuple[Part, ...]:
        return (Part("database", await database.revision() is not None),)

    async def close() -> None:
        await egress.close()
        await holds.close()
        await service.close()
        await writer.close()
        await admitted.uses.close()
        await database.close()

    administration = Administration(InstallationRepository(database), settings, registry.kinds)
    exposition = Exposition(people, sources, statuses, live)
    incidents, hooks = Incidents(IncidentRepository(database)), HookRepository(database, vault)
    alerts = Alerts(hooks, people, AlertPost(hooks, Webhook(kinds.egress), settings.timezone), settings.locale, audit)
    looked_up = service, administration, history, exposition, incidents, alerts, audit, egress, queries
    services = Services(*looked_up, *admitted.services)
    sign_on = sign_on_of(settings, database, admitted.access, audit, environment.egress)
    return Runtime(loop, settings, admitted.access, services, ready, close, sign_on=sign_on)


async def _no_sleep(seconds: float) -> None:
    await asyncio.sleep(0)
