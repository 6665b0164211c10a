"""`sources list | kinds | show | add | edit | rotate | delete`; what calls a source is in `core.cli.calls`."""

import json
import math
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

import typer

from core.cli import calls
from core.cli.kinds import Config, Dsn, Kind, WithFields, as_data, field_lines, given, known, read, require_known
from core.cli.ladder import diagnose
from core.cli.output import Json, Org, show, words
from core.cli.place import Place, anywhere, found
from core.form_values import overlaid, without_kept

app = typer.Typer(no_args_is_help=True)

Version = Annotated[
    str | None, typer.Option("--if-version", help="only if it still is the `version` that `sources show` printed")
]


@app.command("list")
@anywhere
def list_sources(
    at: Place,
    org: Org,
    kind: Annotated[str | None, typer.Option("--kind", help="only of this kind")] = None,
    status: Annotated[str | None, typer.Option("--status", help="healthy, error, suspended or unknown")] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="only with this tag")] = None,
    q: Annotated[
        str | None, typer.Option("--q", help="words of name, kind, description, tags or configuration")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show an organisation's sources, from stored state."""
    with at.opened() as sources:
        rows = list(sources.list(org, kind=kind, status=status, tag=tag, q=q))
    # One that is gone may still have sources, and a dashboard elsewhere may have other kinds.
    if kind is not None and not rows and at.server is None:
        require_known(kind)
    said = words()
    show(rows, as_json, *(f"{said.text('status.' + row['status'])}\t{row['kind']}\t{row['name']}" for row in rows))


@app.command("kinds")
def list_kinds(as_json: Json = False) -> None:
    """Show which kinds of source there are, and the fields of their configurations."""
    kinds = known()
    lines = (line for kind in kinds for line in (f"{kind.name}:", *field_lines(kind)))
    show([as_data(kind) for kind in kinds], as_json, *lines)


@app.command(cls=WithFields)
@anywhere
def add(
    at: Place,
    org: Org,
    name: Annotated[str, typer.Option("--name")],
    kind: Kind = None,
    config: Config = None,
    dsn: Dsn = None,
    pattern: Annotated[
        str | None, typer.Option("--from", help="a source to copy; its secrets stay there and come from --config")
    ] = None,
    as_json: Json = False,
) -> None:
    """Create a source from a configuration file, a connection string, or both; or on the pattern of another."""
    if pattern is None:
        its_kind, plain = given(kind, config, dsn)
        draft: dict[str, Any] = {"kind": its_kind, "config": plain}
    elif kind is not None or dsn is not None:
        raise typer.BadParameter("--from says the kind; only --config may go with it")
    else:
        draft = {"config": read(config) if config is not None else {}}
    with at.opened() as sources:
        whole = draft if pattern is None else _like(sources.get(org, found(sources, org, pattern)), draft["config"])
        source = sources.create(org, whole | {"name": name})
    show(source, as_json, source["id"])


@app.command("show")
@anywhere
def show_source(at: Place, org: Org, name: str, as_json: Json = False) -> None:
    """Show one source, without its secrets."""
    with at.opened() as sources:
        source = sources.get(org, found(sources, org, name))
    # Of a tag `"3-…"` the number: the rest is about the state, which no change is made conditional on.
    shown = source | {"version": source.etag.strip('"').partition("-")[0]}
    show(shown, as_json, *(f"{field}\t{_plain(value)}" for field, value in shown.items()))


@app.command(cls=WithFields)
@anywhere
def edit(
    at: Place,
    org: Org,
    name: str,
    new_name: Annotated[str | None, typer.Option("--name")] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="all tags anew; may be repeated")] = None,
    paused: Annotated[bool | None, typer.Option("--paused/--no-paused", help="no checks unasked")] = None,
    interval: Annotated[str | None, typer.Option("--interval", help="seconds between checks, or `default`")] = None,
    until: Annotated[
        str | None, typer.Option("--maintenance-until", help="2026-03-21T14:00:00+03:30, or `none`")
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", help="what everybody who looks at it should know; empty takes it away")
    ] = None,
    note_until: Annotated[str | None, typer.Option("--note-until", help="when the note is over, or `none`")] = None,
    config: Config = None,
    if_version: Version = None,
    as_json: Json = False,
) -> None:
    """Change a source; of the configuration only what the file holds, and a secret it leaves out is kept."""
    wanted = {"name": new_name, "description": description, "tags": tags, "paused": paused}
    changes: dict[str, Any] = {field: value for field, value in wanted.items() if value is not None}
    changes |= (
        _timing(interval, until) | _note(note, note_until) | ({"config": read(config)} if config is not None else {})
    )
    seen = _tag(if_version)
    if not changes:
        raise typer.BadParameter("nothing to change")
    with at.opened() as sources:
        source = sources.update(org, found(sources, org, name), changes, if_match=seen)
    show(source, as_json, source["id"])


