"""`orgs`, `users`, `members`, `tokens`."""

import getpass
import sys
from typing import Annotated, Any
from uuid import UUID

import typer

from core.access.identity import NewToken
from core.cli.context import run
from core.cli.output import Json, show
from core.errors import InvalidInput
from core.models import FieldError, Message, Role
from core.storage.people import TokenRecord

orgs = typer.Typer(no_args_is_help=True)
users = typer.Typer(no_args_is_help=True)
members = typer.Typer(no_args_is_help=True)
tokens = typer.Typer(no_args_is_help=True)


@orgs.command("add")
def add_organisation(slug: str, name: Annotated[str, typer.Option("--name")] = "", as_json: Json = False) -> None:
    """Create an organisation."""
    org = run(lambda runtime, _: runtime.access.add_organisation(slug, name or slug))
    show({"slug": org.slug, "name": org.name}, as_json, f"{org.slug}: {org.name}")


@orgs.command("list")
def list_organisations(as_json: Json = False) -> None:
    """Show every organisation."""
    found = run(lambda runtime, _: runtime.access.organisations())
    show([{"slug": o.slug, "name": o.name} for o in found], as_json, *(f"{o.slug}\t{o.name}" for o in found))


@users.command("add")
def add_user(name: str, admin: Annotated[bool, typer.Option("--admin")] = False, as_json: Json = False) -> None:
    """Create a user; the password is asked for, or read from standard input."""
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    run(lambda runtime, _: runtime.access.add_user(name, password, admin=admin))
    show({"name": name, "admin": admin}, as_json, name)


@members.command("add")
def add_member(org: str, user: str, role: str, as_json: Json = False) -> None:
    """Make a user a member, or change the role: viewer, analyst, editor or admin."""
    held = parse_role(role)
    run(lambda runtime, _: runtime.access.set_member(org, user, held))
    show({"org": org, "user": user, "role": held.label}, as_json, f"{user}: {held.label}")


@members.command("list")
def list_members(org: str, as_json: Json = False) -> None:
    """Show an organisation's members."""
    found = run(lambda runtime, _: runtime.access.members(org))
    rows = [{"user": name, "role": role.label} for name, role in found]
    show(rows, as_json, *(f"{row['user']}\t{row['role']}" for row in rows))


@tokens.command("add")
def add_token(
    org: Annotated[str | None, typer.Option("--org")] = None,
    role: Annotated[str | None, typer.Option("--role")] = None,
    all_orgs: Annotated[bool, typer.Option("--all-orgs")] = False,
    scope: Annotated[list[str] | None, typer.Option("--scope")] = None,
    days: Annotated[int, typer.Option("--days")] = 90,
    name: Annotated[str, typer.Option("--name")] = "",
    as_json: Json = False,
) -> None:
    """Make a bearer token, and print it this once."""
    if all_orgs == (org is not None) or (org is not None and role is None and not scope):
        raise typer.BadParameter("either --org with --role or --scope, or --all-orgs")
    held = parse_role(role) if role else None
    token = run(lambda runtime, _: runtime.access.add_token(org, held, frozenset(scope or ()), days, name))
    show(_new_token(token), as_json, token.token)


@tokens.command("list")
def list_tokens(as_json: Json = False) -> None:
    """Show every token, without its secret."""
    rows = [_token(token) for token in run(lambda runtime, _: runtime.access.tokens())]
    show(rows, as_json, *(f"{row['id']}\t{row['name']}\t{row['org'] or '*'}\t{row['expires_at']}" for row in rows))


@tokens.command("revoke")
def revoke_token(token_id: Annotated[UUID, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """End a token at once."""
    run(lambda runtime, _: runtime.access.revoke_token(token_id))
    show({"id": str(token_id), "revoked": True}, as_json, str(token_id))


def parse_role(text: str) -> Role:
    """Raises InvalidInput naming `role`."""
    try:
        return Role.parse(text)
    except ValueError:
        known = ", ".join(role.label for role in Role)
        raise InvalidInput(fields=(FieldError("role", Message("field.choice", {"choices": known})),)) from None


def _new_token(token: NewToken) -> dict[str, Any]:
    role = token.role.label if token.role else None
    base = {"id": str(token.id), "token": token.token, "org": token.org, "role": role}
    return {**base, "scopes": sorted(token.scopes), "expires_at": token.expires_at.isoformat()}


def _token(token: TokenRecord) -> dict[str, Any]:
    role = token.role.label if token.role else None
    base = {"id": str(token.uid), "name": token.name, "org": token.org, "role": role, "scopes": sorted(token.scopes)}
    return {**base, "expires_at": token.expires_at.isoformat(), "revoked": token.revoked_at is not None}
