"""The rungs of a ladder of checks as a list: what was tried, how it went, what to do."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.i18n import Translator
from core.models import Check, CheckStatus
from ui.widgets import advice, plain

MARKS = {
    CheckStatus.OK: ":green[:material/check_circle:]",
    CheckStatus.WARNING: ":orange[:material/warning:]",
    CheckStatus.FAILED: ":red[:material/cancel:]",
    CheckStatus.SKIPPED: ":gray[:material/remove_circle_outline:]",
    CheckStatus.UNSUPPORTED: ":gray[:material/block:]",
}


def show_checks(checks: Sequence[Check], label: Callable[[str], str], t: Translator) -> None:
    """`label` names a dotted field the way the form does."""
    with st.container(border=True, key="checks"):
        for check in checks:
            st.markdown(_line(check, t))
            if check.status in (CheckStatus.FAILED, CheckStatus.WARNING):
                _help(check, label, t)


def _line(check: Check, t: Translator) -> str:
    step = t.text_or(f"step.{check.step}", check.step)
    parts = [f"{MARKS[check.status]} **{plain(step)}** {t.text(f'check.{check.status.value}')}"]
    if check.evidence is not None and check.evidence.key != f"check.{check.status.value}":
        parts.append(plain(t.message(check.evidence).removesuffix(".")))
    if round(check.ms, 1):
        parts.append(t.duration_ms(check.ms))
    return " · ".join(parts)


def _help(check: Check, label: Callable[[str], str], t: Translator) -> None:
    with st.container(key=f"check_help_{check.step}"):
        if check.advice is not None:
            advice(check.advice, t)
        if check.fields:
            st.caption(t.text("add.test.fields", fields=t.listed([label(name) for name in check.fields])))
