"""`sources list | kinds | show | add | edit | delete | test | diagnose | ping | sample | history | breaker`."""

from typing import Annotated, Any

import typer

from core import settings
from core.api import schemas
from core.api.history import BucketOut, HistoryOut, asked
from core.api.ladder_schemas import TestOut
from core.cli.context import run
from core.cli.kinds import Config, Dsn, Kind, WithFields, as_data, field_lines, given, known, parse, read
from core.cli.ladder import diagnose
from core.cli.output import Json, Org, show, words
from core.cli.remote import running
from core.errors import NotFound
from core.models import Actor, BreakerAction, History, PingRow, Source, SourceDraft
from core.runtime import Runtime

app = typer.Typer(no_args_is_help=True)
app.command()(diagnose)


@app.command("list")
def list_sources(org: Org, as_json: Json = False) -> None:
    """Show an organisation's sources, from stored state."""
    speak, sources = words(), run(lambda runtime, actor: _all(runtime, actor, org))
    rows = [schemas.SourceOut.of(source, speak).model_dump(mode="json") for source in sources]
    show(rows, as_json, *(f"{speak.text('status.' + row['status'])}\t{row['kind']}\t{row['name']}" for row in rows))


@app.command("kinds")
def list_kinds(as_json: Json = False) -> None:
    """Show which kinds of source there are, and the fields of their configurations."""
    kinds = known()
    lines = (line for kind in kinds for line in (f"{kind.name}:", *field_lines(kind)))
    show([as_data(kind) for kind in kinds], as_json, *lines)


@app.command(cls=WithFields)
def add(
    org: Org,
    name: Annotated[str, typer.Option("--name")],
    kind: Kind = None,
    config: Config = None,
    dsn: Dsn = None,
    as_json: Json = False,
) -> None:
    """Create a source from a configuration file, a connection string, or both."""
    draft_kind, plain = given(kind, config, dsn)
    draft = SourceDraft(draft_kind, name, plain)
    source = run(lambda runtime, actor: runtime.sources.create(actor, org, draft))
    show(schemas.SourceOut.of(source, words()).model_dump(mode="json"), as_json, str(source.id))


@app.command("show")
def show_source(org: Org, name: str, as_json: Json = False) -> None:
    """Show one source, without its secrets."""
    source = run(lambda runtime, actor: _named(runtime, actor, org, name))
    shown = schemas.SourceOut.of(source, words()).model_dump(mode="json")
    show(shown, as_json, *(f"{field}\t{value}" for field, value in shown.items()))


