"""Incidents: sources that were in trouble together, what they have in common, and the way to each at that moment."""

from collections.abc import Sequence

import streamlit as st

from core.i18n import Translator
from core.models import Cause, Incident, IncidentSource, Status
from core.services.incidents import LISTED_MAX
from ui import navigation
from ui.history_range import AT
from ui.session import Reader
from ui.widgets import plain, status_badge

SHOWN_MAX, LINKS_MAX = 10, 8


def incident_list(found: Sequence[Incident], person: Reader, t: Translator) -> None:
    """Newest first, as they come."""
    st.markdown(f"## {t.text('health.past')}")
    if not found:
        st.caption(t.text("health.past.none"))
    for incident in found[:SHOWN_MAX]:
        edge = Status.UNKNOWN if incident.closed_at else Status.ERROR
        with st.container(border=True, key=f"why_{edge.value}_{incident.id}"):
            _incident(incident, person, t)
    if SHOWN_MAX < len(found) < LISTED_MAX:  # else nobody knows how many more there are
        st.caption(t.plural("health.past.more", len(found) - SHOWN_MAX))


def _incident(incident: Incident, person: Reader, t: Translator) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if incident.closed_at is None:
            status_badge(Status.ERROR, t)
        else:
            st.badge(t.text("health.past.over"), icon=":material/check:", color="gray")
        st.markdown(f"**{t.plural('health.past.sources', len(incident.sources))}**", width="content")
        st.caption(_when(incident, t), width="content")
    st.markdown(_why(incident, t))
    with st.container(horizontal=True, gap="small"):
        for source in incident.sources[:LINKS_MAX]:
            _link(source, person, t)
        if len(incident.sources) > LINKS_MAX:
            st.caption(t.plural("health.past.more_sources", len(incident.sources) - LINKS_MAX), width="content")


def _why(incident: Incident, t: Translator) -> str:
    """What they have in common, and what the first of them failed with."""
    common = "" if incident.cause is Cause.SOURCE else t.text(f"alert.cause.{incident.cause}", key=incident.cause_key)
    first = next((source.diagnosis for source in incident.sources if source.diagnosis), None)
    said = common, t.message(first.message) if first else ""
    return "  \n".join(plain(part) for part in said if part)


def _when(incident: Incident, t: Translator) -> str:
    since = t.datetime(incident.opened_at)
    if incident.closed_at is None:
        return t.text("alert.since", since=since)
    return t.text("alert.lasted", since=since, until=t.datetime(incident.closed_at))


def _link(source: IncidentSource, person: Reader, t: Translator) -> None:
    """To its figures around the moment at which it failed."""
    query = {"source": str(source.id), "org": person.org, "tab": "metrics", AT: source.opened_at.isoformat()}
    st.page_link(navigation.page(navigation.SOURCE, t), label=plain(source.name), icon="", query_params=query)
