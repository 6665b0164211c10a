"""The rungs of a ladder of checks as a list: what was tried, how it went, what to do, and what is still ahead."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import streamlit as st

from core.i18n import Translator
from core.models import Change, Check, CheckStatus
from ui.widgets import advice, plain

MARKS = {
    CheckStatus.OK: ":green[:material/check_circle:]",
    CheckStatus.WARNING: ":orange[:material/warning:]",
    CheckStatus.FAILED: ":red[:material/cancel:]",
    CheckStatus.SKIPPED: ":gray[:material/remove_circle_outline:]",
    CheckStatus.UNSUPPORTED: ":gray[:material/block:]",
}
UNDER_WAY, AHEAD = ":blue[:material/progress_activity:]", ":gray[:material/radio_button_unchecked:]"


def show_checks(checks: Sequence[Check], label: Callable[[str], str], t: Translator, ahead: Sequence[str] = ()) -> None:
    """`label` names a dotted field the way the form does; `ahead` are the steps to come, the one under way first."""
    with st.container(border=True, key="checks"):
        for check in checks:
            st.markdown(_line(check, t))
            _help(check, label, t)
        for mark, step in zip([UNDER_WAY, *[AHEAD] * len(ahead)], ahead, strict=False):
            st.markdown(f"{mark} :gray[{plain(step_name(step, t))}]")


def show_changes(changes: Sequence[Change], t: Translator) -> None:
    """What is not as it was when all was last well."""
    for change in changes:
        st.markdown(f":material/difference: {plain(t.message(change.message))}")


def step_name(step: str, t: Translator) -> str:
    return t.text_or(f"step.{step}", step)


def _line(check: Check, t: Translator) -> str:
    parts = [f"{MARKS[check.status]} **{plain(step_name(check.step, t))}** {t.text(f'check.{check.status.value}')}"]
    if check.evidence is not None and check.evidence.key != f"check.{check.status.value}":
        parts.append(plain(t.message(check.evidence).removesuffix(".")))
    if round(check.ms, 1):
        parts.append(t.duration_ms(check.ms))
    return " · ".join(parts)


def _help(check: Check, label: Callable[[str], str], t: Translator) -> None:
    """What to do and where, and what a person may want to look up elsewhere."""
    wrong = check.status in (CheckStatus.FAILED, CheckStatus.WARNING)
    details = list(_details(check, t))
    if not (wrong and (check.advice or check.fields)) and not details:
        return
    with st.container(key=f"check_help_{check.step}"):
        if wrong and check.advice is not None:
            advice(check.advice, t)
        if wrong and check.fields:
            st.caption(t.text("add.test.fields", fields=t.listed([label(name) for name in check.fields])))
        if details:
            st.caption(" · ".join(details))


def _details(check: Check, t: Translator) -> Iterator[str]:
    """The command that ran; of a certificate its fingerprint."""
    shown: dict[str, Any] = {"ladder.command": "command", "ladder.fingerprint": "certificate"}
    for key, name in shown.items():
        if name in check.facts:
            yield f"{t.text(key)} {t.isolated(plain(str(check.facts[name])))}"
