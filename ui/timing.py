"""When a source is checked and when not: its interval, its maintenance."""

from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from core.i18n import Translator
from core.models import Source
from ui.runtime import runtime

CHOICES = {
    "half_hour": timedelta(minutes=30),
    "hour": timedelta(hours=1),
    "two_hours": timedelta(hours=2),
    "four_hours": timedelta(hours=4),
    "eight_hours": timedelta(hours=8),
    "day": timedelta(days=1),
}
KEEP, END = "keep", "end"


def timing_form(source: Source, t: Translator) -> dict[str, Any]:
    """The part of a patch that says when: nothing of what stays as it is."""
    left, right = st.columns(2)
    with left:
        every = _interval(source, t)
    with right:
        return every | _maintenance(source, t)


def said(source: Source, t: Translator) -> str:
    """Of a window that is not over; empty without one."""
    window, now = source.maintenance, datetime.now(UTC)
    if window is None or window.until <= now:
        return ""
    until = t.moment(window.until, now)
    if window.covers(now):
        return t.text("source.maintenance", until=until)
    return t.text("source.maintenance.planned", start=t.moment(window.start, now), until=until)


def interval(source: Source, t: Translator) -> str:
    """How often it is checked on schedule."""
    default_s = runtime().settings.check_interval_s
    if not default_s:
        return t.text("source.fact.interval.off")
    return t.text("source.fact.interval.value", period=t.period(source.check_interval_s or default_s))


def _interval(source: Source, t: Translator) -> dict[str, Any]:
    label, how = t.text("source.edit.interval"), t.text("source.edit.interval.help")
    present = source.check_interval_s
    wanted = st.number_input(label, 5.0, 86_400.0, present, 1.0, "%g", help=how, key="edit_interval")
    return {} if wanted == present else {"check_interval_s": wanted}


def _maintenance(source: Source, t: Translator) -> dict[str, Any]:
    now, present = datetime.now(UTC), said(source, t)
    options = [KEEP, *([END] if present else []), *CHOICES]
    words = {KEEP: present or t.text("source.edit.maintenance.none"), END: t.text("source.edit.maintenance.end")}
    words |= {name: t.text(f"source.edit.maintenance.{name}") for name in CHOICES}
    label, how = t.text("source.edit.maintenance"), t.text("source.edit.maintenance.help")
    chosen = st.selectbox(label, options, format_func=words.__getitem__, help=how, key="edit_maintenance")
    if chosen == END:
        return {"maintenance": None}
    if chosen not in CHOICES:
        return {}
    return {"maintenance": {"from": now.isoformat(), "until": (now + CHOICES[chosen]).isoformat()}}
