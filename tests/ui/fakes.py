"""A runtime that answers from memory, so that pages can be seen and driven without a database or a source."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from core.errors import AuthError, BreakerOpen, Conflict, Forbidden, InvalidInput, NotFound, QueryRefused
from core.models import (
    Actor,
    BreakerConfig,
    BreakerState,
    CatalogEntry,
    Check,
    CheckStatus,
    Event,
    FieldError,
    Figures,
    HealthSummary,
    Incident,
    KeptSample,
    KindInfo,
    Message,
    Organisation,
    Part,
    PingAllView,
    PingResult,
    PingRow,
    Role,
    SampleResult,
    SampleRun,
    Source,
    SourceDraft,
    SourcePage,
    Status,
    TestResult,
)
from core.runtime import BackgroundLoop, Runtime, Services
from core.services.contents import CatalogLevel
from core.services.idempotency import Once
from core.services.incidents import LISTED_MAX
from core.services.inputs import parse_order
from core.services.rights import require
from core.settings import Settings
from tests.ui.climbs import FakeLadders
from tests.ui.contents import FLIGHTS, level, sample_request
from tests.ui.histories import FakeHistory
from tests.ui.samples import DOWN, NAMESPACE, POSTGRES, make_source
from tests.ui.saved import FakeQueries


class FakeJob:
    """Answers come one each `pace_s`, in a thread of no one's: the view is computed from the clock."""

    def __init__(self, sources: list[Source], alive: Callable[[], bool] | None, pace_s: float) -> None:
        self.id = uuid5(NAMESPACE, f"job {time.monotonic()}")
        self.alive = alive
        self.cancelled = False
        self._pace_s = pace_s
        self._sources = sources
        self._started = time.monotonic()
        self._ended: float | None = None

    def view(self) -> PingAllView:
        elapsed = (self._ended or time.monotonic()) - self._started
        count = min(len(self._sources), int(elapsed / self._pace_s)) if self._pace_s else len(self._sources)
        rows = tuple(self._row(source) for source in self._sources[:count])
        finished = self._ended is not None or count == len(self._sources)
        return PingAllView(self.id, len(self._sources), rows, finished, self.cancelled, elapsed * 1000)

    def cancel(self) -> None:
        self.cancelled = True
        self._ended = time.monotonic()

    def _row(self, source: Source) -> PingRow:
        ok = source.status in (Status.HEALTHY, Status.UNKNOWN)
        status = Status.HEALTHY if ok else source.status
        code = None if ok else "circuit_open" if status is Status.SUSPENDED else "unreachable"
        message = Message.literal("PostgreSQL 16.4") if ok else Message(f"error.{code}")
        return PingRow(source.id, source.name, ok, message, status, source.state, 12.3 if ok else None, code)


