"""Keys for people who know them, and the dialog that names them. `behaviour.js` listens."""

import streamlit as st

from core.i18n import Translator
from ui import asking
from ui.widgets import html

HELP = "shortcuts"
KEYS = (
    ("sources", ("g", "s")),
    ("add", ("g", "a")),
    ("health", ("g", "h")),
    ("playground", ("g", "p")),
    ("admin", ("g", "m")),
    ("search", ("/",)),
    ("row", ("Shift", "Space")),
    ("judge", ("Ctrl", "Enter")),
    ("close", ("Esc",)),
    ("help", ("?",)),
)
"""By what they do: keys pressed one after the other, but for Ctrl and Shift, which are held."""


def button(t: Translator) -> None:
    """In the sidebar, for the pointer and for the key `?`."""
    if st.button(t.text("shortcuts.open"), icon=":material/keyboard:", type="tertiary", key=HELP):
        asking.ask(HELP, None)
    asking.show({HELP: _help}, t)


def _help(_about: None, t: Translator) -> None:
    lines = (f"<dt>{_written(keys)}</dt><dd>{t.text(f'shortcuts.{name}')}</dd>" for name, keys in KEYS)
    html(f"<dl class='keys'>{''.join(lines)}</dl>")
    st.caption(t.text("shortcuts.place"))


def _written(keys: tuple[str, ...]) -> str:
    return " ".join(f"<kbd>{key}</kbd>" for key in keys)
