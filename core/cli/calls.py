"""`sources test | ping | sample | catalog | history | breaker`: what calls a source, or tells of its calls."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.kinds import Config, Dsn, Kind, given, parse
from core.cli.output import Json, Org, show, tell, words
from core.cli.place import Place, anywhere, found
from core.cli.sample_files import Ending, ending_of, written
from core.models import BreakerAction


@anywhere
def try_out(
    at: Place, org: Org, kind: Kind = None, config: Config = None, dsn: Dsn = None, as_json: Json = False
) -> None:
    """Try a configuration without saving it; exit 1 when it does not work."""
    its_kind, plain = given(kind, config, dsn)
    with at.opened() as sources:
        tried = sources.test(org, its_kind, plain)
    checks = (f"{c['step']}\t{c['status']}\t{c['ms']:.0f} ms\t{c['evidence'] or ''}" for c in tried["checks"])
    show(tried, as_json, tried["message"], *checks)
    raise typer.Exit(0 if tried["ok"] else 1)


@anywhere
def ping(
    at: Place,
    org: Org,
    name: Annotated[str | None, typer.Argument()] = None,
    everything: Annotated[bool, typer.Option("--all")] = False,
    as_json: Json = False,
) -> None:
    """Ping one source by name, or all of them; exit 1 when any failed."""
    if everything == (name is not None):
        raise typer.BadParameter("either a NAME or --all")
    ok = _ping_all(at, org, as_json) if name is None else _ping_one(at, org, name, as_json)
    raise typer.Exit(0 if ok else 1)


@anywhere
def sample(
    at: Place,
    org: Org,
    name: str,
    params: Annotated[str, typer.Option("--params", help="JSON")],
    out: Annotated[Path | None, typer.Option("--out", help="write the rows to a file instead")] = None,
    ending: Annotated[Ending | None, typer.Option("--format", help="by default by the ending of --out")] = None,
    bom: Annotated[bool, typer.Option("--bom", help="a CSV for Excel")] = False,
    as_json: Json = False,
) -> None:
    """Look at real data: read-only and bounded; in a file with a card that says what it is."""
    wanted, form = parse("params", params), ending_of(out, ending)
    with at.opened() as sources:
        source = found(sources, org, name)
        shown = sources.sample(org, source, wanted)
        told = sources.get(org, source) if form else {}
    if out is not None and form is not None:
        card, files = written(out, form, bom, told, org, wanted, shown)
        show(card, as_json, *map(str, files), *shown["notes"])
        return
    names = [column["name"] for column in shown["columns"]]
    lines = ("\t".join(str(row[column]) for column in names) for row in shown["rows"])
    show(shown, as_json, "\t".join(names), *lines, *shown["notes"])


@anywhere
def catalog(
    at: Place,
    org: Org,
    name: str,
    path: Annotated[str, typer.Argument()] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="ask the source now, whatever the dashboard remembers")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what can be sampled: the top level, or what is below a path of it."""
    with at.opened() as sources:
        level = sources.catalog(org, found(sources, org, name), path, fresh=fresh)
    fields = ("type", "path", "detail")
    show(level, as_json, *("\t".join(each.get(field) or "" for field in fields) for each in level["entries"]))


@anywhere
def history(
    at: Place,
    org: Org,
    name: str,
    since: Annotated[str | None, typer.Option("--from", help="RFC 3339; by default the last 24 hours")] = None,
    until: Annotated[str | None, typer.Option("--to", help="RFC 3339; by default now")] = None,
    step: Annotated[str | None, typer.Option(help="5m, 1h, 1d or seconds; by default by the range")] = None,
    as_json: Json = False,
) -> None:
    """Show what was, from stored state: calls, failures and latencies over time."""
    with at.opened() as sources:
        past = sources.history(org, found(sources, org, name), since, until, step)
    buckets = past["buckets"]
    rows = ("\t".join("" if value is None else str(value) for value in bucket.values()) for bucket in buckets)
    show(past, as_json, "\t".join(buckets[0] if buckets else ()), *rows)


@anywhere
def breaker(
    at: Place,
    org: Org,
    name: str,
    action: Annotated[BreakerAction, typer.Option("--action")],
    reason: Annotated[str, typer.Option("--reason", help="kept with the source, and shown")],
    as_json: Json = False,
) -> None:
    """Refuse every call (force_open), let every one through (disable), or return to normal (reset)."""
    with at.opened() as sources:
        shown = sources.set_breaker(org, found(sources, org, name), action.value, reason)
    show(shown, as_json, f"{words().text('state.' + shown['state'])}\t{shown['name']}")


def _ping_one(at: Place, org: str, name: str, as_json: bool) -> bool:
    with at.opened() as sources:
        row = sources.ping(org, found(sources, org, name))
    show(row, as_json, _line(name, row))
    return bool(row["ok"])


def _ping_all(at: Place, org: str, as_json: bool) -> bool:
    """Each as it comes, or all of them as one document."""
    rows: list[dict[str, Any]] = []
    with at.opened() as sources:
        for row in sources.ping_all(org):
            if row["type"] == "result":
                rows.append(row)
                if not as_json:
                    tell(_line(row["name"], row))
    if as_json:
        show(rows, as_json)
    return all(row["ok"] for row in rows)


def _line(name: str, row: dict[str, Any]) -> str:
    return f"{'ok' if row['ok'] else 'failed'}\t{name}\t{row['message']}"
