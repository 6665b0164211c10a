"""What of a call enters the figures, and what never does."""

import asyncio

import pytest

from core.connectors.base import Environment
from core.errors import BreakerOpen, Busy
from core.guarded import GuardedConnector
from core.models import Outcome
from core.safety.egress import EgressPolicy
from tests.fakes import FakeConfig, FakeConnector, OtherEnd, Step, fake_kind
from tests.guarded.conftest import CLOSED, calls_of, now, opened


@pytest.mark.anyio
async def test_an_answer_is_one_attempt_and_one_call(guard: GuardedConnector, other_end: OtherEnd) -> None:
    report = await guard.ping()
    assert (report.result(), report.attempts, report.outcome) == ((True, "Fake 1.0"), 1, Outcome.OK)
    assert calls_of(guard) == (1, 0, 0)
    assert guard.figures.dump().last_ok_ts is not None


@pytest.mark.anyio
async def test_a_failure_followed_by_an_answer_is_a_call_that_worked(
    guard: GuardedConnector, other_end: OtherEnd
) -> None:
    other_end.will(Step.FAIL, Step.OK)
    report = await guard.ping()
    assert (report.attempts, report.error) == (2, None)
    assert calls_of(guard) == (1, 0, 0)
    assert guard.breaker.failures == 0


@pytest.mark.anyio
async def test_the_latency_of_a_call_is_that_of_its_last_attempt(guard: GuardedConnector, other_end: OtherEnd) -> None:
    other_end.will(Step.SILENT, Step.OK)
    report = await guard.ping()
    assert (report.attempts, report.error) == (2, None)
    assert report.latency_ms < 1
    assert now() == pytest.approx(10.25, abs=0.01)


@pytest.mark.anyio
async def test_a_caller_who_leaves_is_not_counted(guard: GuardedConnector, other_end: OtherEnd) -> None:
    other_end.will(Step.SILENT)
    ping = asyncio.ensure_future(guard.ping())
    await asyncio.sleep(0.1)
    ping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ping
    assert (guard.breaker.failures, calls_of(guard), other_end.cancelled) == (0, (0, 0, 0), 1)


@pytest.mark.anyio
async def test_what_proves_nothing_is_not_counted(guard: GuardedConnector, other_end: OtherEnd) -> None:
    other_end.will(Step.BUSY)
    report = await guard.ping()
    assert isinstance(report.error, Busy)
    assert (guard.breaker.failures, calls_of(guard)) == (0, (0, 0, 0))


@pytest.mark.anyio
async def test_refusals_do_not_make_a_dead_source_look_fast(guard: GuardedConnector, other_end: OtherEnd) -> None:
    await opened(guard, other_end)
    before = guard.figures.dump()
    for _ in range(20):
        with pytest.raises(BreakerOpen):
            await guard.sample({})
    after = guard.figures.dump()
    assert (after.avg_latency_ms, after.histogram) == (before.avg_latency_ms, before.histogram)
    assert calls_of(guard) == (2, 2, 20)


@pytest.mark.anyio
@pytest.mark.parametrize("step", [Step.REACHED, Step.AUTH, Step.SAYS_NO])
async def test_a_source_that_says_no_is_a_ping_in_error_but_no_failure_of_the_breaker(
    guard: GuardedConnector, other_end: OtherEnd, step: Step
) -> None:
    other_end.will(Step.FAIL, step)
    report = await guard.ping()
    assert (report.attempts, report.outcome) == (2, Outcome.REACHED)
    assert (guard.breaker.failures, calls_of(guard)) == (0, (1, 1, 0))
    assert guard.figures.dump().last_ok_ts is None


@pytest.mark.anyio
@pytest.mark.parametrize(("step", "errors"), [(Step.OK, 0), (Step.REACHED, 0), (Step.AUTH, 1), (Step.FAIL, 1)])
async def test_an_analysts_typo_is_no_error_of_the_source(
    guard: GuardedConnector, other_end: OtherEnd, step: Step, errors: int
) -> None:
    other_end.will(step)
    await guard.sample({})
    assert calls_of(guard) == (1, errors, 0)


@pytest.mark.anyio
async def test_looking_around_is_guarded_but_not_counted(guard: GuardedConnector, other_end: OtherEnd) -> None:
    assert [entry.name for entry in await guard.describe()] == ["t"]
    assert calls_of(guard) == (0, 0, 0)
    await opened(guard, other_end)
    with pytest.raises(BreakerOpen):
        await guard.describe()


@pytest.mark.anyio
async def test_another_configuration_starts_anew_with_the_figures_kept(
    guard: GuardedConnector, other_end: OtherEnd
) -> None:
    await opened(guard, other_end)
    elsewhere = OtherEnd()
    kind = fake_kind(elsewhere)
    guard.replace(lambda: kind.build(FakeConfig(), Environment(EgressPolicy())), FakeConnector.limits)
    assert (await guard.ping()).result() == (True, "Fake 1.0")
    assert (guard.breaker.state, calls_of(guard)) == (CLOSED, (3, 2, 0))
    assert elsewhere.requests == [("ping", "there")]


@pytest.mark.anyio
async def test_a_catalogue_that_is_refused_is_no_refusal_in_the_figures(guard: GuardedConnector) -> None:
    guard.breaker.force_open()
    with pytest.raises(BreakerOpen):
        await guard.describe()
    assert calls_of(guard) == (0, 0, 0)
    with pytest.raises(BreakerOpen):
        await guard.ping()
    assert calls_of(guard) == (0, 0, 1)
