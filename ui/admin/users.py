"""For server administrators: everybody who can sign in, and the organisations; none of their sources."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core.i18n import Translator
from core.models import Organisation, Role
from core.services.accounts import User
from ui import asking, grid, once, rows, state
from ui.refusals import refusals_shown
from ui.runtime import run, runtime
from ui.session import Reader, reader
from ui.widgets import plain

NAME, LINK = "users", "password_link"
NEW_USER = "user_name"
NEW_ORG = ("ltr_org_slug", "org_name")
ACTIONS = ("link", "disable", "enable")


def users(person: Reader, t: Translator) -> None:
    found = {user.name: user for user in run(runtime().accounts.users(person.actor))}
    match rows.pressed(NAME, *ACTIONS):
        case (action, name) if name in found:
            asking.ask(f"user_{action}", name)
    asking.show({f"user_{action}": form for action, form in zip(ACTIONS, (_link, _disable, _enable), strict=True)}, t)
    once.show(LINK, t)
    _table(found, t)
    _add_user(t)
    organisations = run(runtime().accounts.organisations(person.actor))
    st.markdown(f"## {t.text('admin.organisations')}")
    _organisations(organisations, t)
    _add_organisation(person, found, t)


def _table(found: Mapping[str, User], t: Translator) -> None:
    def label(name: str) -> str:
        return t.text(f"admin.users.{name}")

    widths = {"name": 190, "server_admin": 100, "password": 120, "state": 170}
    columns = {name: grid.text(label(name), t, width=width) for name, width in widths.items()}
    disabled = frozenset(name for name, user in found.items() if user.disabled_at)
    idle = {"link": disabled, "disable": disabled, "enable": frozenset(found) - disabled}
    cells = {name: _cells(user, t) for name, user in found.items()}
    rows.table(NAME, columns, cells, t, {action: label(action) for action in ACTIONS}, idle)


def _cells(user: User, t: Translator) -> tuple[str, ...]:
    server_admin = t.text("form.yes") if user.server_admin else ""
    password = t.text(f"admin.users.password.{'set' if user.has_password else 'none'}")
    since = user.disabled_at
    state_words = t.text("admin.users.disabled", when=t.date(since)) if since else t.text("admin.users.active")
    return user.name, server_admin, password, state_words


def _add_user(t: Translator) -> None:
    with st.expander(t.text("admin.users.add"), icon=":material/person_add:", key="user_add"):
        name = st.text_input(t.text("input.username"), help=t.text("admin.users.add.help"), key=NEW_USER)
        admin = st.toggle(t.text("admin.users.add.admin"), key="user_admin")
        if once.asked(LINK, t.text("admin.users.add.go"), "user_add_go"):
            with refusals_shown("user", t):
                run(runtime().accounts.add_user(reader().actor, name or "", None, admin))
                _make_link((name or "").strip())
                state.sent(NEW_USER)
                st.rerun()


def _make_link(name: str) -> None:
    actor, service, origin = reader().actor, runtime().accounts, runtime().settings.origin

    async def link() -> str:
        return f"{origin}{(await service.new_password_link(actor, name)).path}"

    once.make(LINK, link, name)


def _link(name: str, t: Translator) -> None:
    asking.consequence("ask.user_link.body", t, name=name)
    waits = once.shown(LINK)
    if waits is not None:
        st.caption(t.text("ask.user_link.waits", name=t.isolated(plain(waits.whose))))
    if asking.confirmed("user_link", t.text("ask.user_link.go"), disabled=waits is not None) and waits is None:
        with refusals_shown("dialog", t):
            _make_link(name)
            asking.answered(t.text("admin.users.link.done", name=name))


def _disable(name: str, t: Translator) -> None:
    asking.consequence("ask.user_disable.body", t, name=name)
    if asking.confirmed("user_disable", t.text("admin.users.disable")):
        with refusals_shown("dialog", t):
            run(runtime().accounts.disable(reader().actor, name))
            asking.answered(t.text("admin.users.disable.done", name=name))


def _enable(name: str, t: Translator) -> None:
    asking.consequence("ask.user_enable.body", t, name=name)
    if asking.confirmed("user_enable", t.text("admin.users.enable")):
        with refusals_shown("dialog", t):
            run(runtime().accounts.enable(reader().actor, name))
            asking.answered(t.text("admin.users.enable.done", name=name))


def _organisations(found: Sequence[Organisation], t: Translator) -> None:
    columns = {name: grid.text(t.text(f"admin.organisations.{name}"), t, width=320) for name in ("name", "slug")}
    rows.table("organisations", columns, {each.slug: (each.name, each.slug) for each in found}, t)


def _add_organisation(person: Reader, people: Mapping[str, User], t: Translator) -> None:
    """With its first administrator: without one nobody could go on."""
    able = [name for name, user in people.items() if not user.disabled_at]
    with st.expander(t.text("admin.organisations.add"), icon=":material/add:", key="org_add"):
        left, middle, right = st.columns(3)
        slug = left.text_input(t.text("input.slug"), help=t.text("admin.organisations.slug.help"), key=NEW_ORG[0])
        name = middle.text_input(t.text("input.name"), key=NEW_ORG[1])
        me = able.index(person.actor.name) if person.actor.name in able else 0
        first = right.selectbox(t.text("admin.organisations.first"), able, me, key="org_first")
        if st.button(t.text("admin.organisations.add.go"), type="primary", key="org_add_go"):
            with refusals_shown("organisation", t):
                _make_organisation((slug or "").strip(), name or "", first)
                state.notify(t.text("admin.organisations.added", name=name))
                st.rerun()


def _make_organisation(slug: str, name: str, first: str) -> None:
    actor, accounts, members = reader().actor, runtime().accounts, runtime().members

    async def made() -> None:
        await accounts.add_organisation(actor, slug, name)
        await members.add(actor, slug, first, Role.ADMIN)

    # To the end, whatever is pressed meanwhile: without its administrator it could neither be used nor made again.
    runtime().run(made())
    state.sent(*NEW_ORG)
