"""The filters of the list of sources. They stand in the address: a list can be passed on, and back goes back."""

from collections.abc import Iterable, Mapping

import streamlit as st

from core.i18n import Translator
from core.models import KindInfo, Source, Status
from ui import addressed, state
from ui.listing import SEVERITY, Filters
from ui.widgets import kind_name

NAMES = ("q", "kind", "status", "tag")
_KEYS = {"q": state.SEARCH, "kind": state.KIND, "status": state.STATUS, "tag": state.TAG}


def asked(t: Translator) -> Filters:
    """What is filtered by: what the inputs say, the address where they begin and after a step back or forward."""
    # Each language has inputs of its own.
    if st.session_state.get(state.FILTERED) != t.lang or addressed.came_back():
        st.session_state.update({_key(name, t.lang): st.query_params.get(name, "") for name in NAMES})
        st.session_state[state.FILTERED] = t.lang
    wanted = {name: (st.session_state.get(_key(name, t.lang)) or "").strip() for name in NAMES}
    addressed.stands(wanted)
    return Filters(**{name: value or None for name, value in wanted.items()})


def draw(kinds: Iterable[KindInfo], sources: Iterable[Source], t: Translator) -> None:
    """Search, the filters, refresh; a filter shows its name while it filters nothing."""
    tags = sorted({tag for source in sources for tag in source.tags})
    search, *places, refresh = st.columns([3, 1.6, 1.6, *([1.6] if tags else []), 1.2], vertical_alignment="bottom")
    search.text_input(
        t.text("sources.search"),
        placeholder=t.text("sources.search.placeholder"),
        icon=":material/search:",
        label_visibility="collapsed",
        key=state.SEARCH,
    )
    choices = {
        "kind": {info.name: kind_name(info.name, t) for info in kinds},
        "status": {status.value: t.text(f"status.{status.value}") for status in SEVERITY},
        "tag": {tag: tag for tag in tags},
    }
    for place, (name, labels) in zip(places, choices.items(), strict=False):
        with place:
            _choice(name, labels, t)
    refresh.button(
        t.text("sources.refresh"),
        icon=":material/refresh:",
        help=t.text("sources.refresh.help"),
        on_click=state.forget,
        args=(state.ORDER, state.PINGED, state.SUMMARY),
        width="stretch",
        key="sources_refresh",
    )


def only(status: Status, lang: str) -> None:
    """A callback: this status alone, or every status again."""
    key = _key("status", lang)
    st.session_state[key] = "" if st.session_state.get(key) == status.value else status.value


def clear(lang: str) -> None:
    """A callback: widgets take another value only before they are drawn."""
    st.session_state.update({_key(name, lang): "" for name in NAMES})


def _choice(name: str, labels: Mapping[str, str], t: Translator) -> None:
    key, all_of_them = _key(name, t.lang), t.text(f"sources.filter.{name}.all")
    if st.session_state.get(key, "") not in ("", *labels):
        st.session_state[key] = ""  # an address may name what there is not
    st.selectbox(
        t.text(f"sources.filter.{name}"),
        ["", *labels],
        format_func=lambda value: labels.get(value, all_of_them),
        label_visibility="collapsed",
        key=key,
    )


def _key(name: str, lang: str) -> str:
    return _KEYS[name] if name == "q" else state.in_words(_KEYS[name], lang)
