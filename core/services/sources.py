"""Everything a person or program can do with the data sources of an organisation."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from core.connectors.catalog import KindCatalog
from core.errors import NotFound
from core.models import (
    Actor,
    BreakerConfig,
    Event,
    Figures,
    HealthSummary,
    Organisation,
    PingResult,
    Role,
    Source,
    SourceDraft,
    SourcePage,
    Status,
)
from core.services import inputs
from core.services.approvals import Approvals
from core.services.audit import Audit
from core.services.calls import Calls
from core.services.contents import Contents
from core.services.diagnosing import Diagnosing
from core.services.holds import Holds
from core.services.idempotency import Once, Repeats
from core.services.jobs import Jobs
from core.services.kind_questions import KindQuestions
from core.services.ladder_calls import LadderCalls
from core.services.last_good import LastGood
from core.services.live import LiveSource, LiveSources
from core.services.ping_all import PingAllJob
from core.services.rights import require
from core.services.roster import Roster
from core.services.runs import Runs
from core.services.sample_calls import SampleCalls
from core.services.source_trail import SourceTrail, noted, opened, settings_of
from core.services.views import SourceFilter, SourceViews, new_source
from core.services.writer import StatusWriter
from core.storage.people import PeopleRepository
from core.storage.runs import RunRepository
from core.storage.sources import SourceChanges, SourceRecord, SourceRepository
from core.storage.status import StatusRepository

PAGE_MAX = 500


class DataSourceService(LadderCalls, SampleCalls, KindQuestions):
    """Pages, HTTP and command line call this and nothing below it.

    Every method takes the actor first and raises NotFound for an organisation that the actor does not belong to,
    Forbidden where the role held there is too small, NotFound for a source that is not the organisation's.
    """

    def __init__(
        self,
        kinds: KindCatalog,
        people: PeopleRepository,
        sources: SourceRepository,
        statuses: StatusRepository,
        live: LiveSources,
        writer: StatusWriter,
        holds: Holds,
        diagnosing: Diagnosing,
        audit: Audit,
        repeats: Repeats,
        approvals: Approvals,
        runs: RunRepository,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._kinds, self._people, self._sources, self._statuses = kinds, people, sources, statuses
        self._live, self._writer, self._holds, self._clock = live, writer, holds, clock
        self._roster = Roster(sources, statuses, live)
        live.on_news, live.on_gone = writer.wake, self._let_go
        self._calls, self._contents, self._last_good = Calls(writer, clock), Contents(clock), LastGood(clock)
        self._diagnosing, self._audit, self._repeats, self._approvals = diagnosing, audit, repeats, approvals
        self._jobs: Jobs[PingAllJob] = Jobs()
        self._views, self._trail = SourceViews(kinds, sources, clock), SourceTrail(audit, kinds, sources)
        self._runs = Runs(runs, self._trail.asked, clock)

    async def authorise(self, actor: Actor, org: str, role: Role, source_id: UUID | None = None) -> None:
        """Raises NotFound or Forbidden as every other method would, before any input is read."""
        if source_id is None:
            await self._organisation(actor, org, role)
        else:
            await self._require(actor, org, source_id, role)

    async def list(
        self,
        actor: Actor,
        org: str,
        *,
        kind: str | None = None,
        status: str | None = None,
        tag: str | None = None,
        q: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> SourcePage:
        """Sources in the order of their creation, from stored state only. `limit` is 1 … 500."""
        require(actor, org, Role.VIEWER)
        wanted = SourceFilter.parse(kind, status, tag, q, limit, cursor, limit_max=PAGE_MAX)
        lives = await self._roster.of(org)
        found = [pair for pair in zip(lives, self._views.of_all(lives), strict=True) if wanted.admits(*pair)]
        page = found[:limit]
        more = len(found) > limit
        return SourcePage(tuple(view for _, view in page), str(page[-1][0].record.id) if more else None)

    async def get(self, actor: Actor, org: str, source_id: UUID) -> Source:
        return self._views.of(await self._require(actor, org, source_id, Role.VIEWER))

    async def create(self, actor: Actor, org: str, draft: SourceDraft, *, once: Once | None = None) -> Source:
        """With `once` the first answer to the same request, where there is one.

        Raises InvalidInput naming each wrong field, Conflict when the name is taken or `once` came with another
        request before.
        """
        organisation = await self._organisation(actor, org, Role.EDITOR)
        draft = inputs.checked(draft)
        config = self._kinds.plain(self._kinds.validate(draft.kind, draft.config))
        async with self._repeats.claimed(actor, organisation, once) as claim:
            if claim.first is not None:
                return claim.first
            # Nothing is remembered of it by its key in here: what is taken back leaves its key to the next one.
            public = self._kinds.public(draft.kind, config)
            async with self._audit.change(actor, org, "source.create", draft.name) as entry:
                record = await self._sources.add(organisation, draft, config)
                entry.target_id = str(record.uid)
                entry.after = {"kind": record.kind, **settings_of(record, public)}
            claim.made = new_source(record, public)
        return self._views.of(self._live.of(record, None))

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
        """A JSON merge patch. A secret left out or `{"set": true}` is kept, null clears it.

        With `verify` a changed configuration is tried first, beside the present one, its breaker and its figures, and
        takes its place only when the ladder holds: so a new secret is put in the place of the old one.

        Raises InvalidInput, Conflict, Unproven, and PreconditionFailed when `if_version`, or without it the version
        that was there when the trial began, is no longer the present one.
        """
        live = await self._require(actor, org, source_id, Role.EDITOR)
        record = live.record
        present = BreakerConfig(record.failure_threshold, record.timeout_seconds)
        given = inputs.parse_patch(changes, present, record.maintenance)
        if "config" in given:
            given |= self._new_config(record, given.pop("config"))
        expected = record.version if if_version is None else if_version
        now = self._clock()
        if "note" in given:
            given["note"] = inputs.parse_note(given["note"], record.note, actor.name, now)
        if verify and "config" in given:
            await self._prove(org, record.kind, given["config"])
        async with self._audit.change(actor, org, "source.update", record.name, record.uid) as entry:
            told = noted(given.get("note", record.note), record.note, actor, now)
            changed = await self._sources.update(record, SourceChanges(**given), expected_version=expected, told=told)
            self._trail.tell(entry, record, changed)
        live = self._live.of(changed, None)
        self._last_good.of(changed)  # lets go of what came from another configuration
        await self._writer.changed(live)
        return self._views.of(live)

    async def set_breaker(self, actor: Actor, org: str, source_id: UUID, order: Mapping[str, Any]) -> Source:
        """Holds a breaker open, lets everything through or resets it, as `{"action", "reason"}` says; for good.

        Raises InvalidInput naming the field.
        """
        live = await self._require(actor, org, source_id, Role.EDITOR)
        given = inputs.parse_order(order)
        record, what = live.record, f"breaker.{given.action.value}"
        async with self._audit.change(actor, org, what, record.name, record.uid) as entry:
            entry.before, entry.after = {"state": live.state.value}, {"reason": given.reason}
            hold = await self._holds.keep(live, given.action, given.reason, actor.name)
        await self._holds.obey(live, hold)
        return self._views.of(live)

    async def delete(self, actor: Actor, org: str, source_id: UUID, *, if_version: int | None = None) -> None:
        live = await self._require(actor, org, source_id, Role.ADMIN)
        record = live.record
        async with self._audit.change(actor, org, "source.delete", record.name, record.uid) as entry:
            await self._sources.delete(record, if_version)
            entry.before = self._trail.whole(record)
        await self._live.forget(live.record.id)

    async def ping(self, actor: Actor, org: str, source_id: UUID) -> PingResult:
        """Raises BreakerOpen when the breaker refuses, EgressDenied, Busy; all else is an answer."""
        return await self._calls.ping(await self._require(actor, org, source_id, Role.ANALYST))

    async def ping_all(
        self,
        actor: Actor,
        org: str,
        alive: Callable[[], bool] | None = None,
        *,
        ahead: int | None = None,
        only: Collection[UUID] | None = None,
    ) -> PingAllJob:
        """Starts a job over every source, or over those of the ids `only`.

        `alive` is asked every 0.2 s whether somebody still wants it.

        With `ahead` no more than so many pings run ahead of whoever reads the results.
        """
        require(actor, org, Role.ANALYST)
        lives = await self._roster.of(org)
        wanted = lives if only is None else [live for live in lives if live.record.uid in only]
        return self._jobs.keep(org, PingAllJob(wanted, self._calls.ping_row, alive, ahead))

    def job(self, actor: Actor, job_id: UUID) -> PingAllJob | None:
        """A job of an organisation that the actor belongs to."""
        return self._jobs.find(actor, job_id)

    async def metrics(self, actor: Actor, org: str, source_id: UUID) -> Figures:
        live = await self._require(actor, org, source_id, Role.VIEWER)
        return live.guard.figures.snapshot(live.state)

    async def health(self, actor: Actor, org: str) -> HealthSummary:
        require(actor, org, Role.VIEWER)
        views = self._views.of_all(await self._roster.of(org))
        found = [view.status for view in views]
        counts = {status: found.count(status) for status in Status}
        return HealthSummary(org, counts, views)

    async def events(self, actor: Actor, org: str, source_id: UUID, limit: int = 50) -> tuple[Event, ...]:
        """What happened to a source, newest first."""
        live = await self._require(actor, org, source_id, Role.VIEWER)
        if live.journal.waits:
            await self._writer.changed(live)
        return await self._statuses.events(live.record.id, limit)

    async def close(self) -> None:
        """Cancels jobs and ends every connector."""
        await asyncio.gather(self._jobs.close(), self._diagnosing.jobs.close(), self._runs.settled())
        await self._live.close()

    def _let_go(self, live: LiveSource) -> None:
        """Of a source that was deleted, here or by another process."""
        self._writer.drop(live)
        self._last_good.drop(live.record.id)
        self._views.drop(live.record.id)

    async def _organisation(self, actor: Actor, org: str, role: Role) -> Organisation:
        require(actor, org, role)
        organisation = await self._people.organisation(org)
        if organisation is None:
            raise NotFound()
        return organisation

    async def _require(self, actor: Actor, org: str, source_id: UUID, role: Role) -> LiveSource:
        require(actor, org, Role.VIEWER)
        live = await self._roster.one(org, source_id)
        if live is None:
            raise NotFound()
        require(actor, org, role)
        return live

    def _new_config(self, record: SourceRecord, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Nothing where what was sent changes nothing: then the evidence, the connector and the breaker stay.

        What does not open any more is replaced by what was sent.
        """
        present = opened(self._sources, record)
        merged = self._kinds.plain(self._kinds.validate(record.kind, self._kinds.merge(record.kind, present, sent)))
        return {} if merged == present else {"config": merged}
