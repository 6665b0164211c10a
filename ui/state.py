"""Every key of the session state, with what stands under it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import streamlit as st

from core.errors import CheshmehError
from core.i18n import LANGUAGES
from core.models import Message, PingAllView, SampleResult, Source, TestResult

LANG = "lang"
ORG = "org"
PAGE = "page"
ORDER = "sources_order"
SHOWN = "sources_shown"
ROWS_WRITTEN = "sources_rows"
JOB = "ping_all_job"
SUMMARY = "ping_all_summary"
PINGED = "pinged"
CLIMB = "ladder_job"
TRIAL = "trial_job"
NOTICE = "notice"
DIALOG = "dialog_open"
DRAFT = "add_draft"
PATTERN = "add_pattern"
PASTED = "ltr_add_pasted"
SAMPLED = "sampled"
OPENED = "contents_opened"
UNREAD = "contents_unread"
VIEW = "sample_view"
CHOSEN = "playground_source"

SEARCH = "sources_search"
KIND = "sources_kind"
STATUS = "sources_status"
TAG = "sources_tag"
FILTERED = "sources_filtered"
CHOOSING = "sources_choosing"
TABLE = "sources_table"
TABLE_MANY = "sources_table_many"
ROUND = "sources_round"
PING_CLICK = "sources_ping"
NAME_CLICK = "sources_name"
TAB = "page_tab"
OPEN_TAB = "page_tab_open"
ROWS = "table_rows"
ASKED = "dialog_asked"
ONCE = "shown_once"
SENT = "inputs_sent"
TRAIL = "trail_cursors"
RIVAL = "edit_rival"
LOG_SCALE = "health_log"
RANKED = "health_ranked"
PERCENTILE = "health_percentile"
HEALTH_RANGE = "health_range"
SOURCE_RANGE = "source_range"

OF_SOURCES = (ORDER, SHOWN, ROWS_WRITTEN, JOB, SUMMARY, PINGED, FILTERED)
OF_SOURCE = (PINGED, SAMPLED, CLIMB, RIVAL)
OF_TAB = (ASKED, ONCE, ROWS, TRAIL)


KIND_STEP, SETTINGS_STEP, TEST_STEP = 1, 2, 3


@dataclass(slots=True)
class Draft:
    """The source that somebody is adding. Secrets in `config` stay on this side and go back into no input.

    `pattern` is the source that it began as a copy of; `once` names the request to create it with these settings.
    """

    step: int = KIND_STEP
    kind: str = ""
    about: dict[str, str] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict, repr=False)
    errors: Mapping[str, Message] = field(default_factory=dict)
    result: TestResult | None = None
    pattern: Source | None = None
    once: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True, slots=True)
class Pinged:
    """What a ping asked for by this person showed, kept for the runs after it; `advice` unless all is well."""

    source_id: UUID
    ok: bool
    sentence: Message
    detail: Message | None = None
    advice: Message | None = None


def in_words(key: str, lang: str) -> str:
    """The key of an input whose options are words: the browser keeps the word, which another language lacks."""
    return f"{key}_{lang}"


def arrives(pattern: UUID) -> bool:
    """Whether the page is come to with this pattern, from another page or another pattern."""
    return st.session_state.get(PATTERN) != pattern


def begin(pattern: UUID | None) -> Draft:
    """The draft on the pattern of this source, or from nothing; each stays while the other is worked on."""
    st.session_state[PATTERN] = pattern
    return draft()


def draft() -> Draft:
    return st.session_state.setdefault(_draft_key(), Draft())  # type: ignore[no-any-return]  # it is untyped


def of_draft(key: str) -> str:
    """An input's key in the present draft: a copy and a source from nothing share no inputs."""
    pattern = st.session_state.get(PATTERN)
    return f"{key}_{str(pattern)[:8]}" if pattern else key


def trying() -> UUID | None:
    """The test of this draft, with the settings that it has, that is under way."""
    once, job = st.session_state.get(TRIAL, ("", None))
    return job if once == draft().once else None


def forget_draft() -> None:
    forget(_draft_key())


def _draft_key() -> str:
    pattern = st.session_state.get(PATTERN)
    return f"{DRAFT}_{pattern}" if pattern else DRAFT


def summary() -> PingAllView | None:
    return st.session_state.get(SUMMARY)


def pinged() -> Pinged | None:
    return st.session_state.get(PINGED)


def climbing(source_id: UUID) -> UUID | None:
    """The ladder of this source that is under way on this page."""
    source, job = st.session_state.get(CLIMB, (None, None))
    return job if source == source_id else None


def sampled(source_id: UUID) -> SampleResult | None:
    """The last answer of this source, None when the last one asked was another."""
    asked, answer = st.session_state.get(SAMPLED, (None, None))
    return answer if asked == source_id else None


def opened(source_id: UUID) -> set[str]:
    """Paths of the source's contents that stand open; "" is the first level."""
    kept: set[str] = st.session_state.setdefault(f"{OPENED}_{source_id}", set())
    return kept


def unread(source_id: UUID) -> dict[str, CheshmehError]:
    """Paths that the source would not tell, and why: they are only asked again when somebody wants it."""
    kept: dict[str, CheshmehError] = st.session_state.setdefault(f"{UNREAD}_{source_id}", {})
    return kept


def rival(source_id: UUID) -> Source | None:
    """The source as somebody else has made it while this person edits it."""
    met: Source | None = st.session_state.get(RIVAL)
    return met if met is not None and met.id == source_id else None


def sent(*keys: str) -> None:
    """These inputs begin empty in the next run: once drawn, an input takes no other value in its own."""
    st.session_state[SENT] = keys


def empty_sent() -> None:
    for key in st.session_state.pop(SENT, ()):
        st.session_state[key] = ""


def forget(*keys: str) -> None:
    for key in keys:
        st.session_state.pop(key, None)


def in_dialog() -> bool:
    """Whether a dialog is open, as far as the last run of the page knows."""
    return bool(st.session_state.get(DIALOG)) or ASKED in st.session_state


def enter(page: str) -> None:
    """Notes the page of this run, which closes dialogs; what belongs to the one that was left is dropped."""
    forget(DIALOG)
    if st.session_state.get(PAGE) != page:
        forget(*OF_SOURCES, *OF_SOURCE, *OF_TAB, OPEN_TAB, TRIAL, PATTERN, *(in_words(TAB, lang) for lang in LANGUAGES))
    st.session_state[PAGE] = page


def enter_tab(name: str) -> None:
    """Notes the tab of this run; a secret or a question of the one that was left is dropped."""
    if st.session_state.get(OPEN_TAB) != name:
        forget(*OF_TAB)
    st.session_state[OPEN_TAB] = name


def notify(sentence: str) -> None:
    """A sentence for the next run, which may be that of another page."""
    st.session_state[NOTICE] = sentence


def notice() -> str | None:
    said: str | None = st.session_state.pop(NOTICE, None)
    return said
