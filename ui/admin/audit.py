"""The trail: what people and programs did, narrowed by when, what and who; older lines on request; or all as a file."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import streamlit as st

from core.errors import Unauthenticated
from core.i18n import Translator
from core.i18n.actors import actor_words
from core.models import AuditLine, Role
from core.services.audit import EXPORT_MAX, AuditNames
from core.spreadsheet import Cell
from ui import addressed, day, session, state
from ui.admin import trail
from ui.exports import csv_button
from ui.runtime import run, runtime
from ui.session import Reader
from ui.widgets import empty, plain

RANGES = ("today", "7d", "30d", "month", "last_month", "year", day.CUSTOM, "all")
BACK_DAYS = 10 * 365
FIRST_RANGE = "7d"
PAGE = 50
HEADER = ("time", "person", "address", "action", "target", "target_id", "before", "after")


def audit(person: Reader, t: Translator) -> None:
    org = _whose(person, t)
    asked = _filters(run(runtime().audit.names(person.actor, org)), t)
    when, action, somebody = asked
    now = datetime.now(UTC)
    days = day.days_between("trail", t, now, BACK_DAYS) if when == day.CUSTOM else None
    addressed.stands({"range": when, **day.in_address(days)}, FIRST_RANGE)
    since, until = span(when, now, t) if days is None else _ends(*days, t)
    cursors = _cursors((org, *asked, days))
    wanted: dict[str, Any] = {"since": since, "until": until, "action": action, "person": somebody}
    page = run(runtime().audit.lines(person.actor, org, **wanted, cursor=cursors[-1] if cursors else None, limit=PAGE))
    if not page.items:
        empty(t.text("audit.none.title"), t.text("audit.none.body"))
        return
    trail.trail(page.items, t)
    with st.container(horizontal=True, vertical_alignment="center", key="trail_ways"):
        _ways(cursors, page.next_cursor, t)
        csv_button("audit", HEADER, partial(_rows, session.token(), org, wanted), t)
        st.caption(t.text("audit.csv.note", max=EXPORT_MAX), width="content")


def span(name: str, now: datetime, t: Translator) -> tuple[datetime | None, datetime | None]:
    """The ends of a range in the calendar of the reader; None is open."""
    match name:
        case "today":
            return t.day_start(now), None
        case "7d" | "30d":
            return now - timedelta(days=int(name[:-1])), None
        case "month":
            return t.month_start(now), None
        case "last_month":
            return t.month_start(now, back=1), t.month_start(now)
        case "year":
            return t.year_start(now), None
    return None, None


def _ends(begin: date, end: date, t: Translator) -> tuple[datetime, datetime]:
    return t.midnight(begin), t.midnight(end + timedelta(days=1))


def _whose(person: Reader, t: Translator) -> str | None:
    """The organisation on the page; server administrators may ask for the installation's own lines instead."""
    if not person.actor.server_admin:
        return person.org
    if not person.may(Role.ADMIN):
        return None
    own, installation = person.org, ""
    labels = {own: plain(person.organisation.name), installation: t.text("audit.installation")}
    key = state.in_words("trail_whose", t.lang)
    addressed.followed("whose", key, {"": own, "installation": installation}, "")
    chosen = st.segmented_control(
        t.text("audit.whose"),
        [own, installation],
        format_func=labels.__getitem__,
        required=True,
        label_visibility="collapsed",
        key=key,
    )
    addressed.stands({"whose": "" if chosen else "installation"})
    return chosen or None


def _filters(names: AuditNames, t: Translator) -> tuple[str, str | None, str | None]:
    """The name of the range, the action and the person asked for."""
    when, what, who = st.columns(3)
    key = state.in_words("trail_range", t.lang)
    addressed.followed("range", key, RANGES, FIRST_RANGE)
    chosen = when.selectbox(
        t.text("audit.range"),
        RANGES,
        format_func=lambda name: t.text(f"audit.range.{name}"),
        key=key,
    )
    with what:
        action = _choice("action", {name: trail.action_words(name, t) for name in names.actions}, t)
    with who:
        return chosen, action, _choice("person", {name: actor_words(name, t) for name in names.people}, t)


def _choice(name: str, labels: Mapping[str, str], t: Translator) -> str | None:
    all_of_them, key = t.text(f"audit.{name}.all"), state.in_words(f"trail_{name}", t.lang)
    names = ["", *labels]
    addressed.followed(name, key, names, "")
    chosen = st.selectbox(
        t.text(f"audit.{name}"),
        names,
        format_func=lambda value: labels.get(value, all_of_them),
        key=key,
    )
    addressed.stands({name: chosen})
    return chosen or None


def _cursors(asked: tuple[object, ...]) -> list[str]:
    """The way to the page that is shown; another filter begins anew."""
    kept: tuple[Any, list[str]] = st.session_state.get(state.TRAIL, (None, []))
    if kept[0] != asked:
        kept = st.session_state[state.TRAIL] = (asked, [])
    return kept[1]


def _ways(cursors: list[str], older: str | None, t: Translator) -> None:
    st.button(t.text("audit.newer"), on_click=_back, args=(cursors,), disabled=not cursors, key="trail_newer")
    st.button(t.text("audit.older"), on_click=_on, args=(cursors, older), disabled=older is None, key="trail_older")


def _on(cursors: list[str], older: str) -> None:
    # A second press may come before the page of the first one is drawn.
    if cursors[-1:] != [older]:
        cursors.append(older)


def _back(cursors: list[str]) -> None:
    if cursors:
        cursors.pop()


def _rows(token: str | None, org: str | None, wanted: Mapping[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """Made when the button is pressed, which may be long after: who asks is asked anew."""
    service = runtime()
    actor = service.run(service.access.actor_of_session(token))
    if actor is None:
        raise Unauthenticated()
    for line in service.run(service.audit.export(actor, org, **wanted)).items:
        yield line.ts, line.actor, line.address, line.action, line.target, line.target_id, *_sides(line)


def _sides(line: AuditLine) -> Iterator[str | None]:
    """As JSON: a spreadsheet has no other place for what is nested."""
    for side in (line.before, line.after):
        yield None if side is None else json.dumps(dict(side), ensure_ascii=False)
