"""Where the organisation's sources may lie: its list, what an empty one means, and whom a new one would shut out."""

import re

import streamlit as st

from core.errors import InvalidInput, PreconditionFailed
from core.i18n import Translator
from ui import asking, state
from ui.refusals import refusals_shown
from ui.runtime import run, runtime
from ui.session import Reader, reader
from ui.widgets import errors_shown, plain

LIST, MADE_OF, TYPED = "ltr_egress_entries", "egress_made_of", "egress_typed"
SHOWN_MAX = 20
"""Names of sources in a warning; the rest are counted."""


def egress(person: Reader, t: Translator) -> None:
    entries = run(runtime().egress.entries(person.actor, person.org))
    asking.show({"egress_set": _set}, t)
    _meaning(entries, t)
    waits = _taken_over(entries, t)
    st.text_area(t.text("egress.list"), height=220, help=t.text("egress.list.help"), key=LIST)
    st.caption(t.text("egress.list.note"))
    with st.container(horizontal=True):
        save = st.button(t.text("egress.save"), type="primary", disabled=waits, key="egress_save")
        clear = bool(entries) and st.button(t.text("egress.clear"), disabled=waits, key="egress_clear")
    if (save or clear) and not waits:
        wanted = () if clear else _typed()
        with errors_shown("egress"):
            try:
                _weigh(wanted, entries, t)
            except InvalidInput as error:
                _refused(error, wanted, t)


def _taken_over(entries: tuple[str, ...], t: Translator) -> bool:
    """Whether somebody else changed the list meanwhile: what was typed is kept until it is put away, and saved by none.

    The press that follows the typing is a run of its own, which may still bring the old text.
    """
    before: tuple[str, ...] | None = st.session_state.get(MADE_OF)
    if before != entries or LIST not in st.session_state:
        if before not in (None, entries) and LIST in st.session_state:
            st.session_state[TYPED] = st.session_state[LIST]
        _begin(entries)
    if TYPED not in st.session_state:
        return False
    st.warning(t.text("egress.meanwhile"), icon=":material/group:")
    st.code(st.session_state[TYPED], language=None)
    st.button(t.text("once.done"), on_click=_put_away, args=(entries,), key="egress_put_away")
    return True


def _begin(entries: tuple[str, ...]) -> None:
    st.session_state.update({LIST: "\n".join(entries), MADE_OF: entries})


def _put_away(entries: tuple[str, ...]) -> None:
    state.forget(TYPED)
    _begin(entries)


def _typed() -> tuple[str, ...]:
    """A line or a comma ends an entry; an empty one is none."""
    text = st.session_state[LIST].replace("،", ",").replace(",", "\n")
    return tuple(entry.strip() for entry in text.splitlines() if entry.strip())


def _meaning(entries: tuple[str, ...], t: Translator) -> None:
    with st.container(border=True, key="why_healthy_egress" if entries else "why_unknown_egress"):
        if entries:
            st.markdown(f"**{t.plural('egress.some', len(entries))}** {t.text('egress.some.body')}")
        else:
            st.markdown(f"**{t.text('egress.none')}** {t.text('egress.none.body')}")


def _weigh(wanted: tuple[str, ...], present: tuple[str, ...], t: Translator) -> None:
    """Saves a list that shuts nobody out; of any other one it is asked first."""
    if wanted == present:
        st.info(t.text("egress.same"))
        return
    person = reader()
    with st.spinner(t.text("egress.weighing")):
        out = run(runtime().egress.shut_out(person.actor, person.org, wanted))
    if out or not wanted:
        asking.ask("egress_set", (wanted, present, out))
        st.rerun()
    _keep(wanted, present, t)


def _refused(error: InvalidInput, wanted: tuple[str, ...], t: Translator) -> None:
    """Names each wrong entry by itself: its place in the list tells nobody anything."""
    for refused in error.fields:
        place = re.fullmatch(r"entries\[(\d+)\]", refused.field)
        entry = wanted[int(place[1])] if place else t.text("egress.list")
        st.error(plain(t.text("egress.wrong", entry=entry, why=t.message(refused.message))), icon=":material/error:")


def _set(about: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], t: Translator) -> None:
    wanted, present, out = about
    if out:
        st.markdown(t.plural("ask.egress_set.out", len(out)))
        st.markdown("\n".join(f"- {plain(name)}" for name in out[:SHOWN_MAX]))
        if len(out) > SHOWN_MAX:
            st.caption(t.plural("ask.egress_set.more", len(out) - SHOWN_MAX))
    else:
        asking.consequence("ask.egress_set.clear", t)
    if asking.confirmed("egress_set", t.text("egress.clear" if not wanted else "ask.egress_set.go")):
        with refusals_shown("dialog", t):
            _keep(wanted, present, t)


def _keep(wanted: tuple[str, ...], present: tuple[str, ...], t: Translator) -> None:
    """Instead of the list that was seen: what somebody else saved since then is shown first."""
    person = reader()
    try:
        run(runtime().egress.set(person.actor, person.org, wanted, instead_of=present))
    except PreconditionFailed:
        asking.close()
        st.rerun()
    state.forget(LIST, MADE_OF)
    asking.answered(t.text("egress.saved" if wanted else "egress.cleared"))