@app.command(cls=WithFields)
def edit(
    org: Org,
    name: str,
    new_name: Annotated[str | None, typer.Option("--name")] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="all tags anew; may be repeated")] = None,
    paused: Annotated[bool | None, typer.Option("--paused/--resumed")] = None,
    interval: Annotated[str | None, typer.Option("--interval", help="seconds between checks, or `default`")] = None,
    until: Annotated[
        str | None, typer.Option("--maintenance-until", help="2026-03-21T14:00:00+03:30, or `none`")
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Change a source; of the configuration only what the file holds, and a secret it leaves out is kept."""
    wanted = {"name": new_name, "description": description, "tags": tags, "paused": paused}
    changes: dict[str, Any] = {field: value for field, value in wanted.items() if value is not None}
    changes |= _timing(interval, until) | ({"config": read(config)} if config is not None else {})
    if not changes:
        raise typer.BadParameter("nothing to change")
    source = run(lambda runtime, actor: _edited(runtime, actor, org, name, changes))
    show(schemas.SourceOut.of(source, words()).model_dump(mode="json"), as_json, str(source.id))


@app.command()
def delete(
    org: Org, name: str, yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False, as_json: Json = False
) -> None:
    """Delete a source, its figures and its events."""
    if not yes:
        typer.confirm(words().text("cli.delete", name=name), abort=True, err=True)
    run(lambda runtime, actor: _with_source(runtime, actor, org, name, runtime.sources.delete))
    show({"deleted": name}, as_json)


@app.command("test", cls=WithFields)
def try_out(org: Org, kind: Kind = None, config: Config = None, dsn: Dsn = None, as_json: Json = False) -> None:
    """Try a configuration without saving it; exit 1 when it does not work."""
    speak, (tried_kind, plain) = words(), given(kind, config, dsn)
    result = run(lambda runtime, actor: runtime.sources.test(actor, org, tried_kind, plain))
    shown = TestOut.of(result, speak)
    lines = (f"{check.step}\t{check.status}\t{check.ms:.0f} ms\t{check.evidence or ''}" for check in shown.checks)
    show(shown.model_dump(mode="json"), as_json, shown.message, *lines)
    raise typer.Exit(0 if result.ok else 1)


@app.command()
def ping(
    org: Org,
    name: Annotated[str | None, typer.Argument()] = None,
    everything: Annotated[bool, typer.Option("--all")] = False,
    as_json: Json = False,
) -> None:
    """Ping one source by name, or all of them; exit 1 when any failed."""
    if everything == (name is not None):
        raise typer.BadParameter("either a NAME or --all")
    rows = _ping_all(org) if name is None else [_ping_one(org, name)]
    lines = (f"{'ok' if row['ok'] else 'failed'}\t{row.get('name', name)}\t{row['message']}" for row in rows)
    show(rows if everything else rows[0], as_json, *lines)
    raise typer.Exit(0 if all(row["ok"] for row in rows) else 1)


@app.command()
def sample(
    org: Org, name: str, params: Annotated[str, typer.Option("--params", help="JSON")], as_json: Json = False
) -> None:
    """Look at real data: read-only and bounded."""
    given, server = parse(params), running(settings.load().data_dir)
    shown = server.sample(org, server.source_id(org, name), given) if server else _sample_here(org, name, given)
    names = [column["name"] for column in shown["columns"]]
    lines = ("\t".join(str(row[column]) for column in names) for row in shown["rows"])
    show(shown, as_json, "\t".join(names), *lines, *shown["notes"])


@app.command()
def history(
    org: Org,
    name: str,
    since: Annotated[str | None, typer.Option("--from", help="RFC 3339; by default the last 24 hours")] = None,
    until: Annotated[str | None, typer.Option("--to", help="RFC 3339; by default now")] = None,
    step: Annotated[str | None, typer.Option(help="5m, 1h, 1d or seconds; by default by the range")] = None,
    as_json: Json = False,
) -> None:
    """Show what was, from stored state: calls, failures and latencies over time."""

    async def work(runtime: Runtime, actor: Actor) -> History:
        source = await _named(runtime, actor, org, name)
        return await runtime.history.of_source(actor, org, source.id, *asked(since, until, step))

    plain = HistoryOut.of(run(work)).model_dump(mode="json", by_alias=True)
    rows = ("\t".join("" if value is None else str(value) for value in row.values()) for row in plain["buckets"])
    show(plain, as_json, "\t".join(BucketOut.model_fields), *rows)


@app.command()
def breaker(
    org: Org,
    name: str,
    action: Annotated[BreakerAction, typer.Option("--action")],
    reason: Annotated[str, typer.Option("--reason", help="kept with the source, and shown")],
    as_json: Json = False,
) -> None:
    """Refuse every call (force_open), let every one through (disable), or return to normal (reset)."""
    server = running(settings.load().data_dir)
    if server:
        shown = server.set_breaker(org, server.source_id(org, name), action.value, reason)
    else:
        shown = _set_breaker_here(org, name, {"action": action.value, "reason": reason})
    show(shown, as_json, f"{words().text('state.' + shown['state'])}\t{shown['name']}")


def _timing(interval: str | None, until: str | None) -> dict[str, Any]:
    """When it is checked, and when not: as the patch says it, where null returns to the default."""
    changes: dict[str, Any] = {}
    if interval is not None:
        changes["check_interval_s"] = None if interval == "default" else _seconds(interval)
    if until is not None:
        changes["maintenance"] = None if until == "none" else {"until": until}
    return changes


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter("seconds, or `default`", param_hint="--interval") from None


def _set_breaker_here(org: str, name: str, order: dict[str, Any]) -> dict[str, Any]:
    async def work(runtime: Runtime, actor: Actor) -> Source:
        source = await _named(runtime, actor, org, name)
        return await runtime.sources.set_breaker(actor, org, source.id, order)

    return schemas.SourceOut.of(run(work), words()).model_dump(mode="json")


def _ping_all(org: str) -> list[dict[str, Any]]:
    server = running(settings.load().data_dir)
    if server:
        return server.ping_all(org)
    rows = run(lambda runtime, actor: _ping_all_here(runtime, actor, org))
    return [schemas.ping_line(row, words()) for row in rows]


async def _ping_all_here(runtime: Runtime, actor: Actor, org: str) -> tuple[PingRow, ...]:
    return (await (await runtime.sources.ping_all(actor, org)).wait()).rows


def _ping_one(org: str, name: str) -> dict[str, Any]:
    server = running(settings.load().data_dir)
    if server:
        return server.ping(org, server.source_id(org, name))
    result = run(lambda runtime, actor: _with_source(runtime, actor, org, name, runtime.sources.ping))
    return schemas.PingOut.of(result, words()).model_dump(mode="json", exclude_none=True)


def _sample_here(org: str, name: str, params: dict[str, Any]) -> dict[str, Any]:
    async def work(runtime: Runtime, actor: Actor) -> Any:
        source = await _named(runtime, actor, org, name)
        return await runtime.sources.sample(actor, org, source.id, params)

    return schemas.SampleOut.of(run(work), words()).model_dump(mode="json")


async def _edited(runtime: Runtime, actor: Actor, org: str, name: str, changes: dict[str, Any]) -> Source:
    return await runtime.sources.update(actor, org, (await _named(runtime, actor, org, name)).id, changes)


async def _with_source(runtime: Runtime, actor: Actor, org: str, name: str, verb: Any) -> Any:
    return await verb(actor, org, (await _named(runtime, actor, org, name)).id)


async def _named(runtime: Runtime, actor: Actor, org: str, name: str) -> Source:
    for source in await _all(runtime, actor, org):
        if name in (source.name, str(source.id)):
            return source
    raise NotFound("source", name=name)


async def _all(runtime: Runtime, actor: Actor, org: str) -> tuple[Source, ...]:
    return (await runtime.sources.health(actor, org)).sources
