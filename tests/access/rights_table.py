"""Who may call what: every public method of every service, the least that it takes, and a call that would succeed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from core.models import Actor, Role, SourceDraft
from core.runtime import Runtime
from tests.people import add_member, add_user, local_actor

START, END = datetime(2026, 3, 21, tzinfo=UTC), datetime(2026, 3, 22, tzinfo=UTC)
PASSWORD, OTHER = "correct horse", "battery staple"
NUMBERS = count(1)


class Needs(Enum):
    """What a method takes where it is no role in an organisation."""

    SERVER_ADMIN = auto()
    PERSON = auto()
    """Anybody who signed in, about themselves."""
    SCOPE = auto()
    """A token of the scope `metrics`; nobody's role includes it."""
    MEMBER_FINDS = auto()
    """Gives nothing to others, as if there were nothing."""
    CODE = auto()
    """Whoever holds the code of a link; there is no actor."""
    NOTHING = auto()
    """Takes no actor, or is called by other services only; nothing of anybody's is told."""


class World:
    """Two organisations; what a call needs is made anew each time, so that no cell depends on another."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime, self._owner = runtime, local_actor(runtime)

    @property
    def organisations(self) -> set[str]:
        return set(self._owner.roles)

    def source(self, org: str) -> UUID:
        draft = SourceDraft("fake", f"source {next(NUMBERS)}", {"host": f"host-{next(NUMBERS)}"})
        return self.runtime.run(self.runtime.sources.create(self._owner, org, draft)).id

    def user(self) -> str:
        name = f"user {next(NUMBERS)}"
        add_user(self.runtime, name, PASSWORD)
        return name

    def member(self, org: str) -> str:
        name = self.user()
        add_member(self.runtime, org, name, Role.VIEWER)
        return name

    def hook(self, org: str) -> UUID:
        return self.runtime.run(self.runtime.alerts.add(self._owner, org, "http://127.0.0.1:9/hook")).hook.id

    def query(self, org: str) -> UUID:
        draft = {"name": f"query {next(NUMBERS)}", "source_id": str(self.source(org)), "params": {}, "shared": True}
        return self.runtime.run(self.runtime.queries.save(self._owner, org, draft)).id

    def token(self, org: str | None) -> UUID:
        create = self.runtime.tokens.create(self._owner, org, "", Role.VIEWER if org else None, frozenset(), 1)
        return self.runtime.run(create).id

    def invitation(self, org: str) -> UUID:
        return self.runtime.run(self.runtime.invitations.create(self._owner, org, Role.VIEWER)).invitation.id

    def code(self) -> str:
        """Into an organisation that nobody of the table belongs to."""
        return self.runtime.run(self.runtime.invitations.create(self._owner, "third", Role.VIEWER)).code

    def link(self) -> str:
        return self.runtime.run(self.runtime.accounts.new_password_link(self._owner, self.user())).code

    def session_of(self, actor: Actor) -> UUID:
        self.runtime.run(self.runtime.access.sign_in(actor.name, PASSWORD))
        return next(s.id for s in self.runtime.run(self.runtime.accounts.sessions(actor)) if not s.current)

    def ping_all(self, org: str) -> UUID:
        return self.runtime.run(self.runtime.sources.ping_all(self._owner, org)).id

    def climbed(self, org: str) -> UUID:
        return self.runtime.run(self.runtime.sources.diagnose(self._owner, org, self.source(org))).id


Call = Callable[[World, Any, Actor, str], Any]
"""The world, the service, who asks, and the organisation: a coroutine, or what a plain method gives."""


@dataclass(frozen=True)
class Row:
    """`of_one` makes what is asked for by its id, or its name: another organisation may have it."""

    needs: Role | Needs
    call: Call | None = None
    of_one: Callable[[World, str], Any] | None = None
    with_id: Callable[[Any, Actor, str, Any], Any] | None = None


def source(needs: Role, with_id: Callable[[Any, Actor, str, Any], Any]) -> Row:
    return Row(needs, of_one=lambda w, o: w.source(o), with_id=with_id)


def query(needs: Role, with_id: Callable[[Any, Actor, str, Any], Any]) -> Row:
    return Row(needs, of_one=lambda w, o: w.query(o), with_id=with_id)


V, A, E, M = Role.VIEWER, Role.ANALYST, Role.EDITOR, Role.ADMIN
CONFIG = {"host": "there"}
FORCE = {"action": "force_open", "reason": "work"}

TABLE: dict[str, Row] = {
    "sources.kinds": Row(Needs.NOTHING),
    "sources.schemas": Row(Needs.NOTHING),
    "sources.sample_request": Row(Needs.NOTHING),
    "sources.snippet": Row(Needs.NOTHING),
    "sources.close": Row(Needs.NOTHING),
    "sources.authorise": source(V, lambda s, a, o, i: s.authorise(a, o, Role.VIEWER, i)),
    "sources.list": Row(V, lambda w, s, a, o: s.list(a, o)),
    "sources.get": source(V, lambda s, a, o, i: s.get(a, o, i)),
    "sources.create": Row(E, lambda w, s, a, o: s.create(a, o, SourceDraft("fake", f"new {next(NUMBERS)}", CONFIG))),
    "sources.update": source(E, lambda s, a, o, i: s.update(a, o, i, {"description": "new"})),
    "sources.set_breaker": source(E, lambda s, a, o, i: s.set_breaker(a, o, i, FORCE)),
    "sources.delete": source(M, lambda s, a, o, i: s.delete(a, o, i)),
    "sources.ping": source(A, lambda s, a, o, i: s.ping(a, o, i)),
    "sources.ping_all": Row(A, lambda w, s, a, o: s.ping_all(a, o)),
    "sources.job": Row(Needs.MEMBER_FINDS, lambda w, s, a, o: s.job(a, w.ping_all(o))),
    "sources.sample": source(A, lambda s, a, o, i: s.sample(a, o, i, {})),
    "sources.last_sample": source(A, lambda s, a, o, i: s.last_sample(a, o, i)),
    "sources.runs": source(A, lambda s, a, o, i: s.runs(a, o, i)),
    "sources.check_sample": source(A, lambda s, a, o, i: s.check_sample(a, o, i, {})),
    "sources.catalog": source(A, lambda s, a, o, i: s.catalog(a, o, i)),
    "sources.metrics": source(V, lambda s, a, o, i: s.metrics(a, o, i)),
    "sources.health": Row(V, lambda w, s, a, o: s.health(a, o)),
    "sources.events": source(V, lambda s, a, o, i: s.events(a, o, i)),
    "sources.test": source(E, lambda s, a, o, i: s.test(a, o, "fake", CONFIG, i)),
    "sources.try_out": source(E, lambda s, a, o, i: s.try_out(a, o, "fake", CONFIG, i)),
    "sources.diagnose": source(A, lambda s, a, o, i: s.diagnose(a, o, i)),
    "sources.ladder": source(V, lambda s, a, o, i: s.ladder(a, o, i)),
    "sources.climb": Row(Needs.MEMBER_FINDS, lambda w, s, a, o: s.climb(a, w.climbed(o))),
    "administration.system": Row(M, lambda w, s, a, o: s.system(a, o)),
    "history.of_source": source(V, lambda s, a, o, i: s.of_source(a, o, i)),
    "history.of_org": Row(V, lambda w, s, a, o: s.of_org(a, o, START, END)),
    "history.of_week": Row(V, lambda w, s, a, o: s.of_week(a, o)),
    "history.recent": Row(V, lambda w, s, a, o: s.recent(a, o)),
    "exposition.read": Row(Needs.SCOPE, lambda w, s, a, o: s.read(a)),
    "incidents.of_org": Row(V, lambda w, s, a, o: s.of_org(a, o)),
    "alerts.hooks": Row(M, lambda w, s, a, o: s.hooks(a, o)),
    "alerts.add": Row(M, lambda w, s, a, o: s.add(a, o, "http://127.0.0.1:9/hook")),
    "alerts.remove": Row(M, of_one=lambda w, o: w.hook(o), with_id=lambda s, a, o, i: s.remove(a, o, i)),
    "alerts.test": Row(M, of_one=lambda w, o: w.hook(o), with_id=lambda s, a, o, i: s.test(a, o, i)),
    "audit.change": Row(Needs.NOTHING),
    "audit.note": Row(Needs.NOTHING),
    "audit.lines": Row(M, lambda w, s, a, o: s.lines(a, o)),
    "audit.export": Row(M, lambda w, s, a, o: s.export(a, o)),
    "audit.names": Row(M, lambda w, s, a, o: s.names(a, o)),
    "egress.entries": Row(M, lambda w, s, a, o: s.entries(a, o)),
    "egress.set": Row(M, lambda w, s, a, o: s.set(a, o, [])),
    "egress.shut_out": Row(M, lambda w, s, a, o: s.shut_out(a, o, ["192.0.2.0/24"])),
    "egress.follow": Row(Needs.NOTHING),
    "egress.start": Row(Needs.NOTHING),
    "egress.close": Row(Needs.NOTHING),
    "queries.authorise": query(A, lambda s, a, o, i: s.authorise(a, o, Role.ANALYST, i)),
    "queries.list": Row(A, lambda w, s, a, o: s.list(a, o)),
    "queries.get": query(A, lambda s, a, o, i: s.get(a, o, i)),
    "queries.save": Row(
        A,
        lambda w, s, a, o: s.save(
            a,
            o,
            {
                "name": f"new {next(NUMBERS)}",
                "source_id": str(w.source(o) if o in w.organisations else uuid4()),
                "params": {},
            },
        ),
    ),
    "queries.update": query(M, lambda s, a, o, i: s.update(a, o, i, {"shared": False})),
    "queries.delete": query(M, lambda s, a, o, i: s.delete(a, o, i)),
    "queries.request": query(A, lambda s, a, o, i: s.request(a, o, i)),
    "queries.approve": query(M, lambda s, a, o, i: s.approve(a, o, i)),
    "queries.revoke": query(M, lambda s, a, o, i: s.revoke(a, o, i)),
    "queries.filled": query(A, lambda s, a, o, i: s.filled(a, o, i, {})),
    "queries.policy": Row(V, lambda w, s, a, o: s.policy(a, o)),
    "queries.set_policy": Row(M, lambda w, s, a, o: s.set_policy(a, o, "open")),
    "members.list": Row(M, lambda w, s, a, o: s.list(a, o)),
    "members.add": Row(M, lambda w, s, a, o: s.add(a, o, w.user(), Role.ADMIN)),
    "members.set_role": Row(M, of_one=World.member, with_id=lambda s, a, o, n: s.set_role(a, o, n, Role.ADMIN)),
    "members.remove": Row(M, of_one=World.member, with_id=lambda s, a, o, n: s.remove(a, o, n)),
    "invitations.list": Row(M, lambda w, s, a, o: s.list(a, o)),
    "invitations.create": Row(M, lambda w, s, a, o: s.create(a, o, Role.ADMIN)),
    "invitations.revoke": Row(M, of_one=World.invitation, with_id=lambda s, a, o, i: s.revoke(a, o, i)),
    "invitations.look": Row(Needs.CODE, lambda w, s, a, o: s.look(w.code())),
    "invitations.accept_as_new": Row(
        Needs.CODE, lambda w, s, a, o: s.accept_as_new(w.code(), f"invited {next(NUMBERS)}", PASSWORD)
    ),
    "invitations.accept": Row(Needs.PERSON, lambda w, s, a, o: s.accept(a, w.code())),
    "tokens.list": Row(M, lambda w, s, a, o: s.list(a, o)),
    "tokens.create": Row(M, lambda w, s, a, o: s.create(a, o, "", Role.ADMIN, frozenset(), 1)),
    "tokens.revoke": Row(M, of_one=World.token, with_id=lambda s, a, o, i: s.revoke(a, o, i)),
    "accounts.me": Row(Needs.PERSON, lambda w, s, a, o: s.me(a)),
    "accounts.change_password": Row(
        Needs.PERSON, lambda w, s, a, o: s.change_password(a, PASSWORD, PASSWORD, a.session_id)
    ),
    "accounts.sessions": Row(Needs.PERSON, lambda w, s, a, o: s.sessions(a)),
    "accounts.end_session": Row(
        Needs.PERSON, lambda w, s, a, o: s.end_session(a, w.session_of(a) if a.user_id else uuid4())
    ),
    "accounts.end_other_sessions": Row(Needs.PERSON, lambda w, s, a, o: s.end_other_sessions(a, a.session_id)),
    "accounts.users": Row(Needs.SERVER_ADMIN, lambda w, s, a, o: s.users(a)),
    "accounts.add_user": Row(
        Needs.SERVER_ADMIN, lambda w, s, a, o: s.add_user(a, f"added {next(NUMBERS)}", PASSWORD, True)
    ),
    "accounts.disable": Row(Needs.SERVER_ADMIN, lambda w, s, a, o: s.disable(a, w.user())),
    "accounts.enable": Row(Needs.SERVER_ADMIN, lambda w, s, a, o: s.enable(a, w.user())),
    "accounts.new_password_link": Row(Needs.SERVER_ADMIN, lambda w, s, a, o: s.new_password_link(a, w.user())),
    "accounts.organisations": Row(Needs.SERVER_ADMIN, lambda w, s, a, o: s.organisations(a)),
    "accounts.add_organisation": Row(
        Needs.SERVER_ADMIN, lambda w, s, a, o: s.add_organisation(a, f"org-{next(NUMBERS)}", "New")
    ),
    "accounts.look_at_link": Row(Needs.CODE, lambda w, s, a, o: s.look_at_link(w.link())),
    "accounts.use_link": Row(Needs.CODE, lambda w, s, a, o: s.use_link(w.link(), OTHER)),
}
"""Where no `of_one` makes the id, `call` does everything."""

OVER_ALL: dict[str, Call] = {
    "audit.lines": lambda w, s, a, o: s.lines(a, None),
    "audit.export": lambda w, s, a, o: s.export(a, None),
    "audit.names": lambda w, s, a, o: s.names(a, None),
    "tokens.list": lambda w, s, a, o: s.list(a, None),
    "tokens.create": lambda w, s, a, o: s.create(a, None, "", None, frozenset(), 1),
    "tokens.revoke": lambda w, s, a, o: s.revoke(a, None, w.token(None)),
}
"""The same methods without an organisation: server administrators alone."""
