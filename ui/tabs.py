"""Tabs that the address names, so that each of them can be linked to."""

from collections.abc import Callable, Mapping

import streamlit as st

from core.i18n import Translator
from ui import state

PARAM = "tab"


def tabs(labels: Mapping[str, str], content: Callable[[str], None], t: Translator) -> None:
    """One a page. Only the content of the tab that is open is drawn."""
    names = list(labels)
    asked = st.query_params.get(PARAM, names[0])
    shown = st.tabs(
        list(labels.values()),
        default=labels.get(state.first_tab(asked, t.lang), labels[names[0]]),
        key=state.in_words(state.TAB, t.lang),
        on_change="rerun",
    )
    for name, tab in zip(names, shown, strict=True):
        if tab.open:
            if name != asked:
                st.query_params[PARAM] = name
            state.enter_tab(name)
            state.empty_sent()
            with tab:
                content(name)
