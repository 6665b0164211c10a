"""Tabs that the address names, so that each of them can be linked to."""

from collections.abc import Callable, Mapping

import streamlit as st

from core.i18n import Translator
from ui import addressed, state

PARAM = "tab"


def tabs(labels: Mapping[str, str], content: Callable[[str], None], t: Translator) -> None:
    """One a page. Only the content of the tab that is open is drawn."""
    names, key = list(labels), state.in_words(state.TAB, t.lang)
    addressed.followed(PARAM, key, labels, names[0])
    shown = st.tabs(list(labels.values()), key=key, on_change="rerun")
    for name, tab in zip(names, shown, strict=True):
        if tab.open:
            addressed.stands({PARAM: name}, names[0])
            state.enter_tab(name)
            state.empty_sent()
            with tab:
                content(name)
