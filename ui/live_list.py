"""A list that is left open: drawn anew when a status has changed, and where it says ages, every minute."""

import time
from collections.abc import Sequence
from operator import attrgetter

import streamlit as st

from core.models import Source
from ui import state
from ui.listing import everything
from ui.runtime import run, runtime
from ui.session import reader
from ui.widgets import errors_shown

LOOK_S = 10
AGES_S, CHARTS_S = 60, 300
"""Charts say nothing new more often than history has stretches."""

_proven = attrgetter("id", "status")


@st.fragment(run_every=LOOK_S)
def keep_fresh(drawn: Sequence[Source], at: float, ages_s: float = AGES_S) -> None:
    """`drawn` are the organisation's sources as the page showed them at `at`, on the monotonic clock.

    Reads stored state only. Under an open dialog the page waits: to draw it anew would close it.
    """
    age = time.monotonic() - at
    if age < LOOK_S / 2 or state.in_dialog():
        return  # just drawn, by the run of the page itself
    with errors_shown("live"):
        present = run(everything(runtime().sources, reader())).everything
        if age > ages_s or list(map(_proven, present)) != list(map(_proven, drawn)):
            st.rerun()
