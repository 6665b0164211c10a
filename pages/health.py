"""How an organisation's sources are, all of them at once. Stored state only: no source is touched."""

import streamlit as st

from core.i18n import Translator
from ui import health_parts, navigation, sources_parts, state
from ui.listing import Filters, Listing, load
from ui.runtime import run, runtime
from ui.session import Reader, reader, words
from ui.widgets import empty


def page(person: Reader, t: Translator) -> None:
    chosen = health_parts.clicked()
    if chosen is not None:
        navigation.open_source(person, chosen)
    listing = run(load(runtime().sources, person, Filters()))
    st.title(t.text("health.title"), anchor=False)
    st.caption(sources_parts.caption(listing, person, t))
    if not listing.everything:
        sources_parts.first_source(person, t)
        return
    st.markdown(f"**{health_parts.sentence(listing, t)}**")
    sources_parts.tiles(listing, t)
    health_parts.incidents(listing.everything, person, t)
    latency(listing, t)
    health_parts.rankings(listing.everything, t)


def latency(listing: Listing, t: Translator) -> None:
    # Late: Plotly is only imported by those who look at a chart.
    from ui.health_chart import chart_table, health_chart, series

    found = series(listing.everything, listing.recent)
    title, switch = st.columns([4, 1.6], vertical_alignment="center")
    title.markdown(f"## {t.text('health.chart.title')}")
    if not found:
        empty(t.text("health.chart.empty.title"), t.text("health.chart.empty.body"))
        st.page_link(navigation.page(navigation.SOURCES, t))
        return
    log = switch.toggle(t.text("health.chart.log"), key=state.LOG_SCALE)
    health_chart(found, log=log, t=t)
    with st.expander(t.text("health.chart.table"), icon=":material/table_rows:"):
        chart_table(found, t)


page(reader(), words())
