"""A secret at the only moment at which it can be seen: kept on the page until it is put away or the tab is left."""

import streamlit as st

from core.i18n import Translator
from ui import state


def keep(name: str, secret: str) -> None:
    st.session_state[state.ONCE] = name, secret


def asked(name: str, label: str, key: str) -> bool:
    """A button for one of this name: dead while one is shown, whose place it would take before anybody kept it."""
    waits = _waits(name)
    return st.button(label, type="primary", disabled=waits, key=key) and not waits


def show(name: str, t: Translator) -> None:
    """The secret of this name with a button that copies it, and what to do with it."""
    if not _waits(name):
        return
    _, secret = st.session_state[state.ONCE]
    with st.container(border=True, key=f"why_healthy_{name}"):
        st.markdown(f"**{t.text(f'once.{name}')}**")
        st.code(secret, language=None, wrap_lines=True)
        st.caption(t.text(f"once.{name}.note"))
        st.button(t.text("once.done"), on_click=state.forget, args=(state.ONCE,), key="once_done")


def _waits(name: str) -> bool:
    kept: tuple[str, str] | None = st.session_state.get(state.ONCE)
    return kept is not None and kept[0] == name
