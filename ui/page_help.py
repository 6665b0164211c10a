"""What a page is for and what can be done on it, one press away on each."""

import streamlit as st

from core.i18n import Translator
from ui import asking

HELP = "page_help"
POINTS = 3
"""Each page has a sentence and so many points."""


def button(page: str, t: Translator) -> None:
    """In the sidebar: `page` is the one that is open."""
    if st.button(t.text("page_help.open"), icon=":material/help_outline:", type="tertiary", key=HELP):
        asking.ask(HELP, page)
    asking.show({HELP: _shown}, t)


def _shown(page: str, t: Translator) -> None:
    st.markdown(f"**{t.text(f'nav.{page}')}**: {t.text(f'page_help.{page}')}")
    points = (t.text(f"page_help.{page}.{number}") for number in range(1, POINTS + 1))
    st.markdown("\n".join(f"- {point}" for point in points))
