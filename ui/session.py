"""Who looks at the page, in which organisation and language: found anew at every run, fragments included."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.access.forwarded import address_of
from core.errors import Forbidden, NotFound, Unauthenticated
from core.i18n import LANGUAGES, Translator, translator
from core.models import Actor, Organisation, Role
from core.settings import LANG_COOKIE, ORG_COOKIE, SESSION_COOKIE
from ui import state
from ui.runtime import run, runtime

if TYPE_CHECKING:
    from core.access.identity import Access

LOGIN, HERE = "/session/login", "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Reader:
    """The person of this session and the organisation on the page."""

    actor: Actor
    organisation: Organisation
    organisations: tuple[Organisation, ...]

    @property
    def org(self) -> str:
        return self.organisation.slug

    @property
    def role(self) -> Role:
        return self.actor.roles[self.org]

    def may(self, role: Role) -> bool:
        return self.role >= role


_KNOWN: ContextVar[Reader | None] = ContextVar("reader", default=None)


def token() -> str | None:
    return st.context.cookies.get(SESSION_COOKIE)


def address() -> str:
    """Where the browser is, as every other request has it. Streamlit tells no peer that is this machine."""
    forwarded = st.context.headers.get_all("X-Forwarded-For")
    return address_of(st.context.ip_address or HERE, forwarded, runtime().settings.proxy_networks) or HERE


def words() -> Translator:
    """The translator of this session."""
    return translator(language(), runtime().settings.timezone, isolates=True)


def language() -> str:
    """The one asked for in the address, else the one chosen before, else that of a first visit."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        st.session_state[state.LANG] = asked
    if state.LANG not in st.session_state:
        kept = st.context.cookies.get(LANG_COOKIE)
        st.session_state[state.LANG] = kept if kept in LANGUAGES else runtime().settings.locale
    return str(st.session_state[state.LANG])


def choose_language(lang: str) -> None:
    st.session_state[state.LANG] = lang
    st.query_params.pop("lang", None)


def reader() -> Reader:
    """Who looks, asked anew of the session's store; once in a run of the whole page.

    Raises Unauthenticated without a valid session, Forbidden (`no_organisation`) for a person without an organisation,
    NotFound for an organisation in the address that is not the person's.
    """
    return _KNOWN.get() or _asked()


@contextmanager
def known_reader(person: Reader) -> Iterator[None]:
    """Who looks, while the frame draws the page in it. Fragments run later, outside of it, and ask for themselves."""
    before = _KNOWN.set(person)
    try:
        yield
    finally:
        _KNOWN.reset(before)


def _asked() -> Reader:
    actor, organisations = run(_who(runtime().access, token(), address()))
    if actor is None:
        raise Unauthenticated()
    if not organisations:
        raise Forbidden("no_organisation")
    return Reader(actor, _chosen(organisations), organisations)


async def _who(access: "Access", session: str | None, address: str) -> tuple[Actor | None, tuple[Organisation, ...]]:
    actor = await access.actor_of_session(session, address)
    return actor, () if actor is None else await access.organisations_of(actor)


def sign_out() -> str:
    """Ends the session; the address to go on to, an identity provider's where the person came by one."""
    leaving, sign_on = (token(), address()), runtime().sign_on
    if sign_on is not None:
        return run(sign_on.leave(*leaving)) or LOGIN
    run(runtime().access.sign_out(*leaving))
    return LOGIN


def _chosen(organisations: tuple[Organisation, ...]) -> Organisation:
    """One for the whole session: what is typed or drawn on a page of one never meets the services of another."""
    known = {organisation.slug: organisation for organisation in organisations}
    if state.ORG not in st.session_state:
        kept = st.context.cookies.get(ORG_COOKIE)
        last = kept if kept in known else organisations[0].slug
        st.session_state[state.ORG] = st.query_params.get("org", last)
    slug = st.session_state[state.ORG]
    if slug not in known:
        raise NotFound()
    return known[slug]
