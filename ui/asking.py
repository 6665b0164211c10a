"""One question at a time: which dialog is open and about what, until somebody answers or closes it."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import streamlit as st

from core.i18n import Translator
from ui import state
from ui.widgets import dialog_opened, errors_shown, plain

Form = Callable[[Any, Translator], None]


def ask(name: str, about: Any) -> None:
    """Opens the dialog of this name in this run, and in those after it."""
    st.session_state[state.ASKED] = name, about


def answered(sentence: str) -> None:
    """Closes the dialog and says what was done."""
    close()
    state.notify(sentence)
    st.rerun()


def close() -> None:
    state.forget(state.ASKED)


def show(forms: Mapping[str, Form], t: Translator, width: Literal["small", "large"] = "small") -> None:
    """Draws the dialog that is open, if it is one of `forms`; its title is the catalogue's `ask.<name>`."""
    name, about = st.session_state.get(state.ASKED, (None, None))
    if name in forms:
        if dialog_opened():
            st.rerun()  # a run takes one dialog: the next one draws what was asked last
        title = t.text(f"ask.{name}")

        def form() -> None:
            with errors_shown("asking"):
                forms[name](about, t)

        st.dialog(title, width=width, on_dismiss=close)(form)()


def consequence(key: str, t: Translator, **arguments: Any) -> None:
    """What follows from saying yes."""
    st.markdown(plain(t.text(key, **arguments)))


def confirmed(name: str, label: str, *, disabled: bool = False) -> bool:
    """Whether yes was pressed; no is the dialog's own cross."""
    return st.button(label, type="primary", disabled=disabled, key=f"{name}_go")
