"""While a source is suspended: the last good answer, marked and dated as such."""

from datetime import UTC, datetime

import streamlit as st

from core.i18n import Translator
from core.models import SampleResult, Source
from ui import params
from ui.result import result
from ui.runtime import run, runtime
from ui.session import Reader


def last_good(source: Source, person: Reader, seen: SampleResult | None, t: Translator) -> None:
    """`seen` is what this page showed before: an answer too large to be kept is still there for who asked for it."""
    kept = run(runtime().sources.last_sample(person.actor, person.org, source.id))
    if kept is None:
        key = "playground.last.suspended" if seen else "playground.last.none"
        st.info(t.text(key), icon=":material/history:")
        if seen is not None:
            result(source, seen, t)
        return
    with st.container(border=True, key="why_suspended_last"):
        when = {"when": t.datetime(kept.ts), "ago": t.ago(kept.ts, datetime.now(UTC))}
        st.markdown(f":material/history: **{t.text('playground.last', **when)}** {t.text('playground.last.suspended')}")
        with st.expander(t.text("playground.last.params")):
            st.code(params.written(kept.params), language="json", wrap_lines=True)
    result(source, kept.result, t)
