"""`tokens`."""

from typing import Annotated, Any
from uuid import UUID

import typer

from core.cli.context import run
from core.cli.output import Json, show
from core.cli.people import parse_role
from core.errors import NotFound
from core.models import Actor
from core.runtime import Runtime
from core.services.tokens import NewToken, Token, TokenState

app = typer.Typer(no_args_is_help=True)


@app.command("add")
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
    scopes = frozenset(scope or ())
    token = run(lambda runtime, actor: runtime.tokens.create(actor, org, name, held, scopes, days))
    show(_new(token), as_json, token.token)


@app.command("list")
def list_tokens(as_json: Json = False) -> None:
    """Show every token, without its secret: its id, name, organisation, rights, end and state."""
    rows = [_row(org, token) for org, token in run(_everybodys)]
    show(rows, as_json, *map(_line, rows))


@app.command("revoke")
def revoke_token(token_id: Annotated[UUID, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """End a token at once."""

    async def revoke(runtime: Runtime, actor: Actor) -> None:
        for org, token in await _everybodys(runtime, actor):
            if token.id == token_id:
                return await runtime.tokens.revoke(actor, org, token_id)
        raise NotFound("token")

    run(revoke)
    show({"id": str(token_id), "revoked": True}, as_json, str(token_id))


async def _everybodys(runtime: Runtime, actor: Actor) -> list[tuple[str | None, Token]]:
    """With the organisation of each, in the order of their creation."""
    found = [(org, token) for org in (None, *actor.roles) for token in await runtime.tokens.list(actor, org)]
    return sorted(found, key=lambda pair: pair[1].created_at)


def _line(row: dict[str, Any]) -> str:
    rights = ",".join(filter(None, (row["role"], *row["scopes"])))
    return "\t".join([row["id"], row["name"], row["org"] or "*", rights, row["expires_at"], row["state"]])


def _new(token: NewToken) -> dict[str, Any]:
    role = token.role.label if token.role else None
    base = {"id": str(token.id), "token": token.token, "org": token.org, "role": role}
    return {**base, "scopes": sorted(token.scopes), "expires_at": token.expires_at.isoformat()}


def _row(org: str | None, token: Token) -> dict[str, Any]:
    role, used = token.role.label if token.role else None, token.last_used_at
    revoked = token.state is TokenState.REVOKED
    base = {"id": str(token.id), "name": token.name, "org": org, "role": role, "scopes": list(token.scopes)}
    moments = {"expires_at": token.expires_at.isoformat(), "last_used_at": used.isoformat() if used else None}
    return {**base, **moments, "created_by": token.created_by, "state": token.state.value, "revoked": revoked}
