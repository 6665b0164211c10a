"""How an organisation's sources are and were, all of them at once. Stored state only: no source is touched."""

import time
from datetime import UTC, datetime, timedelta

import streamlit as st

from core.i18n import Translator
from core.models import OrgHistory
from ui import health_parts, health_tables, history_range, incident_list, navigation, sources_parts, state
from ui.listing import everything
from ui.live_list import CHARTS_S, keep_fresh
from ui.runtime import run, runtime
from ui.session import Reader, reader, words
from ui.widgets import empty, errors_shown

RANGES = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}


def page(person: Reader, t: Translator) -> None:
    pressed = health_tables.clicked()
    if pressed is not None:
        navigation.open_source(person, pressed)
    listing = run(everything(runtime().sources, person))
    st.title(t.text("health.title"), anchor=False)
    st.caption(sources_parts.caption(listing, person, t))
    if not listing.everything:
        sources_parts.first_source(person, t)
        return
    st.markdown(f"**{health_parts.sentence(listing, t)}**")
    sources_parts.tiles(listing, t)
    health_parts.incidents(listing.everything, person, t)
    keep_fresh(listing.everything, time.monotonic(), ages_s=CHARTS_S)
    history(person, t)


def history(person: Reader, t: Translator) -> None:
    chosen = history_range.chosen(RANGES, state.HEALTH_RANGE, t)
    since, until = history_range.ends(chosen, RANGES, datetime.now(UTC), t)
    incident_list.incident_list(run(runtime().incidents.of_org(person.actor, person.org, since, until)), person, t)
    past = run(runtime().history.of_org(person.actor, person.org, since, until))
    if not any(source.asked.calls or source.windows["30d"].calls for source in past.sources):
        empty(t.text("health.chart.empty.title"), t.text("health.chart.empty.body"))
        st.page_link(navigation.page(navigation.SOURCES, t))
        return
    health_tables.budgets(past, t)
    charts(past, t)
    health_tables.rankings(past, t)
    hours_of_the_week()


def charts(past: OrgHistory, t: Translator) -> None:
    # Late: Plotly is only imported by those who look at a chart.
    from ui import health_chart, heat

    health_chart.latency(past, t)
    if past.heat:
        st.markdown(f"## {t.text('health.heat')}")
        heat.source_hours(past, t)


@st.fragment
def hours_of_the_week() -> None:
    """Four weeks of everything: what comes last may take longest."""
    from ui import heat

    with errors_shown("week"):
        t, person = words(), reader()
        st.markdown(f"## {t.text('health.week')}")
        with st.spinner(t.text("history.reading"), show_time=False):
            week = run(runtime().history.of_week(person.actor, person.org))
        if week:
            heat.week_hours(week, t)
            st.caption(heat.best(week, t))
        else:
            st.caption(t.text("health.week.none"))


page(reader(), words())