@dataclass
class FakeSources(FakeLadders):
    """DataSourceService from memory. `calls` keeps what was asked for."""

    sources: dict[UUID, Source] = field(default_factory=dict)
    pace_s: float = 0.4
    test_works: bool = True
    limit_max: int = 1000
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    jobs: dict[UUID, FakeJob] = field(default_factory=dict)
    kept: dict[UUID, KeptSample] = field(default_factory=dict)
    happened: tuple[Event, ...] | None = None
    refuses: bool = False

    def kinds(self) -> tuple[KindInfo, ...]:
        return (POSTGRES,)

    async def list(self, actor: Actor, org: str, **filters: Any) -> SourcePage:
        self._require(actor, org, Role.VIEWER)
        wanted = (filters.get("status"), filters.get("kind"), filters.get("q") or "")
        tag = filters.get("tag")
        found = [s for s in self.sources.values() if self._fits(s, *wanted) and (tag is None or tag in s.tags)]
        return SourcePage(tuple(found), None)

    async def get(self, actor: Actor, org: str, source_id: UUID) -> Source:
        self._require(actor, org, Role.VIEWER)
        if source_id not in self.sources:
            raise NotFound()
        return self.sources[source_id]

    async def create(self, actor: Actor, org: str, draft: SourceDraft, *, once: Once | None = None) -> Source:
        self._require(actor, org, Role.EDITOR)
        if any(source.name == draft.name for source in self.sources.values()):
            raise Conflict(fields=(FieldError("name", Message("error.conflict")),))
        self.calls.append(("create", draft))
        source = make_source(draft.name, Status.UNKNOWN, description=draft.description, tags=draft.tags)
        self.sources[source.id] = source
        return source

    async def update(
        self,
        actor: Actor,
        org: str,
        source_id: UUID,
        changes: Mapping[str, Any],
        *,
        if_version: int | None = None,
        verify: bool = False,
    ) -> Source:
        self._require(actor, org, Role.EDITOR)
        self.calls.append(("update", dict(changes), if_version))
        made = {"breaker": BreakerConfig(**changes["breaker"])} if "breaker" in changes else {}
        self.sources[source_id] = replace(self.sources[source_id], **changes | made)
        return self.sources[source_id]

    async def set_breaker(self, actor: Actor, org: str, source_id: UUID, order: Mapping[str, Any]) -> Source:
        self._require(actor, org, Role.EDITOR)
        given = parse_order(order)
        self.calls.append(("set_breaker", given.action, given.reason))
        return self.sources[source_id]

    async def last_sample(self, actor: Actor, org: str, source_id: UUID) -> KeptSample | None:
        self._require(actor, org, Role.ANALYST)
        return self.kept.get(source_id)

    async def delete(self, actor: Actor, org: str, source_id: UUID) -> None:
        self._require(actor, org, Role.ADMIN)
        self.calls.append(("delete", source_id))
        del self.sources[source_id]

    async def test(
        self, actor: Actor, org: str, kind: str, config: Mapping[str, Any], source_id: UUID | None = None
    ) -> TestResult:
        self._require(actor, org, Role.EDITOR)
        self.calls.append(("test", kind, dict(config)))
        missing = [spec.name for spec in POSTGRES.fields if spec.required and not config.get(spec.name)]
        if missing:
            raise InvalidInput(fields=tuple(FieldError(f"config.{name}", Message("field.missing")) for name in missing))
        error = AuthError(user="reader")
        checks = [
            Check("egress", CheckStatus.OK, 0.1),
            Check("dns", CheckStatus.OK, 2.3, Message.literal("10.4.1.20")),
            Check("tcp", CheckStatus.OK, 3.1, Message.literal("10.4.1.20:5432")),
            Check("tls", CheckStatus.WARNING, 4.0, Message.literal("TLSv1.3, unverified")),
        ]
        if self.test_works:
            checks.append(Check("auth", CheckStatus.OK, 8.0, Message.literal("reader@shop")))
            return TestResult(True, Message("test.worked"), tuple(checks), 17.5)
        checks.append(
            Check("auth", CheckStatus.FAILED, 8.0, error.message, error.advice, ("config.user", "config.password"))
        )
        checks.append(Check("read_only", CheckStatus.SKIPPED))
        return TestResult(False, error.message, tuple(checks), 17.5)

    async def ping(self, actor: Actor, org: str, source_id: UUID) -> PingResult:
        self._require(actor, org, Role.ANALYST)
        source = await self.get(actor, org, source_id)
        self.calls.append(("ping", source.name))
        await asyncio.sleep(self.pace_s)
        if source.status is Status.SUSPENDED:
            raise BreakerOpen(18.0, BreakerState.OPEN)
        if source.status is Status.ERROR:
            return PingResult(False, DOWN.message, 3.0, 3, source.state, source.status, DOWN.diagnosis())
        self.sources[source_id] = replace(source, status=Status.HEALTHY)
        return PingResult(True, Message.literal("PostgreSQL 16.4"), 12.3, 1, source.state, Status.HEALTHY)

    async def ping_all(
        self, actor: Actor, org: str, alive: Callable[[], bool] | None = None, *, only: Any = None
    ) -> FakeJob:
        self._require(actor, org, Role.ANALYST)
        wanted = [source for source in self.sources.values() if only is None or source.id in only]
        job = FakeJob(wanted, alive, self.pace_s)
        self.jobs[job.id] = job
        return job

    def job(self, actor: Actor, job_id: UUID) -> FakeJob | None:
        return self.jobs.get(job_id)

    async def sample(self, actor: Actor, org: str, source_id: UUID, params: Mapping[str, Any]) -> SampleResult:
        self._require(actor, org, Role.ANALYST)
        self.calls.append(("sample", dict(params)))
        if (await self.get(actor, org, source_id)).status is Status.SUSPENDED or self.refuses:
            raise BreakerOpen(18.0, BreakerState.OPEN)
        if "sql" in params:
            raise QueryRefused(rule="select_only", part="DROP")
        return FLIGHTS

    async def runs(self, actor: Actor, org: str, source_id: UUID, limit: int = 20) -> tuple[SampleRun, ...]:
        return ()

    async def check_sample(self, actor: Actor, org: str, source_id: UUID, params: Mapping[str, Any]) -> None:
        self._require(actor, org, Role.ANALYST)
        if params.get("limit", 1) > self.limit_max:
            message = Message("field.less_than_equal", {"le": self.limit_max})
            raise InvalidInput(fields=(FieldError("params.limit", message),))
        if "drop" in params.get("sql", ""):
            raise QueryRefused(rule="select_only", part="DROP")

    async def catalog(
        self, actor: Actor, org: str, source_id: UUID, path: str = "", *, fresh: bool = False
    ) -> CatalogLevel:
        self._require(actor, org, Role.ANALYST)
        self.calls.append(("catalog", path, fresh))
        if (await self.get(actor, org, source_id)).diagnosis is not None:
            raise DOWN
        return level(path)

    def sample_request(self, kind: str, entry: CatalogEntry) -> dict[str, Any]:
        return sample_request(entry)

    def snippet(self, source: Source, params: Mapping[str, Any]) -> str:
        return f"import psycopg  # {dict(params)}" if params else ""

    async def metrics(self, actor: Actor, org: str, source_id: UUID) -> Figures:
        return (await self.get(actor, org, source_id)).figures

    async def health(self, actor: Actor, org: str) -> HealthSummary:
        self._require(actor, org, Role.VIEWER)
        counts = {status: sum(s.status is status for s in self.sources.values()) for status in Status}
        return HealthSummary(org, counts, tuple(self.sources.values()))

    async def events(self, actor: Actor, org: str, source_id: UUID, limit: int = 50) -> tuple[Event, ...]:
        source = await self.get(actor, org, source_id)
        if self.happened is not None or source.diagnosis is None:
            return self.happened or ()
        now = datetime.now(UTC)
        told = {
            "code": "unreachable",
            "failure": "transient",
            "fields": [],
            "message": _json(DOWN.message),
            "advice": _json(DOWN.advice),
        }
        opened = {"from": "closed", "to": "open", "diagnosis": told}
        return (
            Event(now - timedelta(minutes=4), "breaker", opened),
            Event(now - timedelta(minutes=6), "status", {"status": "error", "diagnosis": told}),
            Event(now - timedelta(days=1), "status", {"status": "healthy"}),
        )

    def _require(self, actor: Actor, org: str, role: Role) -> None:
        if org not in actor.roles:
            raise NotFound()
        if actor.roles[org] < role:
            raise Forbidden("role", role=role.label)

    def _fits(self, source: Source, status: str | None, kind: str | None, q: str) -> bool:
        return (not status or source.status == status) and (not kind or source.kind == kind) and q in source.name


