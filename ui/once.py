"""A secret at the only moment at which it can be seen: kept on the page until it is put away or the tab is left."""

import streamlit as st

from core.i18n import Translator
from ui import state


def keep(name: str, secret: str) -> None:
    st.session_state[state.ONCE] = name, secret


def waits(name: str) -> bool:
    """Whether one of this name is still shown: another one would take its place before anybody kept it."""
    kept: tuple[str, str] | None = st.session_state.get(state.ONCE)
    return kept is not None and kept[0] == name


def show(name: str, t: Translator) -> None:
    """The secret of this name with a button that copies it, and what to do with it."""
    if not waits(name):
        return
    _, secret = st.session_state[state.ONCE]
    with st.container(border=True, key=f"why_healthy_{name}"):
        st.markdown(f"**{t.text(f'once.{name}')}**")
        st.code(secret, language=None, wrap_lines=True)
        st.caption(t.text(f"once.{name}.note"))
        st.button(t.text("once.done"), on_click=state.forget, args=(state.ONCE,), key="once_done")
