"""A new source on the pattern of another: with its settings, without its secrets, under a name of its own."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import streamlit as st

from core.errors import NotFound
from core.form_values import KEPT, without_kept
from core.i18n import Translator, translator
from core.models import KindInfo, Source
from ui import breaker, forms, navigation, state, timing
from ui.runtime import run, runtime
from ui.session import Reader
from ui.state import Draft
from ui.widgets import empty, plain

NAME_MAX, SAME_NAMES_MAX = 200, 500


def draft(person: Reader, kinds: Mapping[str, KindInfo], t: Translator) -> Draft | None:
    """What this person is adding: on the pattern of the source in the address, else from nothing.

    None when there is no such pattern; then the page says so.
    """
    try:
        asked = navigation.id_in_address(navigation.FROM)
        draft = state.begin(None) if asked is None else _copy(asked, person, t)
    except NotFound:
        _refuse(t.text("add.from.gone"), t.text("add.from.gone.body"), t)
        return None
    if draft.pattern is not None and draft.pattern.kind not in kinds:
        _refuse(t.text("add.from.kind", kind=draft.pattern.kind), t.text("add.from.kind.body"), t)
        return None
    return draft


def lead(kind: KindInfo, pattern: Source, t: Translator) -> None:
    """Where the inputs have their values from, and which secrets they lack."""
    said = plain(t.text("add.from.lead", name=pattern.name))
    missing = [forms.field_label(kind.name, name, t) for name in _kept_names(pattern.config)]
    if missing:
        said += " " + plain(t.text("add.from.secrets", fields=" · ".join(missing)))
    st.info(said, icon=":material/content_copy:")
    _from_nothing(t)  # the link beside the page keeps the address, and with it the pattern


def carried(pattern: Source, t: Translator) -> list[tuple[str, str]]:
    """What comes along and has no input."""
    return [
        (t.text("source.fact.interval"), timing.interval(pattern, t)),
        (t.text("source.fact.breaker"), breaker.limits(pattern, t)),
    ]


def _copy(asked: UUID, person: Reader, t: Translator) -> Draft:
    """The draft on this pattern: anew if the source was changed since, but never under the hands of who types."""
    if not state.arrives(asked) and state.draft().pattern is not None:
        return state.draft()
    pattern = run(runtime().sources.get(person.actor, person.org, asked))
    draft = state.begin(asked)
    if draft.pattern is None or draft.pattern.version != pattern.version:
        _fill(draft, pattern, person, t)
    return draft


def _fill(draft: Draft, pattern: Source, person: Reader, t: Translator) -> None:
    about = {"description": pattern.description, "tags": forms.tags_text(pattern.tags)}
    draft.pattern, draft.kind, draft.step = pattern, pattern.kind, state.SETTINGS_STEP
    draft.config, draft.errors, draft.result = without_kept(pattern.config), {}, None
    draft.about = about | {"name": _new_name(pattern.name, person, t)}


def _new_name(name: str, person: Reader, t: Translator) -> str:
    """One that no source has yet, as far as one look shows."""
    bare = translator(t.lang, t.zone.key)  # a name is stored, so without the isolates of pages
    copy = bare.text("add.from.name", name=name)[:NAME_MAX]
    listed = runtime().sources.list(person.actor, person.org, q=copy, limit=SAME_NAMES_MAX)
    taken = {source.name for source in run(listed).items}
    return next(each for each in _numbered(copy, t) if each not in taken)


def _numbered(name: str, t: Translator) -> Iterator[str]:
    yield name
    for number in range(2, SAME_NAMES_MAX + 3):
        end = f" ({t.number(number)})"
        yield name[: NAME_MAX - len(end)] + end


def _kept_names(config: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Dotted names of the secrets that are not shown."""
    for name, value in config.items():
        if value == KEPT:
            yield f"{above}{name}"
        elif isinstance(value, Mapping):
            yield from _kept_names(value, f"{above}{name}.")


def _refuse(title: str, body: str, t: Translator) -> None:
    empty(title, body)
    _from_nothing(t)


def _from_nothing(t: Translator) -> None:
    if st.button(t.text("add.from.nothing"), key="add_from_nothing"):
        del st.query_params[navigation.FROM]
        st.rerun()
