"""What happened to a source, newest first: its breaker, its status, and what people set."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from itertools import groupby

import streamlit as st

from core.i18n import Translator
from core.models import Event, Message
from ui.breaker import actor_name
from ui.widgets import html

SHOWN = 12
MARKS = {"open": "bad", "opened": "bad", "error": "bad", "closed": "good", "healthy": "good", "half_open": "wait"}
BY_PEOPLE = frozenset({"hold", "note"})


def timeline(events: Sequence[Event], t: Translator) -> None:
    if not events:
        st.caption(t.text("source.events.none"))
        return
    _days(events[:SHOWN], t)
    if len(events) > SHOWN:
        with st.expander(t.plural("source.events.older", len(events) - SHOWN)):
            _days(events[SHOWN:], t)


def sentence(event: Event, t: Translator) -> str:
    """What happened, in words; `event.<type>` for what has no sentence of its own."""
    data = event.data
    match event.type:
        case "breaker":
            states = {
                name: t.text_or(f"state.{data.get(key)}", "") for name, key in (("before", "from"), ("after", "to"))
            }
            own = f"event.breaker.{data.get('from')}.{data.get('to')}"
            return t.text(own if own in t else "event.breaker", **states)
        case "hold":
            return t.text(f"event.hold.{data['action']}", actor=actor_name(data["actor"], t))
        case "note":
            return t.text("event.note" if data["text"] else "event.note.taken", actor=actor_name(data["actor"], t))
        case "status":
            return t.text("event.status", status=str(data.get("status", "")))
        case "incident":
            return _incident(data["to"], data["sources"], t)
    return t.text_or(f"event.{event.type}", event.type)


def _incident(to: str, sources: int, t: Translator) -> str:
    """`sources` is how many are in trouble since."""
    if to == "opened":
        return t.plural("event.incident.opened", sources)
    return t.plural("event.incident.left", sources) if sources else t.text("event.incident.closed")


def _days(events: Sequence[Event], t: Translator) -> None:
    html("".join(_day(day, list(those), t) for day, those in groupby(events, key=lambda event: t.date(event.ts))))


def _day(day: str, events: Sequence[Event], t: Translator) -> str:
    items = "".join(_item(event, t) for event in events)
    return f"<p class='day'>{escape(day)}</p><ol class='timeline'>{items}</ol>"


def _item(event: Event, t: Translator) -> str:
    mark = (
        "person"
        if event.type in BY_PEOPLE
        else MARKS.get(str(event.data.get("to") or event.data.get("status")), "wait")
    )
    when = f"<time datetime='{event.ts.isoformat()}'>{escape(t.clock(event.ts, seconds=True))}</time>"
    more = "".join(f"<span>{escape(line)}</span>" for line in _details(event, t))
    return f"<li class='is-{mark}'>{when}<div><b>{escape(sentence(event, t))}</b>{more}</div></li>"


def _details(event: Event, t: Translator) -> Iterator[str]:
    data = event.data
    if "reason" in data:
        yield f"{t.text('breaker.reason')}: {t.isolated(str(data['reason']))}"
    if data.get("text"):
        yield t.isolated(str(data["text"]))
    if data.get("until"):
        yield t.text("note.until", until=t.moment(datetime.fromisoformat(data["until"]), event.ts))
    if "diagnosis" in data:
        told = data["diagnosis"]["message"]
        yield t.message(Message(told["key"], told["args"]))
    if "times" in data:
        since = t.moment(datetime.fromisoformat(data["since"]), event.ts)
        yield t.plural("event.times", data["times"], since=since)
