"""What a person sets on a breaker: it outranks the count, outlives the process, and reaches every other one."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import BreakerOpen, InvalidInput
from core.models import Actor, BreakerConfig, BreakerState, Event, Role, Source, SourceDraft, Status
from tests.fakes import Step
from tests.services.assembly import Product, product
from tests.services.test_sources import DRAFT, create, get, ping

EDITOR = Actor("مریم", {"main": Role.EDITOR})
LIMIT_S = 60
"""Only so that a hold that never arrives ends the test: nothing is measured."""


def order(made: Product, source: Source, action: str, reason: str = "تعمیرات") -> Source:
    said = {"action": action, "reason": reason}
    return made.runtime.run(made.runtime.sources.set_breaker(EDITOR, "main", source.id, said))


def told(made: Product, source: Source) -> list[tuple[str, Any, Any]]:
    """Type, from and to of each event, oldest first."""
    return [(e.type, e.data.get("from"), e.data.get("to")) for e in reversed(of_the_source(made, source))]


def of_the_source(made: Product, source: Source) -> list[Event]:
    """What happened to it, newest first; incidents are another story."""
    events = made.runtime.run(made.runtime.sources.events(EDITOR, "main", source.id))
    return [event for event in events if event.type != "incident"]


def eventually(done: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_S
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_held_open_it_refuses_and_nothing_reaches_the_source(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        held = order(made, source, "force_open", "  تعمیرات  ")
        assert (held.state, held.status, held.retry_after_s) == (BreakerState.FORCED_OPEN, Status.SUSPENDED, None)
        assert held.hold is not None
        assert (held.hold.actor, held.hold.reason, held.breaker_since) == ("مریم", "تعمیرات", held.hold.ts)
        made.clock.advance(100_000)
        with pytest.raises(BreakerOpen) as refusal:
            ping(made, source)
        assert (refusal.value.state, refusal.value.retry_after) == (BreakerState.FORCED_OPEN, 60)
        assert made.other_end.requests == []


def test_disabled_it_admits_everything_and_counts_nothing(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made, SourceDraft("fake", "orders", {"host": "there"}, breaker=BreakerConfig(1, 30)))
        order(made, source, "disable")
        made.other_end.will(Step.FAIL)
        for _ in range(4):
            assert not ping(made, source).ok
        seen = get(made, source)
        assert (seen.state, seen.status, seen.failures) == (BreakerState.DISABLED, Status.ERROR, 0)
        assert len(made.other_end.requests) == 12


def test_a_reset_ends_a_hold_and_forgets_the_count(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        made.other_end.will(Step.FAIL)
        ping(made, source)
        assert get(made, source).failures == 3
        order(made, source, "force_open")
        after = order(made, source, "reset")
        assert (after.state, after.failures, after.hold) == (BreakerState.CLOSED, 0, None)
        made.other_end.will(Step.OK)
        assert ping(made, source).ok


def test_a_reset_lets_an_open_one_go_before_its_time(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        made.other_end.will(Step.FAIL)
        ping(made, source)
        ping(made, source)
        order(made, source, "reset")
        made.other_end.will(Step.OK)
        assert ping(made, source).ok


@pytest.mark.parametrize(
    ("action", "state"), [("force_open", BreakerState.FORCED_OPEN), ("disable", BreakerState.DISABLED)]
)
def test_a_hold_outlives_the_process_with_who_and_why(tmp_path: Path, action: str, state: BreakerState) -> None:
    with product(tmp_path) as made:
        source = create(made)
        before = order(made, source, action)
    with product(tmp_path) as made:
        [listed] = made.runtime.run(made.runtime.sources.list(EDITOR, "main")).items
        assert (listed.state, listed.hold, listed.breaker_since) == (state, before.hold, before.breaker_since)
        order(made, source, "reset")
    with product(tmp_path) as made:
        assert (get(made, source).state, get(made, source).hold) == (BreakerState.CLOSED, None)


def test_another_process_on_the_same_database_follows_there_and_back(tmp_path: Path) -> None:
    with product(tmp_path) as made, product(tmp_path) as other:
        source = create(made)
        assert ping(other, source).ok
        order(made, source, "force_open")
        eventually(lambda: get(other, source).state is BreakerState.FORCED_OPEN)
        assert get(other, source).hold == get(made, source).hold
        with pytest.raises(BreakerOpen):
            ping(other, source)
        order(other, source, "reset")
        eventually(lambda: get(made, source).state is BreakerState.CLOSED)
        assert [event for event in told(made, source) if event[0] != "status"] == [
            ("hold", "closed", "forced_open"),
            ("hold", "forced_open", "closed"),
        ]


def test_a_reset_reaches_the_count_of_another_process(tmp_path: Path) -> None:
    with product(tmp_path) as made, product(tmp_path) as other:
        source = create(made)
        other.other_end.will(Step.FAIL)
        ping(other, source)
        ping(other, source)
        assert get(other, source).state is BreakerState.OPEN
        order(made, source, "reset")
        eventually(lambda: get(other, source).state is BreakerState.CLOSED)


def test_a_hold_that_another_process_set_holds_a_source_met_only_then(tmp_path: Path) -> None:
    with product(tmp_path) as made, product(tmp_path) as other:
        source = create(made)
        order(made, source, "force_open")
        eventually(lambda: bool(other.runtime.sources._live._holds))  # nothing above shows a source that was not met
        assert get(other, source).state is BreakerState.FORCED_OPEN


def test_another_configuration_does_not_end_a_hold(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        order(made, source, "force_open")
        changes = {"config": {"host": "elsewhere", "password": None}, "breaker": {"failure_threshold": 9}}
        changed = made.runtime.run(made.runtime.sources.update(EDITOR, "main", source.id, changes))
        assert (changed.state, changed.hold is not None) == (BreakerState.FORCED_OPEN, True)


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, ["action", "reason"]),
        ({"action": "open", "reason": "x"}, ["action"]),
        ({"action": None, "reason": "x"}, ["action"]),
        ({"action": "reset"}, ["reason"]),
        ({"action": "reset", "reason": " \n "}, ["reason"]),
        ({"action": "reset", "reason": "x" * 501}, ["reason"]),
        ({"action": "reset", "reason": 1}, ["reason"]),
        ({"action": "reset", "reason": "x", "until": 5}, ["until"]),
    ],
)
def test_a_wrong_order_is_named_and_sets_nothing(tmp_path: Path, said: dict[str, Any], fields: list[str]) -> None:
    with product(tmp_path) as made:
        source = create(made)
        with pytest.raises(InvalidInput) as refusal:
            made.runtime.run(made.runtime.sources.set_breaker(EDITOR, "main", source.id, said))
        assert [field.field for field in refusal.value.fields] == fields
        assert told(made, source) == []


def test_every_change_of_the_breaker_is_one_event_whoever_made_it(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made, SourceDraft("fake", "orders", {"host": "there"}, breaker=BreakerConfig(1, 30)))
        made.other_end.will(Step.FAIL)
        ping(made, source)
        made.clock.advance(30)
        made.other_end.will(Step.OK)
        made.runtime.run(made.runtime.sources.sample(Actor("x", {"main": Role.ANALYST}), "main", source.id, {}))
        order(made, source, "disable")
        order(made, source, "reset")
        assert told(made, source) == [
            ("breaker", "closed", "open"),
            ("breaker", "open", "half_open"),
            ("breaker", "half_open", "closed"),
            ("status", None, None),
            ("hold", "closed", "disabled"),
            ("hold", "disabled", "closed"),
        ]


def test_a_probe_that_fails_all_day_takes_two_rows(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made)
        made.other_end.will(Step.FAIL)
        ping(made, source)
        ping(made, source)
        for _ in range(20):
            made.clock.advance(30)
            ping(made, source)
        events = of_the_source(made, source)
        assert [(e.data.get("to"), e.data.get("times")) for e in reversed(events)] == [
            (None, None),
            ("open", None),
            ("half_open", 20),
            ("open", 20),
        ]
        assert all(e.data["since"] for e in events[:2])


def test_a_probe_that_fails_otherwise_is_told(tmp_path: Path) -> None:
    with product(tmp_path) as made:
        source = create(made, DRAFT)
        made.other_end.will(Step.FAIL)
        ping(made, source)
        ping(made, source)
        for step in (Step.FAIL, Step.DEFECT):
            made.other_end.will(step)
            made.clock.advance(30)
            ping(made, source)
        assert told(made, source)[2:] == [
            ("breaker", "half_open", "open"),
            ("breaker", "open", "half_open"),
            ("breaker", "half_open", "open"),
        ]
