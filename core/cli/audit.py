"""`audit`: who did what."""

import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

import typer

from core.api.audit_schemas import COLUMNS, cell
from core.cli.output import Json, show, words
from core.cli.place import Place, anywhere, opened_here
from core.i18n.actors import actor_words
from core.spreadsheet import written

LINES_MAX = 1_000_000


@anywhere
def audit(
    at: Place,
    org: Annotated[str | None, typer.Option("--org", help="the organisation's slug")] = None,
    installation: Annotated[bool, typer.Option("--installation", help="what belongs to no organisation")] = False,
    since: Annotated[str | None, typer.Option("--since", help="RFC 3339; from this moment on")] = None,
    until: Annotated[str | None, typer.Option("--until", help="RFC 3339; before this moment")] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=LINES_MAX, help="at most so many lines, the newest")
    ] = 100,
    as_csv: Annotated[bool, typer.Option("--csv", help="print a table for spreadsheets")] = False,
    as_json: Json = False,
) -> None:
    """Show who changed what, and who looked at data, newest first."""
    if installation == (org is not None) or (installation and at.server is not None):
        raise typer.BadParameter("either --org or, without --server, --installation")
    if as_csv and as_json:
        raise typer.BadParameter("either --csv or --json")
    lines = list(islice(_lines(at, org, since, until), limit))
    if as_csv:
        sys.stdout.buffer.write(written(COLUMNS, [[cell(line[name]) for name in COLUMNS] for line in lines]))
    else:
        show(lines, as_json, *map(_told, lines))


def _lines(at: Place, org: str | None, since: str | None, until: str | None) -> Iterator[dict[str, Any]]:
    if org is None:
        with opened_here() as here:
            yield from here.audit(None, since, until)
    else:
        with at.opened() as sources:
            yield from sources.audit(org, since, until)


def _told(line: dict[str, Any]) -> str:
    speak, action = words(), line["action"]
    when = speak.datetime(datetime.fromisoformat(line["ts"]))
    said = speak.text_or(f"audit.action.{action}", action)
    return "\t".join([when, actor_words(line["actor"], speak), line["address"] or "-", said, line["target"]])
