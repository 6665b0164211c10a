"""Notes as people and programs give them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import InvalidInput
from core.models import Note
from core.services.inputs import parse_note

NOW = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
PRESENT = Note("in repair", "mina", NOW - timedelta(minutes=5), LATER)


def test_it_is_its_authors_and_its_time_is_kept_in_utc() -> None:
    sent = {"text": " in repair ", "until": "2026-03-21T14:00:00+03:30"}
    assert parse_note(sent, None, "mina", NOW) == Note("in repair", "mina", NOW, LATER)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"text": "done soon"}, ("done soon", LATER)),
        ({"until": None}, ("in repair", None)),
        ({"until": "2026-03-21T12:30:00Z"}, ("in repair", NOW + timedelta(hours=4))),
    ],
)
def test_what_is_not_sent_stays(sent: dict[str, Any], said: tuple[str, datetime | None]) -> None:
    note = parse_note(sent, PRESENT, "navid", NOW)
    assert note is not None
    assert ((note.text, note.until), note.author, note.ts) == (said, "navid", NOW)


@pytest.mark.parametrize("sent", [{}, {"text": "in repair"}, {"until": LATER.isoformat()}])
def test_what_says_nothing_new_stays_its_authors(sent: dict[str, Any]) -> None:
    assert parse_note(sent, PRESENT, "navid", NOW) is PRESENT


def test_of_a_note_that_is_over_nothing_stays() -> None:
    over = Note("in repair", "mina", NOW - timedelta(days=1), NOW)
    assert parse_note({"text": "again"}, over, "navid", NOW) == Note("again", "navid", NOW)
    with pytest.raises(InvalidInput):
        parse_note({"until": None}, over, "navid", NOW)


@pytest.mark.parametrize(
    ("sent", "field", "key"),
    [
        ({}, "text", "field.missing"),
        ({"text": "a\0b"}, "text", "field.no_nul"),
        ({"text": "x", "until": "2026-03-21T08:30:00Z"}, "until", "field.note_over"),
        ({"text": "x", "until": "2026-03-21T14:00:00"}, "until", "field.moment"),
    ],
)
def test_a_wrong_note_is_named(sent: dict[str, Any], field: str, key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_note(sent, None, "mina", NOW)
    [error] = refused.value.fields
    assert (error.field, error.message.key) == (f"note.{field}", key)
