"""`sources diagnose`: the ladder of a source, rung by rung."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import typer

from core import settings
from core.api import ladder_schemas
from core.cli.context import run
from core.cli.output import Json, Org, show, words
from core.cli.remote import running
from core.errors import NotFound
from core.i18n import Translator
from core.models import Actor
from core.runtime import Runtime

COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}
MARKS = {"ok": "✓", "warning": "!", "failed": "✗", "skipped": "–", "unsupported": "–"}
INDENT = "    "

Line = dict[str, Any]
Hear = Callable[[Line], None]


def diagnose(org: Org, name: str, as_json: Json = False) -> None:
    """Find out why a source does not work: from the host's name up to one row; exit 1 when a rung failed."""
    checks: list[Line] = []
    summary: Line = {}

    def hear(line: Line) -> None:
        kind = line.pop("type")
        if kind == "summary":
            summary.update(line)
            return
        checks.append(line)
        if not as_json:
            _print(_rung(line, words()))

    _climb(org, name, hear)
    if as_json:
        show({"ok": summary["ok"], "checks": checks, "changes": summary["changes"]}, as_json)
    else:
        _print(_end(summary, words()))
    raise typer.Exit(0 if summary["ok"] else 1)


def _climb(org: str, name: str, hear: Hear) -> None:
    """Through the running dashboard when there is one, else here."""
    server = running(settings.load().data_dir)
    if server is None:
        run(lambda runtime, actor: _climb_here(runtime, actor, org, name, hear))
        return
    for line in server.diagnose(org, server.source_id(org, name)):
        hear(line)


async def _climb_here(runtime: Runtime, actor: Actor, org: str, name: str, hear: Hear) -> None:
    sources = (await runtime.sources.health(actor, org)).sources
    found = next((source for source in sources if name in (source.name, str(source.id))), None)
    if found is None:
        raise NotFound("source", name=name)
    job = await runtime.sources.diagnose(actor, org, found.id)
    async for check in job.results():
        hear(ladder_schemas.check_line(check, words()))
    hear(ladder_schemas.ladder_line(job.view(), words()))


def _rung(check: Line, speak: Translator) -> Iterable[str]:
    """`✓ Name lookup  1 ms  The name leads to …`, and below it what to do and where."""
    step = speak.text_or(f"step.{check['step']}", check["step"])
    mark = typer.style(f"{MARKS[check['status']]} {step}", fg=COLOURS.get(check["status"]), bold=True)
    took = speak.duration_ms(check["ms"]) if check["ms"] else ""
    yield "  ".join(filter(None, (mark, took, check["evidence"])))
    if check["status"] in ("warning", "failed"):
        yield from (f"{INDENT}{said}" for said in (check["advice"], ", ".join(check["fields"])) if said)


def _end(summary: Line, speak: Translator) -> list[str]:
    if not summary["changes"]:
        return []
    told = [f"{INDENT}{change['message']}" for change in summary["changes"]]
    return ["", typer.style(speak.text("ladder.changed"), bold=True), *told]


def _print(lines: Iterable[str]) -> None:
    # Written at once: a rung may take seconds. Colours only for a terminal.
    for line in lines:
        typer.echo(line)
    sys.stdout.flush()
