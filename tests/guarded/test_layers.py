"""The layers around a connector: deadline, retry, breaker, attempt; places are in test_places.py."""

import asyncio

import pytest
from structlog.testing import capture_logs

from core.connectors.base import Connector, Limits
from core.errors import AuthError, BreakerOpen, InternalError, SourceTimeout, SourceUnavailable, Unreachable
from core.guarded import GuardedConnector
from core.models import Outcome
from tests.fakes import DEFECT_TEXT, FakeConfig, FakeConnector, OtherEnd, Step, fake_kind
from tests.guarded.conftest import CLOSED, HALF_OPEN, OPEN, calls_of, guarded, now, opened


@pytest.mark.anyio
async def test_a_source_that_is_down_opens_its_breaker_inside_the_second_call(
    guard: GuardedConnector, other_end: OtherEnd
) -> None:
    other_end.will(Step.FAIL)
    first = await guard.ping()
    assert (first.attempts, guard.breaker.state) == (3, CLOSED)
    second = await guard.ping()
    assert (second.attempts, guard.breaker.state) == (2, OPEN)
    assert isinstance(second.error, Unreachable)
    with pytest.raises(BreakerOpen) as refusal:
        await guard.ping()
    assert refusal.value.state is OPEN
    assert refusal.value.retry_after == pytest.approx(30, abs=0.6)
    assert calls_of(guard) == (2, 2, 1)
    assert len(other_end.requests) == 5


@pytest.mark.anyio
async def test_every_attempt_asks_the_breaker_anew(guard: GuardedConnector, other_end: OtherEnd) -> None:
    other_end.will(Step.FAIL)
    ping = asyncio.ensure_future(guard.ping())
    await asyncio.sleep(0.1)
    guard.breaker.force_open()
    report = await ping
    assert isinstance(report.error, Unreachable)
    assert (report.attempts, len(other_end.requests)) == (1, 1)


@pytest.mark.anyio
async def test_a_silent_source_fails_at_the_limit_of_an_attempt(other_end: OtherEnd) -> None:
    guard = guarded(other_end, Limits(connect=5, attempt=10, sample=15, ping=60))
    other_end.will(Step.SILENT)
    report = await guard.ping()
    assert (report.attempts, report.outcome) == (3, Outcome.FAIL)
    assert str(report.error) == "timeout.attempt"
    assert guard.breaker.failures == other_end.cancelled == 3
    assert report.latency_ms == pytest.approx(10_000, rel=0.001)
    assert now() == pytest.approx(30.75, abs=0.01)
    assert calls_of(guard) == (1, 1, 0)
    await guard.close()


@pytest.mark.anyio
async def test_the_deadline_of_the_whole_call_proves_nothing(other_end: OtherEnd) -> None:
    guard = guarded(other_end, Limits(connect=5, attempt=10, sample=4))
    other_end.will(Step.SILENT)
    report = await guard.sample({})
    assert isinstance(report.error, SourceTimeout)
    assert report.outcome is Outcome.VOID
    assert now() == pytest.approx(4, abs=0.01)
    assert (guard.breaker.failures, calls_of(guard)) == (0, (0, 0, 0))
    await guard.close()


@pytest.mark.anyio
async def test_an_attempt_that_failed_counts_even_if_the_deadline_cuts_the_next_one(
    guard: GuardedConnector, other_end: OtherEnd
) -> None:
    other_end.will(Step.SILENT)
    report = await guard.sample({})
    assert (report.attempts, report.outcome, guard.breaker.failures) == (2, Outcome.FAIL, 1)
    assert now() == pytest.approx(15, abs=0.01)
    assert calls_of(guard) == (1, 1, 0)
    assert isinstance(report.error, SourceTimeout)
    # The seconds of the whole call: what was left to the last attempt would be no true sentence.
    assert (str(report.error), report.error.arguments["seconds"]) == ("timeout.deadline", 15)


@pytest.mark.anyio
@pytest.mark.parametrize(("sample_s", "outcome"), [(9.4, Outcome.VOID), (9.6, Outcome.FAIL)])
async def test_a_timeout_counts_only_for_an_attempt_that_had_its_fair_share(
    other_end: OtherEnd, sample_s: float, outcome: Outcome
) -> None:
    guard = guarded(other_end, Limits(connect=5, attempt=10, sample=sample_s))
    other_end.will(Step.TIMEOUT)
    assert (await guard.sample({})).outcome is outcome
    await guard.close()


@pytest.mark.anyio
async def test_the_connector_ends_when_the_breaker_opens(guard: GuardedConnector, other_end: OtherEnd) -> None:
    await opened(guard, other_end)
    await asyncio.sleep(0)
    assert (other_end.built, other_end.closed) == (1, 1)
    with pytest.raises(BreakerOpen):
        await guard.ping()
    assert other_end.built == 1


