"""What is broken now, and which sources are slowest and flakiest: the parts of the health page beside its chart."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import streamlit as st

from core.i18n import Translator
from core.models import Source, Status
from ui import grid, navigation, state
from ui.listing import SEVERITY, Listing
from ui.session import Reader
from ui.widgets import kind_name, plain, status_badge

INCIDENTS_MAX, RANKED_MAX = 20, 5
SLOWEST, FLAKIEST = "slowest", "flakiest"
FIGURES = {SLOWEST: ("p95", "errors"), FLAKIEST: ("errors", "calls")}


def sentence(listing: Listing, t: Translator) -> str:
    """«۳ از ۵ منبع سالم‌اند.»"""
    healthy, total = listing.counts.get(Status.HEALTHY, 0), len(listing.everything)
    return (
        t.text("health.all", total=total) if healthy == total else t.text("health.some", healthy=healthy, total=total)
    )


def incidents(sources: Sequence[Source], person: Reader, t: Translator) -> None:
    """Every source that is not healthy, the worst and longest first: since when, why, and the way to it."""
    st.markdown(f"## {t.text('health.incidents')}")
    wrong = sorted((s for s in sources if s.status is not Status.HEALTHY), key=_urgency)
    if not wrong:
        st.markdown(f":green[:material/check_circle:] {t.text('health.incidents.none')}")
    for source in wrong[:INCIDENTS_MAX]:
        with st.container(border=True, key=f"why_{source.status.value}_{source.id}"):
            _incident(source, person, t)
    if len(wrong) > INCIDENTS_MAX:
        st.caption(t.text("health.incidents.more", count=len(wrong) - INCIDENTS_MAX))


def rankings(sources: Sequence[Source], t: Translator) -> None:
    """The slowest by p95 and the flakiest by their share of failed calls, side by side."""
    slowest, flakiest = st.columns(2)
    slow = [source for source in sources if source.figures.p95_ms is not None]
    flaky = [source for source in sources if _share(source)]
    with slowest:
        _ranking(SLOWEST, slow, lambda source: source.figures.p95_ms or 0.0, t)
    with flakiest:
        _ranking(FLAKIEST, flaky, _share, t)


def clicked() -> UUID | None:
    """The source whose name was pressed in one of the two tables."""
    for name in (SLOWEST, FLAKIEST):
        click, shown = st.session_state.get(_click_key(name)), st.session_state.get(state.RANKED, {}).get(name, [])
        if click is not None and click["row"] < len(shown):
            found: UUID = shown[click["row"]]
            return found
    return None


def _urgency(source: Source) -> tuple[int, datetime]:
    return SEVERITY[source.status], source.state_since or datetime.now(UTC)


def _incident(source: Source, person: Reader, t: Translator) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        status_badge(source.status, t)
        page = navigation.page(navigation.SOURCE, t)
        query = {"source": str(source.id), "org": person.org}
        st.page_link(page, label=f"**{plain(source.name)}**", icon="", query_params=query)
        since = _since(source, t)
        if since:
            st.caption(since, width="content")
    st.markdown(_why(source, t))


def _since(source: Source, t: Translator) -> str:
    if source.state_since is None:
        return ""
    now = datetime.now(UTC)
    return t.text("box.since", when=t.moment(source.state_since, now), ago=t.relative(source.state_since, now))


def _why(source: Source, t: Translator) -> str:
    if source.diagnosis is not None:
        return plain(t.message(source.diagnosis.message))
    if source.status is Status.SUSPENDED:
        return t.text(f"state.{source.state.value}")
    if source.paused:
        return t.text("source.paused")
    if source.evidence_ts is None:
        return t.text("source.diagnosis.unchecked")
    return t.text("health.stale", ago=t.relative(source.evidence_ts, datetime.now(UTC)))


def _ranking(name: str, sources: Sequence[Source], by: Callable[[Source], float], t: Translator) -> None:
    st.markdown(f"## {t.text(f'health.{name}')}")
    ranked = sorted(sources, key=by, reverse=True)[:RANKED_MAX]
    if not ranked:
        st.caption(t.text(f"health.{name}.none"))
        return
    st.session_state.setdefault(state.RANKED, {})[name] = [source.id for source in ranked]
    columns = _columns(name, ranked, t)
    frame = grid.frame_of([_row(name, source, t) for source in ranked], columns)
    grid.grid(frame, columns, t.text(f"health.{name}"), t, key=f"health_{name}")


def _row(name: str, source: Source, t: Translator) -> tuple[Any, ...]:
    p95 = source.figures.p95_ms
    figures = {
        "p95": t.duration_ms(p95) if p95 is not None else grid.NOTHING,
        "errors": t.percent(_share(source)),
        "calls": t.number(_calls(source)),
    }
    return source.name, [kind_name(source.kind, t)], *(figures[one] for one in FIGURES[name])


def _columns(name: str, sources: Sequence[Source], t: Translator) -> dict[str, Any]:
    figures = {
        "p95": grid.text(t.text("sources.column.p95"), t, width=106),
        "errors": grid.text(t.text("sources.column.errors"), t, width=84),
        "calls": grid.text(t.text("metrics.calls"), t, width=92),
    }
    return {
        "name": grid.opener(t.text("sources.column.name"), t, key=_click_key(name), width=128),
        "kind": grid.kind_pills((source.kind for source in sources), t, width=106),
    } | {one: figures[one] for one in FIGURES[name]}


def _click_key(name: str) -> str:
    return f"health_{name}_open"


def _calls(source: Source) -> int:
    return source.figures.calls_total


def _share(source: Source) -> float:
    return source.figures.errors_total / _calls(source) if _calls(source) else 0.0
