"""A ping and a sample of one live source: the call, what it proved, and what is written down of it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from core.errors import BreakerOpen, Busy, EgressDenied, QueryFailed, SourceError
from core.guarded import CallReport, always, blames_source
from core.models import (
    BreakerState,
    Diagnosis,
    Event,
    Message,
    Outcome,
    PingResult,
    PingRow,
    Proof,
    SampleResult,
    Status,
)
from core.services.evidence import diagnosis_to_json
from core.services.live import LiveSource
from core.services.writer import StatusWriter

SAMPLE_WORKED = Message("ping.sample_worked")


class Calls:
    """Takes the outcome of a guarded call to evidence, events and storage."""

    def __init__(self, writer: StatusWriter, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._writer, self._clock = writer, clock

    async def ping(
        self,
        live: LiveSource,
        *,
        queued: bool = False,
        wanted: Callable[[], bool] = always,
        by: Proof = Proof.PING,
    ) -> PingResult:
        """`queued` waits for a place however long it takes: for one of many, with nobody before it.

        Raises BreakerOpen, EgressDenied or Busy, and Unwanted where it is not `wanted` any more when its turn comes;
        every other end is an answer.
        """
        version = live.record.config_version
        try:
            report = await live.guard.ping(queued=queued, wanted=wanted)
        except SourceError:
            self._writer.mark(live)
            raise
        if isinstance(report.error, BreakerOpen | EgressDenied | Busy):
            raise report.error
        ok, message, diagnosis = _verdict(report)
        if report.outcome is not Outcome.VOID:
            await self._proved(live, version, by, ok, message, diagnosis)
        status = live.status(self._clock())
        return PingResult(ok, message, report.latency_ms, report.attempts, live.state, status, diagnosis)

    async def ping_row(self, live: LiveSource) -> PingRow:
        """A ping as one row of many: a refusal is a row too."""
        try:
            result = await self.ping(live, queued=True)
        except SourceError as err:
            status = live.status(self._clock())
            return PingRow(live.record.uid, live.record.name, False, err.message, status, live.state, None, err.code)
        code = result.diagnosis.code if result.diagnosis else None
        name, uid = live.record.name, live.record.uid
        return PingRow(uid, name, result.ok, result.message, result.status, result.state, result.latency_ms, code)

    async def sample(self, live: LiveSource, params: dict[str, Any]) -> SampleResult:
        """Raises what the source or the guard raised."""
        version = live.record.config_version
        try:
            report = await live.guard.sample(params)
        except SourceError:
            self._writer.mark(live)
            raise
        self._writer.mark(live)
        if report.error is None:
            await self._proved(live, version, Proof.SAMPLE, True, SAMPLE_WORKED, None)
        elif blames_source(report):
            error = report.error
            await self._proved(live, version, Proof.SAMPLE, False, error.message, error.diagnosis())
        return SampleResult(report.result(), report.latency_ms)

    async def _proved(
        self,
        live: LiveSource,
        version: int,
        by: Proof,
        healthy: bool,
        message: Message,
        diagnosis: Diagnosis | None,
    ) -> None:
        """`version` is that of the configuration with which the call began: it says nothing about a later one."""
        if version != live.record.config_version:
            self._writer.mark(live)
            return
        now, before = self._clock(), live.evidence
        old = before.diagnosis.code if before and before.diagnosis else None
        flipped = live.prove(healthy=healthy, now=now, message=message, diagnosis=diagnosis, by=by)
        news = flipped or (diagnosis is not None and diagnosis.code != old)
        # A breaker that opened says why in an event of its own.
        if news and live.state is not BreakerState.OPEN:
            live.journal.note(_event(now, healthy, diagnosis))
        if news or live.journal.waits or live.turning:
            await self._writer.changed(live)
        else:
            self._writer.mark(live)


def _verdict(report: CallReport[tuple[bool, str]]) -> tuple[bool, Message, Diagnosis | None]:
    error = report.error
    if error is None:
        ok, words = report.result()
        if ok:
            return True, Message.literal(words), None
        error = QueryFailed("ping", detail=words)
    return False, error.message, error.diagnosis()


def _event(now: datetime, healthy: bool, diagnosis: Diagnosis | None) -> Event:
    data: dict[str, Any] = {"status": (Status.HEALTHY if healthy else Status.ERROR).value}
    if diagnosis is not None:
        data["diagnosis"] = diagnosis_to_json(diagnosis)
    return Event(now, "status", data)