@pytest.mark.anyio
async def test_a_call_that_the_opening_breaker_cut_off_says_so(guard: GuardedConnector) -> None:
    async def cut_off(_connector: Connector) -> None:
        guard.breaker.force_open()
        raise SourceUnavailable("closed", outcome=Outcome.VOID)

    report = await guard.call(cut_off, 5)
    assert isinstance(report.error, BreakerOpen)
    assert (report.error.held, report.outcome, calls_of(guard)) == (True, Outcome.VOID, (0, 0, 0))


@pytest.mark.anyio
async def test_after_a_failure_of_its_own_a_cut_off_call_tells_the_failure(guard: GuardedConnector) -> None:
    attempts = [Unreachable("refused"), SourceUnavailable("closed", outcome=Outcome.VOID)]

    async def fails_and_is_cut_off(_connector: Connector) -> None:
        error = attempts.pop(0)
        if not attempts:
            guard.breaker.force_open()
        raise error

    report = await guard.call(fails_and_is_cut_off, 5)
    assert (str(report.error), report.outcome, report.attempts) == ("unreachable.refused", Outcome.FAIL, 2)


@pytest.mark.anyio
async def test_one_that_ended_with_its_source_does_not(guard: GuardedConnector) -> None:
    async def cut_off(_connector: Connector) -> None:
        guard.breaker.force_open()
        await guard.close()
        raise SourceUnavailable("closed", outcome=Outcome.VOID)

    assert isinstance((await guard.call(cut_off, 5)).error, SourceUnavailable)


@pytest.mark.anyio
async def test_a_probe_after_thirty_seconds_closes_the_breaker(guard: GuardedConnector, other_end: OtherEnd) -> None:
    await opened(guard, other_end)
    other_end.will(Step.OK)
    await asyncio.sleep(29)
    with pytest.raises(BreakerOpen):
        await guard.ping()
    await asyncio.sleep(1)
    report = await guard.ping()
    assert (report.attempts, report.error, guard.breaker.state) == (1, None, CLOSED)
    assert other_end.built == 2


@pytest.mark.anyio
async def test_a_probe_that_fails_opens_for_another_thirty_seconds(
    guard: GuardedConnector, other_end: OtherEnd
) -> None:
    await opened(guard, other_end)
    await asyncio.sleep(30.1)
    report = await guard.ping()
    assert (report.attempts, guard.breaker.state) == (1, OPEN)
    assert isinstance(report.error, Unreachable)
    with pytest.raises(BreakerOpen) as refusal:
        await guard.ping()
    assert refusal.value.retry_after == pytest.approx(30, abs=0.6)


@pytest.mark.anyio
async def test_one_probe_at_a_time_reaches_the_source(guard: GuardedConnector, other_end: OtherEnd) -> None:
    await opened(guard, other_end)
    await asyncio.sleep(30.1)
    before = len(other_end.requests)
    other_end.will(Step.SILENT)
    pings = [asyncio.ensure_future(guard.ping()) for _ in range(50)]
    await asyncio.sleep(1)
    assert (len(other_end.requests) - before, guard.breaker.state) == (1, HALF_OPEN)
    ends = await asyncio.gather(*pings, return_exceptions=True)
    assert sum(isinstance(end, BreakerOpen) and end.state is HALF_OPEN for end in ends) == 49


@pytest.mark.anyio
async def test_of_four_thousand_calls_in_the_half_open_moment_one_reaches_the_source(
    guard: GuardedConnector, other_end: OtherEnd
) -> None:
    await opened(guard, other_end)
    await asyncio.sleep(30.1)
    before = len(other_end.requests)
    other_end.will(Step.SILENT)
    ends = await asyncio.gather(*(guard.ping() for _ in range(4000)), return_exceptions=True)
    assert len(other_end.requests) - before == 1
    assert sum(isinstance(end, BreakerOpen) for end in ends) == 3999
    assert guard.figures.attempts[Outcome.FAIL] == 6


@pytest.mark.anyio
async def test_a_refusal_builds_nothing_and_waits_for_nothing(other_end: OtherEnd) -> None:
    guard = guarded(other_end)
    guard.breaker.force_open()
    for refused in (guard.ping(), guard.ping(queued=True), guard.sample({}), guard.describe()):
        with pytest.raises(BreakerOpen):
            refused.send(None)  # the first step of the coroutine is its last: there was nothing to wait for
    assert (other_end.built, other_end.requests) == (0, [])


@pytest.mark.anyio
async def test_a_refusal_does_not_even_import_the_driver(other_end: OtherEnd) -> None:
    asked: list[float] = []

    async def ready() -> None:
        asked.append(now())

    guard = guarded(other_end, ready=ready)
    guard.breaker.force_open()
    with pytest.raises(BreakerOpen):
        await guard.ping()
    assert asked == []
    guard.breaker.reset()
    await guard.ping()
    await guard.ping()
    assert len(asked) == 1


@pytest.mark.anyio
async def test_a_driver_that_never_loads_ends_with_the_deadline_and_proves_nothing(other_end: OtherEnd) -> None:
    guard = guarded(other_end, ready=asyncio.Event().wait)
    report = await guard.ping()
    assert (str(report.error), report.outcome, now()) == ("timeout.deadline", Outcome.VOID, pytest.approx(30))


