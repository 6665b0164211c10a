"""`orgs egress`: where an organisation's traffic may go."""

import re
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from core.cli.context import run
from core.cli.output import Json, show, words
from core.errors import InvalidInput
from core.models import Actor, FieldError, Message
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
    if not entries and not as_json:
        sys.stderr.write(words().text("egress.none") + "\n")
    show({"org": org, "entries": entries, "shut_out": out}, as_json, *entries)


async def _set(
    runtime: Runtime, actor: Actor, org: str, wanted: list[str] | tuple[str, ...] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The list as it is afterwards, and the sources that it shuts out."""
    lists = runtime.egress
    try:
        entries = await lists.entries(actor, org) if wanted is None else await lists.set(actor, org, wanted)
    except InvalidInput as err:
        raise InvalidInput(fields=tuple(_named(each, wanted or ()) for each in err.fields)) from None
    return entries, await lists.shut_out(actor, org, entries)


def _named(refused: FieldError, wanted: Sequence[str]) -> FieldError:
    """Quotes the entry: its place in the list tells nobody anything."""
    place = re.fullmatch(r"entries\[(\d+)\]", refused.field)
    if place is None:
        return refused
    why = words().message(refused.message)
    return FieldError(refused.field, Message("egress.wrong", {"entry": wanted[int(place[1])], "why": why}))
