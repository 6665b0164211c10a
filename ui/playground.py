"""The Playground tab: JSON parameters in, a typed table out, with every limit said in words."""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd  # type: ignore[import-untyped]  # carries no types
import streamlit as st

from core.i18n import Translator
from core.models import Role, Sample, SampleResult, Source
from ui import state
from ui.runtime import run, runtime
from ui.session import Reader
from ui.widgets import errors_shown, plain

KIB = 1024
MAX_HEIGHT, ROW_HEIGHT = 460, 35


def playground(source: Source, person: Reader, t: Translator) -> None:
    st.markdown(t.text("playground.lead"))
    if not person.may(Role.ANALYST):
        st.info(t.text("playground.forbidden"), icon=":material/lock:")
        return
    key = f"ltr_params_{source.id}"
    example = json.dumps(_placeholder(source.kind), ensure_ascii=False, indent=2)
    st.session_state.setdefault(key, example)
    written = st.text_area(t.text("playground.params"), key=key, height=150, placeholder=example)
    params = _parsed(written or "", t)
    with st.container(horizontal=True):
        pressed = st.button(
            t.text("playground.run"), type="primary", icon=":material/play_arrow:", disabled=params is None, key="run"
        )
        st.button(t.text("playground.reset"), key="reset", on_click=_write, args=(key, example))
    if pressed and params is not None:
        state.forget(state.SAMPLED)
        with errors_shown("playground"), st.spinner(t.text("playground.running")):
            st.session_state[state.SAMPLED] = run(runtime().sources.sample(person.actor, person.org, source.id, params))
    result = state.sampled()
    if result is not None:
        _result(result, t)


def _write(key: str, text: str) -> None:
    """A callback: the editor takes another text only before it is drawn."""
    st.session_state[key] = text
    state.forget(state.SAMPLED)


def _placeholder(kind: str) -> Mapping[str, Any]:
    return next((dict(info.placeholder) for info in runtime().sources.kinds() if info.name == kind), {})


def _parsed(written: str, t: Translator) -> dict[str, Any] | None:
    """The parameters, or None after saying where the text stops being JSON."""
    try:
        params = json.loads(written)
    except json.JSONDecodeError as error:
        at = {"line": error.lineno, "column": error.colno}
        st.error(t.text("playground.json.invalid", **at), icon=":material/error:")
        return None
    except RecursionError:
        params = None
    if not isinstance(params, dict):
        st.error(plain(t.text("playground.json.object")), icon=":material/error:")
        return None
    return params


def _result(result: SampleResult, t: Translator) -> None:
    sample = result.sample
    rows = t.plural("playground.result.rows", len(sample.rows))
    read = {"bytes": _bytes(sample.bytes_read, t), "latency": t.duration_ms(result.latency_ms)}
    st.markdown(f"**{rows}** · {t.text('playground.result.read', **read)}")
    if sample.truncated_by is not None:
        st.warning(t.text(f"playground.truncated.{sample.truncated_by}"), icon=":material/content_cut:")
    for note in sample.notes:
        st.info(plain(t.message(note)), icon=":material/info:")
    if sample.rows:
        _table(sample, t)
    else:
        st.info(t.text("playground.result.empty"), icon=":material/table_rows:")
    if sample.executed:
        st.caption(t.text("playground.executed"))
        st.code(sample.executed, language="sql", wrap_lines=True)


def _table(sample: Sample, t: Translator) -> None:
    """Every value as text that says exactly what the source holds; numbers of JSON's own types stay numbers."""
    names = [column.name for column in sample.columns]
    frame = pd.DataFrame(
        {
            index: _column([row[index] for row in sample.rows], column.type)
            for index, column in enumerate(sample.columns)
        }
    )
    labels = {
        str(i): f"{name} ({column.type})" for i, (name, column) in enumerate(zip(names, sample.columns, strict=True))
    }
    frame.columns = pd.Index([str(index) for index in frame.columns])
    st.dataframe(
        frame,
        hide_index=True,
        column_config={index: st.column_config.Column(label) for index, label in labels.items()},
        height=min(MAX_HEIGHT, (len(frame) + 1) * ROW_HEIGHT + 3),
        alt=t.plural("playground.result.table", len(frame)),
        key="sample",
    )


def _column(values: list[Any], kind: str) -> Any:
    if kind == "boolean":
        return pd.array(values, dtype="boolean")
    if kind == "float" or (kind == "integer" and all(v is None or abs(v) <= 2**53 for v in values)):
        return pd.array(values, dtype="Int64" if kind == "integer" else "Float64")
    return [_text(value) for value in values]


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex(" ")
    return str(value)


def _bytes(count: int, t: Translator) -> str:
    if count < KIB:
        return t.text("unit.bytes", value=t.number(count))
    if count < KIB * KIB:
        return t.text("unit.kib", value=t.number(count / KIB, 1))
    return t.text("unit.mib", value=t.number(count / KIB / KIB, 1))