@pytest.mark.anyio
async def test_a_probe_that_failed_answers_without_a_pause(guard: GuardedConnector, other_end: OtherEnd) -> None:
    await opened(guard, other_end)
    await asyncio.sleep(30.1)
    before = now()
    assert (await guard.ping()).attempts == 1
    assert now() == before


@pytest.mark.anyio
async def test_a_probes_lease_covers_its_attempt_the_wait_for_a_place_and_a_second(
    guard: GuardedConnector, other_end: OtherEnd
) -> None:
    await opened(guard, other_end)
    await asyncio.sleep(30.1)
    guard.breaker.acquire()
    assert guard.breaker.retry_after() == pytest.approx(FakeConnector.limits.attempt + 1.1)


@pytest.mark.anyio
async def test_a_probe_whose_caller_leaves_frees_its_place(guard: GuardedConnector, other_end: OtherEnd) -> None:
    await opened(guard, other_end)
    await asyncio.sleep(30.1)
    other_end.will(Step.SILENT, Step.OK)
    probe = asyncio.ensure_future(guard.ping())
    await asyncio.sleep(0.1)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    assert guard.breaker.state is HALF_OPEN
    assert (await guard.ping()).error is None
    assert guard.breaker.state is CLOSED


@pytest.mark.anyio
async def test_a_wrong_password_is_tried_once(guard: GuardedConnector, other_end: OtherEnd) -> None:
    other_end.will(Step.AUTH)
    report = await guard.ping()
    assert isinstance(report.error, AuthError)
    assert len(other_end.requests) == 1


@pytest.mark.anyio
async def test_a_defect_is_an_internal_error_and_its_text_is_nowhere(
    guard: GuardedConnector, other_end: OtherEnd
) -> None:
    other_end.will(Step.DEFECT)
    with capture_logs() as logged:
        report = await guard.ping()
    assert isinstance(report.error, InternalError)
    assert (report.attempts, report.outcome) == (1, Outcome.FAIL)
    assert [(line["event"], line["error"]) for line in logged] == [("connector_defect", "RuntimeError")]
    told = (report, report.error.message, report.error.diagnosis(), str(report.error), repr(report.error), logged)
    assert DEFECT_TEXT not in repr(told)


@pytest.mark.anyio
async def test_after_it_is_closed_nothing_is_built_any_more(guard: GuardedConnector, other_end: OtherEnd) -> None:
    await guard.ping()
    await guard.close()
    ends = [await guard.ping(), await guard.ping(queued=True), await guard.sample({})]
    assert {str(end.error) for end in ends} == {"source_unavailable.closed"}
    assert {end.outcome for end in ends} == {Outcome.VOID}
    with pytest.raises(SourceUnavailable):
        await guard.describe()
    assert (other_end.built, other_end.closed, len(other_end.requests)) == (1, 1, 1)
    assert (guard.breaker.failures, calls_of(guard)) == (0, (1, 0, 0))


@pytest.mark.anyio
async def test_whoever_leaves_the_closing_leaves_the_connector_to_close(
    guard: GuardedConnector, other_end: OtherEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(self: FakeConnector) -> None:
        await asyncio.sleep(2)
        self.other_end.closed += 1

    monkeypatch.setattr(FakeConnector, "close", slow)
    await guard.ping()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(guard.close(), 1)
    await asyncio.sleep(2)
    assert other_end.closed == 1


@pytest.mark.anyio
async def test_what_a_connector_raises_when_it_closes_is_told(
    guard: GuardedConnector, other_end: OtherEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: FakeConnector) -> None:
        raise OSError(self.other_end.closed)

    monkeypatch.setattr(FakeConnector, "close", broken)
    await guard.ping()
    with pytest.raises(OSError, match="0"):
        await guard.close()


@pytest.mark.anyio
async def test_a_call_that_waits_for_its_driver_or_its_turn_finds_it_closed(other_end: OtherEnd) -> None:
    loads = asyncio.Event()
    guard = guarded(other_end, ready=loads.wait)
    pings = [asyncio.ensure_future(guard.ping(queued=queued)) for queued in (False, True)]
    await asyncio.sleep(0.1)
    await guard.close()
    loads.set()
    assert {str(end.error) for end in await asyncio.gather(*pings)} == {"source_unavailable.closed"}
    assert (other_end.built, other_end.requests) == (0, [])


@pytest.mark.anyio
async def test_another_configuration_is_called_anew(guard: GuardedConnector, other_end: OtherEnd) -> None:
    kind = fake_kind(other_end)
    await guard.ping()
    guard.replace(lambda: kind(FakeConfig(host="elsewhere")), kind.limits)
    await asyncio.sleep(0)
    assert (await guard.ping()).error is None
    assert (other_end.built, other_end.closed) == (2, 1)
    assert other_end.requests == [("ping", "there"), ("ping", "elsewhere")]
