"""While a source is suspended: the last good answer, marked and dated as such."""

from datetime import UTC, datetime

import streamlit as st

from core.i18n import Translator
from core.models import Source
from ui import params
from ui.result import result
from ui.runtime import run, runtime
from ui.session import Reader


def last_good(source: Source, person: Reader, t: Translator) -> None:
    """Nothing where this process has seen no good answer of the present configuration."""
    kept = run(runtime().sources.last_sample(person.actor, person.org, source.id))
    if kept is None:
        st.info(t.text("playground.last.none"), icon=":material/history:")
        return
    with st.container(border=True, key="why_suspended_last"):
        when = {"when": t.datetime(kept.ts), "ago": t.relative(kept.ts, datetime.now(UTC))}
        st.markdown(f":material/history: **{t.text('playground.last', **when)}** {t.text('playground.last.suspended')}")
        with st.expander(t.text("playground.last.params")):
            st.code(params.written(kept.params), language="json", wrap_lines=True)
    result(source, kept.result, t)
