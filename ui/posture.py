"""Above a playground: whether the credential itself could write, as the last ladder found, and what mends it."""

import streamlit as st

from core.i18n import Translator
from core.models import Check, CheckStatus, Source
from ui.runtime import run, runtime
from ui.session import Reader
from ui.widgets import advice, plain

STEP = "read_only"
PROVEN = "check.writes."
"""What begins so was found at the server; a bucket's rights can only be guessed at."""


def posture(source: Source, person: Reader, t: Translator) -> None:
    """Nothing where nobody looked yet, or where it can only read."""
    last = run(runtime().sources.ladder(person.actor, person.org, source.id))
    check = next((check for check in last.checks if _could_write(check)), None) if last else None
    if check is None or check.evidence is None:
        return
    with st.expander(t.text("playground.posture"), icon=":material/shield:", key="posture"):
        st.markdown(plain(t.message(check.evidence)))
        if check.advice is not None:
            advice(check.advice, t)


def _could_write(check: Check) -> bool:
    warned = check.step == STEP and check.status is CheckStatus.WARNING
    return warned and check.evidence is not None and check.evidence.key.startswith(PROVEN)
