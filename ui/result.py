"""A sample, every limit said in words, in several views, and the same rows to take away."""

from collections.abc import Callable

import streamlit as st

from core.exports.delimited import objects
from core.i18n import Translator
from core.models import Sample, SampleResult, Source
from ui import state
from ui.result_chart import chart
from ui.result_downloads import downloads
from ui.result_profile import columns
from ui.result_table import table
from ui.runtime import runtime
from ui.units import size
from ui.widgets import plain

JSON_ROWS_MAX = 100
CODE = {"postgres": "sql", "graphql": "graphql", "mongodb": "json", "rest": "http"}


def result(source: Source, found: SampleResult, t: Translator) -> None:
    sample = found.sample
    rows = t.plural("playground.result.rows", len(sample.rows))
    read = {"bytes": size(sample.bytes_read, t), "latency": t.duration_ms(found.latency_ms)}
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{rows}** · {t.text('playground.result.read', **read)}", width="content")
        if sample.rows:
            downloads(source, found, t)
    if sample.truncated_by is not None:
        cut = t.plural(f"playground.truncated.{sample.truncated_by}", len(sample.rows))
        st.warning(cut, icon=":material/content_cut:")
    for note in sample.notes:
        st.info(plain(t.message(note)), icon=":material/info:")
    if sample.rows:
        _views(sample, t)
    else:
        st.info(t.text("playground.result.empty"), icon=":material/table_rows:")
    if sample.executed:
        st.caption(t.text("playground.executed"))
        st.code(sample.executed, language=CODE.get(source.kind), wrap_lines=True)
    _snippet(source, found, t)


def _snippet(source: Source, found: SampleResult, t: Translator) -> None:
    program = runtime().sources.snippet(source, found.asked)
    if program:
        with st.expander(t.text("playground.snippet"), icon=":material/code:"):
            st.caption(t.text("playground.snippet.lead"))
            st.code(program, language="python")


def _views(sample: Sample, t: Translator) -> None:
    """Only the one that is open is drawn."""
    tabs = st.tabs(
        [t.text(f"playground.view.{name}") for name in VIEWS], key=state.in_words(state.VIEW, t.lang), on_change="rerun"
    )
    opened = [(tab, draw) for tab, draw in zip(tabs, VIEWS.values(), strict=True) if tab.open]
    tab, draw = opened[0] if opened else (tabs[0], table)
    with tab:
        draw(sample, t)


def _json(sample: Sample, t: Translator) -> None:
    rows = [row for row, _ in zip(objects(sample), range(JSON_ROWS_MAX), strict=False)]
    if len(sample.rows) > len(rows):
        st.caption(t.text("playground.view.json.first", shown=len(rows), total=len(sample.rows)))
    st.json(rows, expanded=2)


VIEWS: dict[str, Callable[[Sample, Translator], None]] = {
    "table": table,
    "json": _json,
    "columns": columns,
    "chart": chart,
}
