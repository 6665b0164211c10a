"""The list of sources: what is broken, since when, and one button to check them all."""

import time

import streamlit as st

from core.i18n import Translator
from core.models import Role
from ui import bulk, filters, ping_all, pinging, sources_parts, table
from ui.listing import Listing, ordered
from ui.live_list import keep_fresh
from ui.navigation import open_source
from ui.runtime import runtime
from ui.session import Reader, reader, words
from ui.widgets import empty


def page(person: Reader, t: Translator) -> None:
    act_on_click(person, t)
    # Asked before the list is read: a list that is older than the end of the job must not stand under its sum.
    checking = ping_all.running()
    asked, listing = filters.listed(person, t)
    header(listing, person, t, checking=checking)
    if not listing.everything:
        sources_parts.first_source(person, t)
        return
    sources_parts.tiles(listing, t, asked)
    filters.draw(runtime().sources.kinds(), listing.everything, t)
    if checking:
        ping_all.watch(ordered(listing), listing.recent)
    else:
        content(listing, person, t)


def act_on_click(person: Reader, t: Translator) -> None:
    match table.clicked():
        case ("open", source_id):
            open_source(person, source_id)
        case ("ping", source_id):
            pinging.ping(person, source_id, t)


def header(listing: Listing, person: Reader, t: Translator, *, checking: bool) -> None:
    words_side, button_side = st.columns([4, 1.2], vertical_alignment="center")
    words_side.title(t.text("sources.title"), anchor=False)
    words_side.caption(sources_parts.caption(listing, person, t))
    if listing.everything and person.may(Role.ANALYST):
        pressed = button_side.button(
            t.text("sources.ping_all"),
            type="primary",
            icon=":material/monitor_heart:",
            help=t.text("sources.ping_all.help"),
            disabled=checking,
            width="stretch",
            key="ping_all",
        )
        if pressed:
            ping_all.start(person)
            st.rerun()


def content(listing: Listing, person: Reader, t: Translator) -> None:
    sources = ordered(listing)
    ping_all.show_summary(t)
    pinging.show_pinged(t)
    if sources:
        with st.container(horizontal=True, vertical_alignment="center", key="table_tools"):
            bulk.switch(person, t)
            sources_parts.export(listing, t)
        chosen = bulk.chosen(sources, person, t)
        table.sources_table(sources, listing.recent, t, pings=person.may(Role.ANALYST), choosing=bulk.choosing())
        if not chosen:  # what is chosen belongs to this very list
            keep_fresh(listing.everything, time.monotonic())
        return
    empty(t.text("sources.nothing.title"), t.text("sources.nothing.body"))
    st.button(t.text("sources.nothing.clear"), on_click=filters.clear, args=(t.lang,), key="clear_filters")


page(reader(), words())
