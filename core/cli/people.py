"""`orgs`, `users`, `members`."""

import getpass
import sys
from typing import Annotated

import typer

from core.cli.context import run
from core.cli.files import line_from_standard_input
from core.cli.output import Json, show
from core.errors import Conflict, InvalidInput
from core.models import Actor, FieldError, Message, Role
from core.runtime import Runtime

orgs = typer.Typer(no_args_is_help=True)
users = typer.Typer(no_args_is_help=True)
members = typer.Typer(no_args_is_help=True)


@orgs.command("add")
def add_organisation(slug: str, name: Annotated[str, typer.Option("--name")] = "", as_json: Json = False) -> None:
    """Create an organisation."""
    org = run(lambda runtime, actor: runtime.accounts.add_organisation(actor, slug, name or slug))
    show({"slug": org.slug, "name": org.name}, as_json, f"{org.slug}: {org.name}")


@orgs.command("list")
def list_organisations(as_json: Json = False) -> None:
    """Show every organisation."""
    found = run(lambda runtime, actor: runtime.accounts.organisations(actor))
    show([{"slug": o.slug, "name": o.name} for o in found], as_json, *(f"{o.slug}\t{o.name}" for o in found))


@users.command("add")
def add_user(name: str, admin: Annotated[bool, typer.Option("--admin")] = False, as_json: Json = False) -> None:
    """Create a user; the password is asked for, or read from standard input."""
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else line_from_standard_input()
    run(lambda runtime, actor: runtime.accounts.add_user(actor, name, password, admin=admin))
    show({"name": name, "admin": admin}, as_json, name)


@users.command("list")
def list_users(as_json: Json = False) -> None:
    """Show everybody who has an account."""
    found = run(lambda runtime, actor: runtime.accounts.users(actor))
    rows = [{"name": u.name, "admin": u.server_admin, "disabled": u.disabled_at is not None} for u in found]
    show(rows, as_json, *("\t".join([str(row["name"]), *(n for n in ("admin", "disabled") if row[n])]) for row in rows))


@users.command("disable")
def disable_user(name: str, as_json: Json = False) -> None:
    """Let somebody in no more; their sessions end."""
    run(lambda runtime, actor: runtime.accounts.disable(actor, name))
    show({"name": name, "disabled": True}, as_json, name)


@users.command("enable")
def enable_user(name: str, as_json: Json = False) -> None:
    """Let a disabled person in again."""
    run(lambda runtime, actor: runtime.accounts.enable(actor, name))
    show({"name": name, "disabled": False}, as_json, name)


@users.command("password")
def new_password_link(name: str, as_json: Json = False) -> None:
    """Print a link, good once and for 24 hours, by which somebody sets a new password."""

    async def make(runtime: Runtime, actor: Actor) -> tuple[str, str]:
        link = await runtime.accounts.new_password_link(actor, name)
        return runtime.settings.origin + link.path, link.expires_at.isoformat()

    url, expires_at = run(make)
    show({"name": name, "url": url, "expires_at": expires_at}, as_json, url)


@members.command("add")
def add_member(org: str, user: str, role: str, as_json: Json = False) -> None:
    """Make a user a member, or change the role: viewer, analyst, editor or admin."""
    held = parse_role(role)

    async def add_or_change(runtime: Runtime, actor: Actor) -> None:
        try:
            await runtime.members.add(actor, org, user, held)
        except Conflict:  # is a member already
            await runtime.members.set_role(actor, org, user, held)

    run(add_or_change)
    show({"org": org, "user": user, "role": held.label}, as_json, f"{user}: {held.label}")


@members.command("invite")
def invite(
    org: str,
    role: str,
    note: Annotated[str, typer.Option("--note", help="for whom it is")] = "",
    days: Annotated[int, typer.Option("--days")] = 7,
    as_json: Json = False,
) -> None:
    """Print a link, good once, by which somebody joins an organisation."""
    held = parse_role(role)

    async def make(runtime: Runtime, actor: Actor) -> tuple[str, str]:
        made = await runtime.invitations.create(actor, org, held, note, days)
        return runtime.settings.origin + made.path, made.invitation.expires_at.isoformat()

    url, expires_at = run(make)
    show({"org": org, "role": held.label, "url": url, "expires_at": expires_at}, as_json, url)


@members.command("remove")
def remove_member(org: str, user: str, as_json: Json = False) -> None:
    """End somebody's membership at once."""
    run(lambda runtime, actor: runtime.members.remove(actor, org, user))
    show({"org": org, "user": user, "removed": True}, as_json, user)


@members.command("list")
def list_members(org: str, as_json: Json = False) -> None:
    """Show an organisation's members."""
    found = run(lambda runtime, actor: runtime.members.list(actor, org))
    rows = [{"user": m.name, "role": m.role.label, "origin": m.origin, "disabled": m.disabled} for m in found]
    show(rows, as_json, *(f"{m.name}\t{m.role.label}\t{m.origin}" + "\tdisabled" * m.disabled for m in found))


def parse_role(text: str) -> Role:
    """Raises InvalidInput naming `role`."""
    try:
        return Role.parse(text)
    except ValueError:
        known = ", ".join(role.label for role in Role)
        raise InvalidInput(fields=(FieldError("role", Message("field.choice", {"choices": known})),)) from None
