"""A day, and a stretch of days, chosen in the reader's own calendar: in Persian by year, month and day."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import streamlit as st

from core.i18n import Translator, jalali
from ui import addressed, state

PARTS = ("year", "month", "day")
CUSTOM = "custom"
"""What a choice of ranges calls the one whose days are chosen."""
FIRST_DAYS = 7
"""So many days a stretch has before somebody chooses."""
FROM, TO = "from", "to"
"""In the address: the ends of a stretch."""


def day_input(label: str, key: str, t: Translator, first: date, last: date, value: date | None = None) -> date | None:
    """None until it is chosen. Browsers know no calendar but the Gregorian one: without words of its own it is theirs.

    It begins with `value`, and has it again after a step back or forward. What is chosen by its parts may lie before
    `first` or after `last`, in the same year.
    """
    key = state.in_words(key, t.lang)
    if t.jalali:
        return _by_parts(label, key, t, range(jalali.of(first).year, jalali.of(last).year + 1), value)
    if value is not None and addressed.came_back():
        st.session_state[key] = value
    chosen = st.date_input(label, value, first, last, format="YYYY-MM-DD", key=key)
    return chosen if isinstance(chosen, date) else None


def days_between(key: str, t: Translator, now: datetime, back_days: int) -> tuple[date, date]:
    """The first and the last day of a stretch in the last `back_days` days; what is cut off is said.

    It begins as the address has it, else with the last FIRST_DAYS days.
    """
    last = now.astimezone(t.zone).date()
    first = last - timedelta(days=back_days)
    wanted = [_asked(FROM) or last - timedelta(days=FIRST_DAYS - 1), _asked(TO) or last]
    present = [min(max(each, first), last) for each in wanted]
    begin_side, end_side = st.columns(2)
    with begin_side:
        begin = day_input(t.text("day.from"), f"{key}_from", t, first, last, present[0]) or present[0]
    with end_side:
        end = day_input(t.text("day.to"), f"{key}_to", t, first, last, present[1]) or present[1]
    if begin > end:
        st.warning(t.text("day.reversed"), icon=":material/swap_horiz:")
        begin, end = end, begin
    if present != wanted or begin < first or end > last:
        ends = {"first": t.date(t.midnight(first)), "last": t.date(t.midnight(last))}
        st.warning(t.text("day.cut", **ends), icon=":material/content_cut:")
    return min(max(begin, first), last), min(max(end, first), last)


def in_address(days: tuple[date, date] | None) -> dict[str, str]:
    """What of a stretch stands in the address; without one nothing does."""
    return dict(zip((FROM, TO), (each.isoformat() for each in days) if days else ("", ""), strict=True))


def _asked(param: str) -> date | None:
    try:
        return date.fromisoformat(st.query_params.get(param, ""))
    except ValueError:
        return None


def _by_parts(label: str, key: str, t: Translator, years: Sequence[int], value: date | None) -> date | None:
    keys = [f"{key}_{part}" for part in PARTS]
    if value is not None and (addressed.came_back() or keys[0] not in st.session_state):
        st.session_state.update(zip(keys, jalali.of(value), strict=True))
    places, chosen = st.columns([4, 5, 3]), None if value is None else 0

    def part(number: int, options: Sequence[int], shown: Callable[[int], str]) -> Any:
        # A month may be shorter than the one before it.
        if st.session_state.get(keys[number]) not in (None, *options):
            st.session_state[keys[number]] = options[-1]
        name = t.text(f"day.{PARTS[number]}")
        return places[number].selectbox(
            f"{label} · {name}", options, index=chosen, format_func=shown, placeholder=name, key=keys[number]
        )

    def figures(number: int) -> str:
        return t.digits(str(number))

    year = part(0, years, figures)
    month = part(1, range(1, 13), lambda number: jalali.MONTHS[number - 1])
    length = jalali.month_length(year, month) if year and month else 31
    day = part(2, range(1, length + 1), figures)
    return jalali.gregorian(year, month, day) if year and month and day else None
