"""Organisations, people and tokens for tests that are about something else."""

from core.models import Actor, Organisation, Role
from core.runtime import Runtime
from core.services.tokens import NewToken


def local_actor(runtime: Runtime) -> Actor:
    return runtime.run(runtime.access.local_actor())


def add_organisation(runtime: Runtime, slug: str, name: str = "") -> Organisation:
    return runtime.run(runtime.accounts.add_organisation(local_actor(runtime), slug, name or slug))


def add_user(runtime: Runtime, name: str, password: str | None, *, admin: bool = False) -> None:
    runtime.run(runtime.accounts.add_user(local_actor(runtime), name, password, admin=admin))


def add_member(runtime: Runtime, org: str, user: str, role: Role) -> None:
    runtime.run(runtime.members.add(local_actor(runtime), org, user, role))


def add_token(
    runtime: Runtime,
    org: str | None,
    role: Role | None = None,
    scopes: frozenset[str] = frozenset(),
    days: int = 1,
    name: str = "",
) -> NewToken:
    return runtime.run(runtime.tokens.create(local_actor(runtime), org, name, role, scopes, days))
