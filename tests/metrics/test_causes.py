"""What makes troubles of several sources one incident."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.causes import Board, Case, Trouble
from core.models import Cause

NOW = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)
ORG = 1


def trouble(reason: str, host: str = "", late_s: float = 0, **args: Any) -> Trouble:
    """`reason` as errors have it: `unreachable.refused`."""
    told = {"code": reason.partition(".")[0], "message": {"key": f"error.{reason}", "args": args}}
    return Trouble(NOW + timedelta(seconds=late_s), host, told)


def joined(*troubles: Trouble, every_s: float = 0) -> list[Case]:
    """The incidents that sources 1, 2, … make, one after the other."""
    board = Board([])
    for number, each in enumerate(troubles):
        board.open(ORG, number, uuid4(), each, NOW + timedelta(seconds=number * every_s))
    return board.cases


def cause(*troubles: Trouble) -> tuple[Cause, str] | None:
    """What they have in common, None where they are incidents of their own."""
    cases = joined(*troubles)
    return (cases[0].cause, cases[0].cause_key) if len(cases) == 1 else None


def test_one_source_is_an_incident_of_its_own() -> None:
    uid, board = uuid4(), Board([])
    case = board.open(ORG, 7, uid, trouble("timeout", "db1", -30), NOW)
    assert case is not None
    assert (case.cause, case.cause_key, case.code) == (Cause.SOURCE, str(uid), "timeout")
    assert (case.opened_at, case.joined_at) == (NOW - timedelta(seconds=30), NOW)


def test_the_certificate_comes_before_the_host() -> None:
    one, other = (trouble("tls_invalid.expired", "db1", port=port) for port in (5432, 443))
    assert cause(one, other) == (Cause.CERTIFICATE, "db1")
    shown = [trouble("tls_invalid.expired_shown", host, certificate="ab12") for host in ("db1", "db2")]
    assert cause(*shown) == (Cause.CERTIFICATE, "ab12")


def test_tls_that_fails_without_a_certificate_is_the_hosts() -> None:
    assert cause(trouble("tls_invalid.handshake", "db1"), trouble("timeout.connect", "db1")) == (Cause.HOST, "db1")


def test_a_host_that_is_down_is_one_incident_however_it_shows() -> None:
    assert cause(trouble("unreachable.refused", "db1"), trouble("timeout", "db1", 90)) == (Cause.HOST, "db1")


@pytest.mark.parametrize("reason", ["auth_failed.password", "permission_denied", "not_found_in_source.database"])
def test_what_the_host_answered_itself_is_not_the_hosts_fault(reason: str) -> None:
    assert cause(trouble("unreachable.refused", "db1"), trouble(reason, "db1")) is None


def test_one_class_of_failure_at_one_time_is_one_incident() -> None:
    alike = [trouble("auth_failed.password", host, late) for host, late in (("db1", 0), ("db2", 60))]
    assert cause(*alike) == (Cause.CLASS, "auth_failed.password")
    assert cause(alike[0], trouble("auth_failed.password", "db2", 61)) is None
    assert cause(alike[0], trouble("auth_failed.token", "db2")) is None


def test_sources_without_a_host_do_not_share_one() -> None:
    assert cause(trouble("unreachable.refused"), trouble("timeout")) is None


def test_a_trouble_of_which_nothing_is_known_joins_nothing() -> None:
    (first, second) = joined(Trouble(NOW, "db1"), Trouble(NOW, "db1"))
    assert (first.code, len(first.members), len(second.members)) == ("circuit_open", 1, 1)


def test_the_cause_widens_until_it_holds_for_every_source() -> None:
    at_one, at_other = (trouble("unreachable.refused", host) for host in ("db1", "db2"))
    assert cause(at_one, at_one) == (Cause.HOST, "db1")
    assert cause(at_one, at_one, at_other) == (Cause.CLASS, "unreachable.refused")
    # What was joined by its class is no longer one host's, even for that host's next source.
    (wide, own) = joined(at_one, at_one, at_other, trouble("timeout", "db1"))
    assert (len(wide.members), own.cause) == (3, Cause.SOURCE)


def test_of_several_incidents_the_narrowest_cause_wins() -> None:
    board = Board([])
    board.open(ORG, 1, uuid4(), trouble("timeout", "db1"), NOW)
    board.open(ORG, 2, uuid4(), trouble("unreachable.refused", "db2"), NOW)
    case = board.open(ORG, 3, uuid4(), trouble("unreachable.refused", "db1"), NOW)
    assert case is board.cases[0]
    assert case.cause is Cause.HOST


@pytest.mark.parametrize(("seconds", "count"), [(120, 1), (121, 2)])
def test_companions_join_until_two_minutes_after_the_last_one(seconds: float, count: int) -> None:
    down = trouble("unreachable.refused", "db1")
    assert len(joined(down, down, every_s=seconds)) == count
    assert len(joined(down, down, down, down, every_s=seconds)) == (1 if count == 1 else 4)


def test_organisations_share_no_incident() -> None:
    board, down = Board([]), trouble("unreachable.refused", "db1")
    for org in (1, 2):
        board.open(org, org, uuid4(), down, NOW)
    assert [case.org_id for case in board.cases] == [1, 2]


def test_it_ends_with_its_last_source_and_takes_nobody_then() -> None:
    board, down = Board([]), trouble("unreachable.refused", "db1")
    for source in (1, 2):
        board.open(ORG, source, uuid4(), down, NOW)
    (case,) = board.cases
    assert board.close(2, NOW + timedelta(seconds=50)) is case
    assert (case.closed_at, case.open_members) == (None, 1)
    board.close(1, NOW + timedelta(seconds=40))
    assert (case.closed_at, case.open_members) == (NOW + timedelta(seconds=50), 0)
    assert board.open(ORG, 2, uuid4(), down, NOW + timedelta(seconds=60)) is not case
    assert board.close(1, NOW) is None


def test_who_fails_again_while_it_is_open_is_back_in_it_however_late() -> None:
    board, down = Board([]), trouble("unreachable.refused", "db1")
    for source in (1, 2):
        board.open(ORG, source, uuid4(), down, NOW)
    board.close(2, NOW + timedelta(seconds=50))
    again = trouble("auth_failed.password", "db1", 9000)
    (case,) = board.cases
    assert board.open(ORG, 2, uuid4(), again, NOW + timedelta(hours=3)) is case
    member = case.members[2]
    assert (member.opened_at, member.closed_at, member.trouble) == (NOW, None, again)
    assert board.open(ORG, 2, uuid4(), again, NOW + timedelta(hours=4)) is None
    assert len(board.cases) == 1


def test_the_cause_of_who_comes_back_for_another_reason_holds_for_all_or_is_none() -> None:
    board, both = Board([]), ("db1", "db1")
    for source, host in enumerate(both):
        board.open(ORG, source, uuid4(), trouble("unreachable.refused", host), NOW)
    (case,) = board.cases
    assert (case.cause, case.cause_key) == (Cause.HOST, "db1")
    board.close(1, NOW + timedelta(seconds=50))
    board.open(ORG, 1, uuid4(), trouble("unreachable.refused", "db2", 9000), NOW + timedelta(hours=3))
    assert (case.cause, case.cause_key) == (Cause.CLASS, "unreachable.refused")
    board.close(1, NOW + timedelta(hours=4))
    board.open(ORG, 1, uuid4(), trouble("auth_failed.password", "db2", 18000), NOW + timedelta(hours=5))
    assert case.cause is Cause.SOURCE


steps = st.tuples(
    st.integers(1, 6),
    st.booleans(),
    st.sampled_from(["unreachable.refused", "timeout", "auth_failed.password", "tls_invalid.expired"]),
    st.sampled_from(["db1", "db2", ""]),
    st.integers(0, 90),
)


@given(st.lists(steps, max_size=40))
def test_whatever_happens_a_source_is_in_one_open_incident_and_each_cause_holds(story: list[Any]) -> None:
    board, now = Board([]), NOW
    for source, opens, reason, host, wait in story:
        now += timedelta(seconds=wait)
        if opens:
            board.open(ORG, source, uuid4(), Trouble(now, host, trouble(reason).diagnosis), now)
        else:
            board.close(source, now)
        for case in board.cases:
            assert (case.closed_at is None) is (case.open_members > 0)
            assert case.opened_at == min(member.opened_at for member in case.members.values())
            if case.cause is not Cause.SOURCE:
                assert len(case.members) > 1
                assert {each.trouble.keys().get(case.cause) for each in case.members.values()} == {case.cause_key}
        still = [key for case in board.cases for key, each in case.members.items() if each.closed_at is None]
        assert len(still) == len(set(still))
