"""Adding a source in three steps: kind, settings, test and create. The draft lives in the session, never in the URL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from html import escape
from pathlib import Path
from uuid import uuid4

import streamlit as st

from core.errors import Busy, CheshmehError, ConfigError, Conflict, InvalidInput
from core.form_values import dotted, is_shown
from core.i18n import Translator
from core.models import KindInfo, Message, SourceDraft
from core.services.idempotency import Once
from core.services.pasting import from_pasted
from ui import checks, cloning, forms, inputs, navigation, state, trying
from ui.runtime import run, runtime
from ui.session import Reader
from ui.state import Draft
from ui.widgets import error_box, facts, html, kind_colour, kind_name, plain

STEPS = ("kind", "settings", "test")
KIND, SETTINGS, TEST = state.KIND_STEP, state.SETTINGS_STEP, state.TEST_STEP
ICONS = Path(__file__).resolve().parent.parent / "static" / "icons"


def progress(step: int, t: Translator) -> None:
    """Where one is: each step with its number; the present one is marked for screen readers too."""
    items = "".join(_step(number, name, step, t) for number, name in enumerate(STEPS, 1))
    html(f"<ol class='steps' aria-label='{escape(t.text('add.step', step=step, steps=len(STEPS)))}'>{items}</ol>")


def _step(number: int, name: str, present: int, t: Translator) -> str:
    style = "done" if number < present else "present" if number == present else "ahead"
    current = " aria-current='step'" if number == present else ""
    mark = "✓" if number < present else t.number(number)
    return f"<li class='{style}'{current}><span>{mark}</span>{escape(t.text(f'add.step.{name}'))}</li>"


def choose_kind(kinds: Sequence[KindInfo], draft: Draft, t: Translator) -> None:
    st.markdown(f"## {t.text('add.kind.lead')}")
    columns = st.columns(3)
    for index, kind in enumerate(kinds):
        with columns[index % 3], st.container(border=True, key=f"kind_{kind.name}"):
            _card(kind.name, t)
            if st.button(t.text("add.kind.choose"), key=f"choose_{kind.name}", type="primary", width="stretch"):
                if draft.kind != kind.name:
                    draft.config = {}
                draft.kind, draft.step, draft.errors = kind.name, SETTINGS, {}
                st.rerun()
    _paste_box([kind.name for kind in kinds], draft, t)


def _card(kind: str, t: Translator) -> None:
    icon = kind if kind.isidentifier() and (ICONS / f"{kind}.svg").is_file() else "source"
    description = t.text_or(f"kind.{kind}.description", "")
    html(
        f"<div class='kind' style='border-inline-start: 4px solid {kind_colour(kind)}; padding-inline-start: .8rem'>"
        f"<img src='/assets/icons/{icon}.svg' alt=''><div><b>{escape(kind_name(kind, t))}</b>"
        f"<p>{escape(description)}</p></div></div>"
    )


def _paste_box(kinds: Sequence[str], draft: Draft, t: Translator) -> None:
    with st.container(border=True, key="paste"):
        st.markdown(f"## {t.text('add.paste')}")
        st.text_input(
            t.text("add.paste.label"),
            type="password",
            help=t.text("add.paste.help"),
            autocomplete="off",
            key=state.PASTED,
            on_change=_take_pasted,
            args=(kinds, draft),
        )
        forms.wrong(draft.errors.get("dsn"), "dsn", t)
        st.button(t.text("add.paste.read"), key="add_paste", on_click=_take_pasted, args=(kinds, draft))


def _take_pasted(kinds: Sequence[str], draft: Draft) -> None:
    """Reads the pasted text into the draft; the text itself is gone before the page is drawn again."""
    text = st.session_state.get(state.PASTED, "")
    st.session_state[state.PASTED] = ""
    if not text:
        return
    try:
        pasted = from_pasted(text)
    except InvalidInput as error:
        draft.errors = {refused.field: refused.message for refused in error.fields}
        return
    if pasted.kind not in kinds:
        draft.errors = {"dsn": Message("field.unknown_kind", {"known": ", ".join(kinds)})}
        return
    draft.kind, draft.config, draft.step, draft.errors = pasted.kind, dict(pasted.config), SETTINGS, {}
    if pasted.name_hint and not draft.about.get("name"):
        draft.about = draft.about | {"name": pasted.name_hint}


def fill_settings(kind: KindInfo, draft: Draft, person: Reader, t: Translator) -> None:
    """Behind the settings of a copy lies its pattern: a copy of another kind would be none."""
    st.markdown(f"## {t.text('add.settings.lead', kind=kind_name(kind.name, t))}")
    if draft.pattern is not None:
        cloning.lead(kind, draft.pattern, t)
    forms.show_faults(kind, draft, t)
    with st.container(border=True, key="settings"):
        about = forms.about_form(draft, t)
        config = forms.config_form(kind, draft, t)
        on, back = _buttons(t.text("add.continue"), t)
    if on or back:
        draft.about, draft.config, draft.result, draft.once = about, config, None, uuid4().hex
        draft.errors = {} if about["name"].strip() or back else {"name": Message("field.missing")}
        if back and draft.pattern is not None:
            navigation.open_source(person, draft.pattern.id)
        draft.step = KIND if back else SETTINGS if draft.errors else TEST
        st.rerun()


def _buttons(label: str, t: Translator) -> tuple[bool, bool]:
    with st.container(horizontal=True):
        on = st.button(label, type="primary", icon=":material/network_check:", key="add_continue")
        back = st.button(t.text("add.back"), key="add_back")
    return on, back


def try_and_create(kind: KindInfo, draft: Draft, person: Reader, t: Translator) -> None:
    result = draft.result
    if result is None:
        _test(draft, person, t)
        return
    said = t.text("add.test.ok" if result.ok else "add.test.failed")
    detail = t.text("add.test.ok.detail", latency=t.duration_ms(result.latency_ms)) if result.ok else ""
    with st.container(border=True, key="why_healthy_test" if result.ok else "why_error_test"):
        st.markdown(f"**{said}** {detail if result.ok else plain(t.message(result.message))}")
    left, right = st.columns(2)
    with left:
        checks.show_checks(result.checks, lambda name: forms.field_label(kind.name, name, t), t)
    with right:
        _summary(kind, draft, t)
    st.info(t.text("add.security"), icon=":material/lock:", title=t.text("add.security.title"))
    _finish(draft, person, t, works=result.ok)


def _test(draft: Draft, person: Reader, t: Translator) -> None:
    try:
        trying.start(person)
    except (InvalidInput, ConfigError) as error:
        _correct(draft, error)
    except Busy as error:
        error_box(error, "test")
        st.button(t.text("add.test.again"), icon=":material/refresh:", key="add_again")
        return
    trying.watch(draft.kind)


def _correct(draft: Draft, error: CheshmehError) -> None:
    """Back to the form, with what was refused beside each field."""
    draft.errors = {refused.field: refused.message for refused in error.fields} or {"name": error.message}
    draft.step = SETTINGS
    st.rerun()


def _summary(kind: KindInfo, draft: Draft, t: Translator) -> None:
    with st.container(border=True, key="summary"):
        st.markdown(f"## {t.text('add.summary')}")
        rows = [(t.text("sources.column.kind"), kind_name(kind.name, t))]
        rows += [(t.text(f"add.field.{name}"), draft.about.get(name, "")) for name in forms.ABOUT]
        held = dotted(draft.config, kind.fields)
        rows += [
            (forms.field_label(kind.name, spec.name, t), inputs.shown(spec, kind.name, held.get(spec.name), t))
            for spec in kind.fields
            if is_shown(spec, held)
        ]
        rows += cloning.carried(draft.pattern, t) if draft.pattern is not None else []
        facts([(label, value) for label, value in rows if value])
        for name, message in draft.errors.items():
            forms.wrong(message, f"summary_{name}", t, forms.field_label(kind.name, name, t))


def _finish(draft: Draft, person: Reader, t: Translator, *, works: bool) -> None:
    if not works:
        st.warning(t.text("add.create.warning"), icon=":material/warning:")
    with st.container(horizontal=True):
        label = t.text("add.create" if works else "add.create.anyway")
        create = st.button(label, type="primary" if works else "secondary", key="add_create")
        again = st.button(t.text("add.test.again"), icon=":material/refresh:", key="add_again")
        back = st.button(t.text("add.back" if works else "add.test.fix"), key="add_fix")
    if create:
        _create(draft, person, t)
    if again or back:
        draft.result = None if again else draft.result
        draft.step = SETTINGS if back else TEST
        st.rerun()


def _create(draft: Draft, person: Reader, t: Translator) -> None:
    """Once for these settings: a second press ends the run of the first, which may have created the source already."""
    wanted = _source_draft(draft)
    try:
        once = Once(draft.once, asdict(wanted))
        source = run(runtime().sources.create(person.actor, person.org, wanted, once=once))
    except (InvalidInput, ConfigError, Conflict) as error:
        _correct(draft, error)
    state.forget_draft()
    state.notify(t.text("add.created", name=source.name))
    navigation.open_source(person, source.id)


def _source_draft(draft: Draft) -> SourceDraft:
    about: Mapping[str, str] = draft.about
    tags = forms.tags_of(about.get("tags", ""), draft.pattern.tags if draft.pattern else ())
    name, description = about.get("name", "").strip(), about.get("description", "").strip()
    made = SourceDraft(kind=draft.kind, name=name, config=draft.config, description=description, tags=tags)
    if draft.pattern is None:
        return made
    return replace(made, check_interval_s=draft.pattern.check_interval_s, breaker=draft.pattern.breaker)
