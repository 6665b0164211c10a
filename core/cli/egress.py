"""`orgs egress`: where an organisation's traffic may go."""

import sys
from typing import Annotated

import typer

from core.cli.context import run
from core.cli.output import Json, show, words
from core.models import Actor, Message
from core.runtime import Runtime

Allow = Annotated[
    list[str] | None,
    typer.Option("--allow", metavar="HOST-OR-CIDR", help="a host, an address or a network; repeatable"),
]
Clear = Annotated[bool, typer.Option("--clear", help="lift the list: everything that is not always denied")]


def egress(org: str, allow: Allow = None, clear: Clear = False, as_json: Json = False) -> None:
    """Show the list of an organisation, or replace it whole; a running dashboard obeys within 2 s."""
    if allow and clear:
        raise typer.BadParameter("either --allow or --clear")
    entries, out = run(lambda runtime, actor: _set(runtime, actor, org, allow or () if allow or clear else None))
    if out:
        sys.stderr.write(words().message(Message("egress.shut_out", {"sources": ", ".join(out)})) + "\n")
    show({"org": org, "entries": entries, "shut_out": out}, as_json, *entries)


async def _set(
    runtime: Runtime, actor: Actor, org: str, wanted: list[str] | tuple[str, ...] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The list as it is afterwards, and the sources that it shuts out."""
    lists = runtime.egress
    entries = await lists.entries(actor, org) if wanted is None else await lists.set(actor, org, wanted)
    return entries, await lists.shut_out(actor, org, entries)
