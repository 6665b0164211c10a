"""The one runtime of this process, and how a script thread calls it without being stuck there."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from core.settings import load
from core.tracing import trace

if TYPE_CHECKING:
    from core.runtime import Runtime

T = TypeVar("T")


@st.cache_resource(show_spinner=False)
def runtime() -> "Runtime":
    """The same object for the lifespan, the HTTP routes and every page, because this module is imported by all."""
    from core.bootstrap import open_runtime  # late: it brings the database and every kind

    return open_runtime(load())


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result from the background loop. Leaving the page cancels it."""
    trace()
    return runtime().run(coroutine, checkpoint)


def checkpoint() -> None:
    """Raises Streamlit's own signal when this script was left: any look at the session state asks for it."""
    st.session_state.get("checkpoint")
