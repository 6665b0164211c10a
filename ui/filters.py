"""The filters of the list of sources. They stand in the address: a list can be passed on, and back goes back."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from core.folding import fold
from core.i18n import Translator
from core.i18n.collation import name_key
from core.models import KindInfo, Source, Status
from core.services.views import SEARCH_MAX
from ui import addressed, listing, state
from ui.listing import SEVERITY, Filters, Listing
from ui.runtime import run, runtime
from ui.session import Reader
from ui.widgets import kind_name

NAMES = ("q", "kind", "status", "tag")
_KEYS = {"q": state.SEARCH, "kind": state.KIND, "status": state.STATUS, "tag": state.TAG}


def listed(person: Reader, t: Translator) -> tuple[Filters, Listing]:
    """What is filtered by, and the list of it: a name of what there is not filters by nothing."""
    said = _said(t)
    choices: dict[str, Sequence[str]] = {
        "kind": [info.name for info in runtime().sources.kinds()],
        "status": [*SEVERITY],
    }
    wanted = said | {name: "" for name, there in choices.items() if said[name] not in there}
    found = _load(person, wanted)
    # Which tags there are only the list tells: it is read again for one that is none of them, which is rare.
    tag = _own_spelling(said["tag"], tags_among(found.everything))
    if tag != said["tag"]:
        wanted["tag"] = tag
        found = _load(person, wanted)
    st.session_state.update({_key(name, t.lang): wanted[name] for name in NAMES if wanted[name] != said[name]})
    addressed.stands(wanted)
    return _filters(wanted), found


def _load(person: Reader, wanted: Mapping[str, str]) -> Listing:
    return run(listing.load(runtime(), person, _filters(wanted)))


def _filters(wanted: Mapping[str, str]) -> Filters:
    return Filters(**{name: value or None for name, value in wanted.items()})


def _own_spelling(tag: str, tags: Sequence[str]) -> str:
    """The service takes several spellings for one tag; the choice of tags has their own."""
    if tag in ("", *tags):
        return tag
    return next((own for own in tags if fold(own) == fold(tag)), "")


def tags_among(sources: Iterable[Source]) -> list[str]:
    """Each once, in the order of the alphabet."""
    return sorted({tag for source in sources for tag in source.tags}, key=name_key)


def _said(t: Translator) -> dict[str, str]:
    """What the inputs say, the address where they begin and after a step back or forward."""
    # Each language has inputs of its own.
    if st.session_state.get(state.FILTERED) != t.lang or addressed.came_back():
        found = {name: st.query_params.get(name, "").strip()[:SEARCH_MAX] for name in NAMES}
        st.session_state.update({_key(name, t.lang): value for name, value in found.items()})
        st.session_state[state.FILTERED] = t.lang
    return {name: (st.session_state.get(_key(name, t.lang)) or "").strip() for name in NAMES}


def draw(kinds: Iterable[KindInfo], sources: Iterable[Source], t: Translator) -> None:
    """Search, the filters, refresh; a filter shows its name while it filters nothing."""
    tags = tags_among(sources)
    search, *places, refresh = st.columns([3, 1.6, 1.6, *([1.6] if tags else []), 1.2], vertical_alignment="bottom")
    search.text_input(
        t.text("sources.search"),
        placeholder=t.text("sources.search.placeholder"),
        icon=":material/search:",
        label_visibility="collapsed",
        max_chars=SEARCH_MAX,
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
    all_of_them = t.text(f"sources.filter.{name}.all")
    st.selectbox(
        t.text(f"sources.filter.{name}"),
        ["", *labels],
        format_func=lambda value: labels.get(value, all_of_them),
        label_visibility="collapsed",
        key=_key(name, t.lang),
    )


def _key(name: str, lang: str) -> str:
    return _KEYS[name] if name == "q" else state.in_words(_KEYS[name], lang)
