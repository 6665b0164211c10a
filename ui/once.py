"""A secret at the only moment at which it can be seen: kept on the page until it is put away or the tab is left."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from core.i18n import Translator
from ui import state
from ui.runtime import runtime
from ui.widgets import labelled, plain


@dataclass(slots=True)
class Kept:
    """`whose` is the person that it is for, where it is for one. Without a secret none could be made."""

    name: str
    whose: str
    secret: str = field(default="", repr=False)


def make(name: str, secret: Callable[[], Coroutine[Any, Any, str]], whose: str = "") -> None:
    """Makes a secret and keeps it, whatever is pressed meanwhile: one that was made and not kept nobody ever sees."""
    place = st.session_state[state.ONCE] = Kept(name, whose)
    # A look at the session state is where a run is left: there is none from here on.
    place.secret = runtime().run(secret())


def asked(name: str, label: str, key: str) -> bool:
    """A button for one of this name: dead while one is shown, whose place it would take before anybody kept it."""
    waits = shown(name) is not None
    return st.button(label, type="primary", disabled=waits, key=key) and not waits


def show(name: str, t: Translator) -> None:
    """The secret of this name with a button that copies it, and what to do with it."""
    kept = shown(name)
    if kept is None:
        return
    with st.container(border=True, key=f"why_healthy_{name}"):
        st.markdown(f"**{t.text(f'once.{name}')}**")
        if kept.whose:
            labelled(t.text("input.username"), plain(kept.whose))
        st.code(kept.secret, language=None, wrap_lines=True)
        st.caption(t.text(f"once.{name}.note"))
        st.button(t.text("once.done"), on_click=state.forget, args=(state.ONCE,), key="once_done")


def shown(name: str) -> Kept | None:
    """The one of this name that nobody has put away yet."""
    kept: Kept | None = st.session_state.get(state.ONCE)
    return kept if kept is not None and kept.name == name and kept.secret else None
