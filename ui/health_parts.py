"""What is broken now: the top of the health page."""

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from core.i18n import Translator
from core.models import Source, Status
from ui import navigation, notes
from ui.listing import SEVERITY, Listing
from ui.session import Reader
from ui.widgets import plain, status_badge

INCIDENTS_MAX = 8


def sentence(listing: Listing, t: Translator) -> str:
    """«۳ از ۵ منبع سالم‌اند.»"""
    healthy, total = listing.counts.get(Status.HEALTHY, 0), len(listing.everything)
    return t.plural("health.all", total) if healthy == total else t.text("health.some", healthy=healthy, total=total)


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
    if said := notes.in_short(source, t):
        st.markdown(said)


def _since(source: Source, t: Translator) -> str:
    if source.state_since is None:
        return ""
    now = datetime.now(UTC)
    return t.text("box.since", when=t.moment(source.state_since, now), ago=t.ago(source.state_since, now))


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
