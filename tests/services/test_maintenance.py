"""Windows of maintenance as people and programs give them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import InvalidInput
from core.models import Maintenance
from core.services.maintenance import as_data, parse_maintenance

NOW = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)
WINDOW = Maintenance(NOW - timedelta(hours=1), NOW + timedelta(hours=1))


def test_it_is_kept_in_utc() -> None:
    sent = {"from": "2026-03-21T12:00:00+03:30", "until": "2026-03-21T10:00:00Z"}
    assert parse_maintenance(sent, None, NOW) == Maintenance(NOW, NOW + timedelta(minutes=90))


def test_without_a_beginning_it_begins_now() -> None:
    assert parse_maintenance({"until": "2026-03-21T14:00:00+03:30"}, None, NOW) == Maintenance(
        NOW, NOW + timedelta(hours=2)
    )


def test_null_clears_it() -> None:
    assert parse_maintenance(None, WINDOW, NOW) is None


def test_a_window_that_is_going_on_keeps_what_is_not_sent() -> None:
    longer = parse_maintenance({"until": "2026-03-21T12:00:00Z"}, WINDOW, NOW)
    assert longer == Maintenance(WINDOW.start, NOW + timedelta(hours=3, minutes=30))
    assert parse_maintenance({}, WINDOW, NOW) == WINDOW


def test_a_window_that_is_over_keeps_nothing() -> None:
    over = Maintenance(NOW - timedelta(days=90), NOW - timedelta(days=89))
    assert parse_maintenance({"until": "2026-03-21T14:00:00+03:30"}, over, NOW) == Maintenance(
        NOW, NOW + timedelta(hours=2)
    )


def test_what_is_shown_can_be_sent_back() -> None:
    assert parse_maintenance(as_data(WINDOW), None, NOW) == WINDOW


def test_thirty_days_are_the_longest() -> None:
    assert parse_maintenance({"until": "2026-04-20T08:30:00Z"}, None, NOW) is not None


@pytest.mark.parametrize(
    ("sent", "field", "key"),
    [
        ({}, "until", "field.missing"),
        ({"until": None}, "until", "field.moment"),
        ({"until": "2026-03-21T14:00:00"}, "until", "field.moment"),
        ({"until": "2026-03-21"}, "until", "field.moment"),
        ({"until": "1800000000"}, "until", "field.moment"),
        ({"until": 1_800_000_000}, "until", "field.moment"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "until", "field.moment"),
        ({"until": "2026-02-30T00:00:00Z"}, "until", "field.moment"),
        ({"from": "tomorrow", "until": "2026-03-21T14:00:00Z"}, "from", "field.moment"),
        ({"until": "2026-03-21T08:30:00Z"}, "until", "field.until_before_from"),
        ({"from": "2026-03-22T08:30:00Z", "until": "2026-03-22T08:29:00Z"}, "until", "field.until_before_from"),
        ({"until": "2026-04-20T08:30:01Z"}, "until", "field.maintenance_long"),
        ({"until": "2026-03-21T14:00:00Z", "why": "x"}, "why", "field.extra_forbidden"),
    ],
)
def test_a_wrong_window_is_named(sent: dict[str, Any], field: str, key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_maintenance(sent, None, NOW)
    [error] = refused.value.fields
    assert (error.field, error.message.key) == (f"maintenance.{field}", key)
