"""Which browser session shows which page now: what long work asks to learn whether anybody still looks."""

from collections.abc import Callable
from threading import Lock

import streamlit as st
from streamlit.runtime import Runtime, exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx


class Presence:
    """Session → page. Written by script threads, read by the background loop."""

    def __init__(self, living: Callable[[str], bool]) -> None:
        self._living = living
        self._lock = Lock()
        self._pages: dict[str, str] = {}

    def note(self, session: str, page: str) -> None:
        with self._lock:
            self._pages = {known: shown for known, shown in self._pages.items() if self._living(known)}
            self._pages[session] = page

    def looks_at(self, session: str, page: str) -> bool:
        """Whether the session lives and its last run showed this page; a hidden or slow tab still looks."""
        with self._lock:
            shown = self._pages.get(session)
        return shown == page and self._living(session)


@st.cache_resource(show_spinner=False)
def presence() -> Presence:
    return Presence(_is_active)


def note(page: str) -> None:
    """Called by the frame at each run."""
    presence().note(_session(), page)


def watcher(page: str) -> Callable[[], bool]:
    """A question for any thread: does this session still show `page`?"""
    session, known = _session(), presence()
    return lambda: known.looks_at(session, page)


def _session() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else ""


def _is_active(session: str) -> bool:
    server: Runtime | None = get_instance() if exists() else None
    return server is None or server.is_active_session(session)
