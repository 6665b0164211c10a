"""What is done with several sources at once: they are chosen in the table, and each is acted on as if alone."""

from collections.abc import Awaitable, Callable, Sequence

import streamlit as st

from core.errors import CheshmehError
from core.i18n import Translator
from core.models import Role, Source
from ui import asking, ping_all, state, table
from ui.filters import tags_among
from ui.forms import tags_of
from ui.runtime import run, runtime
from ui.session import Reader, reader

PAUSE, RESUME, TAG, DELETE = "pause", "resume", "tag", "delete"
ASK_TAG, ASK_DELETE = "bulk_tag", "bulk_delete"
NAMED_MAX = 5

Act = Callable[[Source], Awaitable[object]]


def choosing() -> bool:
    return bool(st.session_state.get(state.CHOOSING))


def switch(person: Reader, t: Translator) -> None:
    """Whether a press on a row opens the source or chooses it."""
    if person.may(Role.ANALYST):
        st.toggle(t.text("bulk.choose"), key=state.CHOOSING, help=t.text("bulk.choose.help"))


def chosen(sources: Sequence[Source], person: Reader, t: Translator) -> list[Source]:
    """Those of these that are chosen, below what can be done with them; none while a press opens."""
    if not choosing():
        return []
    found = table.chosen(sources)
    actions(found, person, t)
    return found


def actions(chosen: Sequence[Source], person: Reader, t: Translator) -> None:
    """The buttons that this person may press, dead until something is chosen."""
    with st.container(border=True, key="bulk", horizontal=True, vertical_alignment="center"):
        st.markdown(t.plural("bulk.chosen", len(chosen)), width="stretch")
        if _button("ping", ":material/monitor_heart:", chosen, t):
            ping_all.start(person, [source.id for source in chosen])
            st.rerun()
        if not person.may(Role.EDITOR):
            return
        if _button(PAUSE, ":material/pause:", chosen, t):
            _each(PAUSE, chosen, lambda source: _update(person, source, {"paused": True}), t)
        if _button(RESUME, ":material/play_arrow:", chosen, t):
            _each(RESUME, chosen, lambda source: _update(person, source, {"paused": False}), t)
        if _button(TAG, ":material/label:", chosen, t):
            asking.ask(ASK_TAG, tuple(chosen))
        if person.may(Role.ADMIN) and _button(DELETE, ":material/delete:", chosen, t):
            asking.ask(ASK_DELETE, tuple(chosen))
    asking.show({ASK_TAG: _tag, ASK_DELETE: _delete}, t)


def _button(action: str, icon: str, chosen: Sequence[Source], t: Translator) -> bool:
    return st.button(t.text(f"bulk.{action}"), icon=icon, disabled=not chosen, key=f"bulk_{action}")


def _tag(chosen: Sequence[Source], t: Translator) -> None:
    asking.consequence("bulk.tag.about", t, names=_names(chosen, t))
    person = reader()
    add = tags_of(st.text_input(t.text("bulk.tag.add"), help=t.text("add.field.tags.help"), key="bulk_tag_add"))
    present = tags_among(chosen)
    drop = set(st.multiselect(t.text("bulk.tag.drop"), present, key="bulk_tag_drop"))
    if asking.confirmed("bulk_tag", t.text("bulk.tag.go"), disabled=not (add or drop)):

        async def changed(source: Source) -> None:
            present = await runtime().sources.get(person.actor, person.org, source.id)  # others may have tagged it too
            kept = [tag for tag in present.tags if tag not in drop]
            changes = {"tags": [*kept, *(tag for tag in add if tag not in kept)]}
            await runtime().sources.update(person.actor, person.org, source.id, changes, if_version=present.version)

        _each(TAG, chosen, changed, t)


def _delete(chosen: Sequence[Source], t: Translator) -> None:
    asking.consequence("bulk.delete.about", t, names=_names(chosen, t))
    person = reader()
    typed = st.text_input(t.plural("bulk.delete.type", len(chosen)), key="bulk_delete_typed")
    sure = typed.strip().isdecimal() and int(typed) == len(chosen)  # in whatever digits
    if asking.confirmed("bulk_delete", t.text("bulk.delete.go"), disabled=not sure):
        _each(DELETE, chosen, lambda source: runtime().sources.delete(person.actor, person.org, source.id), t)


def _each(action: str, chosen: Sequence[Source], act: Act, t: Translator) -> None:
    """One after the other; what is refused for one stops no other, and is said by name."""
    failed = run(_done(chosen, act))
    said = t.plural(f"bulk.{action}.done", len(chosen) - len(failed))
    if failed:
        listed = t.listed([f"{t.isolated(source.name)} ({t.message(error.message)})" for source, error in failed])
        said = f"{said} {t.text('bulk.failed', names=listed)}"
    state.forget(state.ORDER)
    table.choose_anew()
    asking.answered(said)


async def _done(chosen: Sequence[Source], act: Act) -> list[tuple[Source, CheshmehError]]:
    failed = []
    for source in chosen:
        try:
            await act(source)
        except CheshmehError as error:
            failed.append((source, error))
    return failed


def _update(person: Reader, source: Source, changes: dict[str, object]) -> Awaitable[object]:
    return runtime().sources.update(person.actor, person.org, source.id, changes)


def _names(chosen: Sequence[Source], t: Translator) -> str:
    named = [t.isolated(source.name) for source in chosen[:NAMED_MAX]]
    more = len(chosen) - NAMED_MAX
    return t.listed([*named, *([t.plural("bulk.more", more)] if more > 0 else [])])
