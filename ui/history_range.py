"""Which range of history a page shows: chosen with a button or day by day, kept in the address."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import streamlit as st

from core.i18n import Translator
from core.services.spans import ends_of_days
from ui import addressed, day, state
from ui.day import CUSTOM

PARAM, AT = "range", "at"
KEPT_DAYS = 730
"""How far back history goes."""
DEFAULT = "24h"
YEARS = 2000, 2100
"""A moment of other years is none of ours, and near the end of the calendar no range is left around it."""


def chosen(ranges: Mapping[str, timedelta], key: str, t: Translator) -> str:
    """The name of the range, CUSTOM among them: as pressed, else as the address has it, else DEFAULT."""
    names = [*ranges, CUSTOM]
    key = state.in_words(key, t.lang)
    addressed.followed(PARAM, key, names, DEFAULT)
    picked = st.segmented_control(
        t.text("history.range"),
        names,
        format_func=lambda name: t.text(f"history.range.{name}"),
        label_visibility="collapsed",
        required=True,
        key=key,
    )
    return picked or DEFAULT


def ends(name: str, ranges: Mapping[str, timedelta], now: datetime, t: Translator) -> tuple[datetime, datetime]:
    """The range up to now, or around the moment in the address; of CUSTOM the days that are chosen here."""
    if name == CUSTOM:
        return _chosen_days(now, t)
    addressed.stands({PARAM: name, **day.in_address(None)}, DEFAULT)
    length = ranges[name]
    at = moment_in_address()
    if at is None:
        return now - length, now
    until = min(now, at + length / 2)
    return until - length, until


def _chosen_days(now: datetime, t: Translator) -> tuple[datetime, datetime]:
    days = day.days_between("history", t, now, KEPT_DAYS)
    addressed.stands({PARAM: CUSTOM, AT: "", **day.in_address(days)})
    return ends_of_days(*days, t.zone, now)


def show_moment(t: Translator) -> None:
    """Says around which moment the range lies, and how to come back to now."""
    at = moment_in_address()
    if at is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(t.text("history.around", when=t.datetime(at)), width="content")
        st.button(t.text("history.to_now"), type="tertiary", on_click=_forget_moment, key="history_now")


def _forget_moment() -> None:
    st.query_params.pop(AT, None)


def moment_in_address() -> datetime | None:
    """`?at=`, an ISO 8601 time with its zone, of this century; None for anything else."""
    try:
        at = datetime.fromisoformat(st.query_params.get(AT, ""))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo and YEARS[0] <= at.year < YEARS[1] else None
