"""The plan of scheduled checks, on a clock that is driven by hand."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checks.plan import DRIFT, SOON_S, Local, Moment, next_check, planned
from core.models import BreakerState
from core.storage.schedule import Scheduled

NOW = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=3)
INTERVAL_S = 60.0
RUNNING = Moment(NOW, LONG_AGO)
FIRST, LAST = UUID(int=0), UUID(int=0xFFFF_FFFF)


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


def source(number: int = 1, uid: UUID = FIRST, **changes: object) -> Scheduled:
    made = Scheduled(number, uid, 1, 1, LONG_AGO - seconds(1), None, None, None, 1, NOW - seconds(10), None)
    return replace(made, **changes)


def due(one: Scheduled, moment: Moment = RUNNING, local: Local | None = None) -> datetime | None:
    return next_check(one, moment, INTERVAL_S, local or Local())


def test_a_check_is_due_one_interval_after_the_last_proof_whoever_brought_it() -> None:
    one = source(evidence_ts=NOW)
    assert NOW + seconds(60) <= due(one) <= NOW + seconds(60 + DRIFT * 60)


def test_a_sources_own_interval_counts() -> None:
    assert due(source(evidence_ts=NOW, interval_s=300.0)) >= NOW + seconds(300)


def test_a_source_that_refuses_our_credentials_is_asked_once_in_a_quarter_of_an_hour() -> None:
    assert due(source(evidence_ts=NOW, failure="auth")) >= NOW + seconds(900)
    assert due(source(evidence_ts=NOW, failure="auth", interval_s=3600.0)) >= NOW + seconds(3600)
    assert due(source(evidence_ts=NOW, failure="transient")) < NOW + seconds(70)


def test_a_source_that_was_just_created_or_changed_is_checked_soon() -> None:
    changed = source(evidence_ts=None, changed_at=NOW, uid=LAST)
    assert NOW <= due(changed) <= NOW + seconds(SOON_S)


def test_a_source_that_was_changed_by_a_clock_ahead_of_ours_is_checked_at_once() -> None:
    assert due(source(evidence_ts=None, changed_at=NOW + timedelta(hours=1), uid=LAST)) == NOW


def test_after_a_start_every_source_waits_for_its_own_place_in_the_interval() -> None:
    started = Moment(NOW, NOW)
    assert due(source(evidence_ts=LONG_AGO), started) == NOW
    assert due(source(evidence_ts=None), started) == NOW
    assert due(source(evidence_ts=LONG_AGO, uid=LAST), started) > NOW + seconds(59)


def test_after_a_start_that_took_a_moment_the_rhythm_is_kept() -> None:
    one = source(evidence_ts=NOW - seconds(70))
    assert due(one, Moment(NOW, NOW)) == due(one)


def test_a_first_place_does_not_move_while_the_process_lives() -> None:
    one = source(evidence_ts=None, uid=UUID(int=0x8000_0000))
    begun = NOW - seconds(20)
    assert due(one, Moment(NOW, begun)) == due(one, Moment(NOW - seconds(15), begun)) == begun + seconds(30)


def test_nothing_is_due_while_somebody_works_on_the_source() -> None:
    window = {"maintenance_from": NOW - seconds(5), "maintenance_until": NOW + seconds(500)}
    assert due(source(evidence_ts=LONG_AGO, **window)) == NOW + seconds(500)
    over = {"maintenance_from": NOW - seconds(50), "maintenance_until": NOW}
    assert due(source(evidence_ts=NOW - seconds(100), **over)) <= NOW


def test_a_maintenance_that_has_not_begun_holds_nothing_back() -> None:
    window = {"maintenance_from": NOW + seconds(5), "maintenance_until": NOW + seconds(500)}
    assert due(source(evidence_ts=NOW - seconds(100), **window)) <= NOW


def test_an_open_breaker_is_waited_for() -> None:
    overdue = source(evidence_ts=NOW - seconds(100))
    assert due(overdue, local=Local(state=BreakerState.OPEN, wait_s=12.0)) == NOW + seconds(12)
    assert due(overdue, local=Local(state=BreakerState.OPEN, wait_s=0.0)) <= NOW


def test_a_breaker_that_a_person_holds_open_ends_the_checks_and_a_disabled_one_does_not() -> None:
    overdue = source(evidence_ts=NOW - seconds(100))
    assert due(overdue, local=Local(state=BreakerState.FORCED_OPEN, wait_s=60.0)) is None
    assert due(overdue, local=Local(state=BreakerState.DISABLED)) <= NOW


def test_a_check_that_proved_nothing_is_not_repeated_before_its_interval_is_over() -> None:
    assert due(source(evidence_ts=None), local=Local(tried=NOW - seconds(20))) == NOW + seconds(40)


def test_a_clock_that_was_set_back_stalls_nothing() -> None:
    assert due(source(evidence_ts=NOW + timedelta(days=1))) <= NOW


def test_the_longest_overdue_comes_first_and_what_gets_no_check_is_left_out() -> None:
    some = [source(number, evidence_ts=NOW - seconds(age)) for number, age in enumerate((70, 500, 10, 30))]
    held = {2: Local(state=BreakerState.FORCED_OPEN)}
    plan = planned(some, RUNNING, INTERVAL_S, lambda one: held.get(one.id, Local()))
    assert plan == [(due(some[number]), some[number]) for number in (1, 0, 3)]


def test_a_thousand_sources_of_one_moment_do_not_stay_together() -> None:
    random = Random(7)  # noqa: S311 - no secret
    uids = [UUID(int=random.getrandbits(128)) for _ in range(1000)]
    times = dict.fromkeys(uids, NOW)
    for _ in range(12):
        times = {uid: due(source(uid=uid, evidence_ts=ts), Moment(ts, LONG_AGO)) for uid, ts in times.items()}
    in_one_second = Counter(int(ts.timestamp()) for ts in times.values())
    assert max(in_one_second.values()) < 300


moments = st.datetimes(NOW.replace(tzinfo=None), (NOW + timedelta(days=9)).replace(tzinfo=None), timezones=st.just(UTC))


@given(st.uuids(), st.floats(5, 86_400), moments)
def test_no_source_is_checked_twice_in_an_interval_nor_much_later(uid: UUID, interval: float, ts: datetime) -> None:
    found = due(source(uid=uid, interval_s=interval, evidence_ts=ts), Moment(ts, LONG_AGO))
    assert seconds(interval) <= found - ts <= seconds(interval * (1 + DRIFT)) + timedelta(microseconds=1)


@given(st.uuids(), st.floats(0, 1e6), st.none() | st.floats(0, 1e6), st.floats(0, 1e6))
def test_every_source_comes_at_last(uid: UUID, up_s: float, age_s: float | None, changed_s: float) -> None:
    """Whatever is known of it, it is due within the interval and the drift."""
    ts = None if age_s is None else NOW - seconds(age_s)
    one = source(uid=uid, evidence_ts=ts, changed_at=NOW - seconds(changed_s))
    assert due(one, Moment(NOW, NOW - seconds(up_s))) <= NOW + seconds(INTERVAL_S * (1 + DRIFT) + SOON_S)


@pytest.mark.parametrize("lag_s", [0.0, 0.05, 3.0])
def test_a_source_that_answers_late_keeps_its_rhythm(lag_s: float) -> None:
    """Its check drifts by what it takes, never by half an interval."""
    ts, start = NOW, NOW
    for _ in range(100):
        ts = due(source(uid=UUID(int=0x8000_0000), evidence_ts=ts), Moment(ts, LONG_AGO)) + seconds(lag_s)
    mean = (ts - start).total_seconds() / 100
    assert INTERVAL_S <= mean <= INTERVAL_S + lag_s + DRIFT * INTERVAL_S
