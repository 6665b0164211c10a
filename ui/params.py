"""The editor of a sample's parameters: JSON, judged while it is being written."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import streamlit as st

from core import strict_json
from core.errors import InvalidInput, QueryRefused
from core.i18n import Translator
from core.models import Source
from ui import state
from ui.runtime import run, runtime
from ui.session import Reader
from ui.widgets import plain

HEIGHT = 190


def editor(source: Source, first: Callable[[], Mapping[str, Any] | None], t: Translator) -> None:
    """The text. Before anybody writes, what `first` gives: of what is empty the kind's example, of None nothing."""
    if key(source.id) not in st.session_state:
        request = first()
        st.session_state[key(source.id)] = "" if request is None else written(request or placeholder(source.kind))
    st.text_area(
        t.text("playground.params"),
        key=key(source.id),
        height=HEIGHT,
        placeholder=written(placeholder(source.kind)),
        help=t.text("playground.params.help"),
        persist_state="session",  # a request that is half written outlives a look at another tab
    )


def judged(source: Source, person: Reader, t: Translator) -> dict[str, Any] | None:
    """The parameters, or None: of an empty editor, or after saying what is wrong with them and where."""
    text = st.session_state.get(key(source.id)) or ""
    params = parsed(text, t) if text.strip() else None
    if params is None:
        return None
    try:
        run(runtime().sources.check_sample(person.actor, person.org, source.id, params))
    except InvalidInput as error:
        lines = [f"`{field.field.removeprefix('params.')}` {plain(t.message(field.message))}" for field in error.fields]
        st.error("  \n".join(lines) or plain(t.message(error.message)), icon=":material/error:")
        return None
    except QueryRefused as error:
        said = f"{plain(t.message(error.message))}  \n{plain(t.message(error.advice))}"
        st.error(said, icon=":material/block:")
        return None
    return params


def parsed(text: str, t: Translator) -> dict[str, Any] | None:
    """The parameters, or None after saying where the text stops being JSON."""
    try:
        params = strict_json.parsed(text)
    except json.JSONDecodeError as error:
        at = {"line": error.lineno, "column": error.colno}
        st.error(t.text("playground.json.invalid", **at), icon=":material/error:")
        return None
    except (RecursionError, ValueError):  # deeper, or a longer number, than Python takes
        params = None
    if not isinstance(params, dict):
        st.error(plain(t.text("playground.json.object")), icon=":material/error:")
        return None
    return params


def write(source_id: UUID, request: Mapping[str, Any]) -> None:
    """A callback: the editor takes another text only before it is drawn."""
    st.session_state[key(source_id)] = written(request)
    state.forget(state.SAMPLED)


def written(request: Mapping[str, Any]) -> str:
    return json.dumps(dict(request), ensure_ascii=False, indent=2)


def placeholder(kind: str) -> Mapping[str, Any]:
    return next((info.placeholder for info in runtime().sources.kinds() if info.name == kind), {})


def key(source_id: UUID) -> str:
    return f"ltr_params_{source_id}"