@app.command(cls=WithFields)
@anywhere
def rotate(
    at: Place, org: Org, name: str, config: Config = None, if_version: Version = None, as_json: Json = False
) -> None:
    """Put a new secret in the place of the old one, once it was tried and works; exit 1 and the old one stays."""
    if config is None:
        raise typer.BadParameter("a file with what changes", param_hint="--config")
    changes, seen = {"config": read(config)}, _tag(if_version)
    with at.opened() as sources:
        source = sources.update(org, found(sources, org, name), changes, if_match=seen, verify=True)
    show(source, as_json, source["id"])


@app.command()
@anywhere
def delete(
    at: Place,
    org: Org,
    name: str,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    if_version: Version = None,
    as_json: Json = False,
) -> None:
    """Delete a source, its figures and its events."""
    seen = _tag(if_version)
    # A script that says delete means it: only a person at a terminal can answer.
    if not yes and not as_json and sys.stdin.isatty():
        typer.confirm(words().text("cli.delete", name=name), abort=True, err=True)
    with at.opened() as sources:
        sources.delete(org, found(sources, org, name), if_match=seen)
    show({"deleted": name}, as_json)


app.command("test", cls=WithFields)(calls.try_out)
app.command()(diagnose)
app.command()(calls.ping)
app.command()(calls.sample)
app.command()(calls.catalog)
app.command()(calls.history)
app.command()(calls.breaker)


def _like(pattern: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """What a source has to be given to be like `pattern`, but for what `config` says."""
    copied = {field: pattern[field] for field in ("kind", "description", "tags", "check_interval_s", "breaker")}
    return copied | {"config": overlaid(without_kept(pattern["config"]), config)}


def _timing(interval: str | None, until: str | None) -> dict[str, Any]:
    """When it is checked, and when not: as the patch says it, where null returns to the default."""
    changes: dict[str, Any] = {}
    if interval is not None:
        changes["check_interval_s"] = None if interval == "default" else _seconds(interval)
    if until is not None:
        changes["maintenance"] = None if until == "none" else {"until": until}
    return changes


def _note(text: str | None, until: str | None) -> dict[str, Any]:
    """As the patch says it, where null takes it away."""
    if text == "":
        if until is not None:
            raise typer.BadParameter("no time without a note", param_hint="--note-until")
        return {"note": None}
    said: dict[str, Any] = {"text": text} if text is not None else {}
    if until is not None:
        said |= {"until": None if until == "none" else until}
    return {"note": said} if said else {}


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if math.isfinite(seconds := float(text)):
            return seconds
    raise typer.BadParameter("seconds, or `default`", param_hint="--interval")


def _tag(version: str | None) -> str | None:
    if version is None:
        return None
    if not (version.isascii() and version.isdigit()):
        raise typer.BadParameter("a number, as `sources show` prints it", param_hint="--if-version")
    return f'"{version}"'


def _plain(value: Any) -> str:
    """As JSON writes it; text and what is not there without its marks."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
