"""`alerts add | list | remove | test`: where an organisation's incidents are told."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from core.cli.context import run
from core.cli.files import text_of
from core.cli.output import Json, Org, show, words
from core.services.alerts import Hook

app = typer.Typer(no_args_is_help=True)
Id = Annotated[UUID, typer.Argument(metavar="ID")]


@app.command()
def add(
    org: Org,
    url: Annotated[str, typer.Option("--url", help="http:// or https://; messages are POSTed to it")],
    secret_file: Annotated[Path | None, typer.Option("--secret-file", help="signs; without it one is made")] = None,
    language: Annotated[str | None, typer.Option("--language", help="of the messages: fa or en")] = None,
    as_json: Json = False,
) -> None:
    """Tell incidents to an address, and print the signing secret this once."""
    secret = text_of(secret_file).strip() if secret_file is not None else None
    new = run(lambda runtime, actor: runtime.alerts.add(actor, org, url, secret=secret, language=language))
    show(_shown(new.hook) | {"secret": new.secret}, as_json, str(new.hook.id), new.secret)


@app.command("list")
def list_hooks(org: Org, as_json: Json = False) -> None:
    """Show the hooks: of an address only the host, never a secret."""
    rows = [_shown(hook) for hook in run(lambda runtime, actor: runtime.alerts.hooks(actor, org))]
    show(rows, as_json, *("\t".join(str(row[name]) for name in ("id", "host", "language")) for row in rows))


@app.command()
def remove(org: Org, hook_id: Id, as_json: Json = False) -> None:
    """Tell that address nothing more."""
    run(lambda runtime, actor: runtime.alerts.remove(actor, org, hook_id))
    show({"id": str(hook_id), "removed": True}, as_json, str(hook_id))


@app.command("test")
def try_out(org: Org, hook_id: Id, as_json: Json = False) -> None:
    """Send a signed message that says it is a test; exit 1 when it is not taken."""
    posted = run(lambda runtime, actor: runtime.alerts.test(actor, org, hook_id))
    message = words().message(posted.message)
    shown = {"ok": posted.ok, "code": posted.code, "message": message, "delivery": str(posted.delivery)}
    show(shown, as_json, message)
    raise typer.Exit(0 if posted.ok else 1)


def _shown(hook: Hook) -> dict[str, Any]:
    said = {"id": str(hook.id), "host": hook.host, "language": hook.language, "created_at": hook.created_at.isoformat()}
    return said | {"waiting": hook.waiting, "last_error": hook.last_error}
