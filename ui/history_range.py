"""Which range of history a page shows: chosen with a button, kept in the address."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import streamlit as st

from core.i18n import Translator
from ui import state

PARAM, AT = "range", "at"


def chosen(ranges: Mapping[str, timedelta], default: str, key: str, t: Translator) -> str:
    """The name of the range: as pressed, else as the address has it, else `default`."""
    key = state.in_words(key, t.lang)
    if key not in st.session_state:
        asked = st.query_params.get(PARAM)
        st.session_state[key] = asked if asked in ranges else default
    picked = st.segmented_control(
        t.text("history.range"),
        list(ranges),
        format_func=lambda name: t.text(f"history.range.{name}"),
        label_visibility="collapsed",
        required=True,
        key=key,
    )
    name = picked or default
    if name != st.query_params.get(PARAM, default):
        st.query_params[PARAM] = name
    return name


def ends(length: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """The range up to now, or around the moment in the address."""
    at = moment_in_address()
    if at is None:
        return now - length, now
    until = min(now, at + length / 2)
    return until - length, until


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
    """`?at=`, an ISO 8601 time with its zone; None for anything else."""
    try:
        at = datetime.fromisoformat(st.query_params.get(AT, ""))
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