def _json(message: Message) -> dict[str, Any]:
    return {"key": message.key, "args": dict(message.args)}


@dataclass
class FakeAccess:
    """Everybody is `actor`; None is nobody."""

    actor: Actor | None
    organisations: tuple[Organisation, ...] = (Organisation(1, "main", "سازمان نمونه"),)
    signed_out: list[str | None] = field(default_factory=list)

    async def actor_of_session(self, token: str | None, address: str | None = None) -> Actor | None:
        return None if token in self.signed_out else self.actor

    async def sign_out(self, token: str | None, address: str | None = None) -> None:
        self.signed_out.append(token)

    async def organisations_of(self, actor: Actor) -> tuple[Organisation, ...]:
        return tuple(o for o in self.organisations if o.slug in actor.roles)


@dataclass
class FakeIncidents:
    """What `of_org` answers, newest first."""

    kept: tuple[Incident, ...] = ()

    async def of_org(
        self, actor: Actor, org: str, since: datetime, until: datetime, limit: int = LISTED_MAX
    ) -> tuple[Incident, ...]:
        require(actor, org, Role.VIEWER)
        return tuple(each for each in self.kept if each.opened_at < until)[:limit]


class FakeRuntime(Runtime):
    """The real runtime and its loop, around an access and sources that answer from memory."""

    access: FakeAccess  # type: ignore[assignment]  # a fake
    sources: FakeSources  # type: ignore[assignment]  # a fake
    history: FakeHistory  # type: ignore[assignment]  # a fake
    incidents: FakeIncidents  # type: ignore[assignment]  # a fake

    def __init__(self, role: Role | None = Role.ADMIN, sources: tuple[Source, ...] = (), pace_s: float = 0.0) -> None:
        actor = Actor("مریم", {"main": role}, 1) if role else None
        people, kept = FakeAccess(actor), FakeSources({source.id: source for source in sources}, pace_s)
        self.redis_is_gone = False
        past = FakeHistory(lambda: kept.sources)
        fakes = (kept, None, past, None, FakeIncidents(), None, None, None, FakeQueries())
        services = Services(*fakes, None, None, None, None)  # type: ignore[arg-type]  # fakes
        rest = (people, services, _ready, _close, self._away)
        super().__init__(BackgroundLoop(), Settings(_env_file=None), *rest)  # type: ignore[arg-type]  # fakes

    def _away(self) -> tuple[str, ...]:
        return ("redis",) if self.redis_is_gone else ()


async def _ready() -> tuple[Part, ...]:
    return ()


async def _close() -> None:
    return None
