"""`sources diagnose`: the ladder of a source, rung by rung."""

from typing import Any

import typer

from core.cli.output import Json, Org, show, tell, words
from core.cli.place import Place, anywhere, found
from core.i18n import Translator

COLOURS = {"ok": "green", "warning": "yellow", "failed": "red"}
MARKS = {"ok": "✓", "warning": "!", "failed": "✗", "skipped": "–", "unsupported": "–"}
INDENT = "    "

Line = dict[str, Any]


@anywhere
def diagnose(at: Place, org: Org, name: str, as_json: Json = False) -> None:
    """Find out why a source does not work: from the host's name up to one row; exit 1 when a rung failed."""
    *checks, summary = _climbed(at, org, name, aloud=not as_json)
    if as_json:
        show({"ok": summary["ok"], "checks": checks, "changes": summary["changes"]}, as_json)
    else:
        _print_changes(summary, words())
    raise typer.Exit(0 if summary["ok"] else 1)


def _climbed(at: Place, org: str, name: str, *, aloud: bool) -> list[Line]:
    """The rungs and the summary; each rung is told as it is climbed."""
    lines: list[Line] = []
    with at.opened() as sources:
        for line in sources.diagnose(org, found(sources, org, name)):
            kind = line.pop("type")
            lines.append(line)
            if aloud and kind == "check":
                print_rung(line, words())
    return lines


def print_rung(check: Line, speak: Translator) -> None:
    """At once, as it is known: `✓ Name lookup  1 ms  The name leads to …`, and below it what to do and where."""
    step = speak.text_or(f"step.{check['step']}", check["step"])
    took = speak.duration_ms(check["ms"]) if check["ms"] else ""
    found = "".join(f"  {each}" for each in (took, check["evidence"]) if each)
    tell(found, marked=f"{MARKS[check['status']]} {step}", fg=COLOURS.get(check["status"]), bold=True)
    if check["status"] in ("warning", "failed"):
        for said in filter(None, (check["advice"], ", ".join(check["fields"]))):
            tell(f"{INDENT}{said}")


def _print_changes(summary: Line, speak: Translator) -> None:
    if not summary["changes"]:
        return
    tell()
    tell(marked=speak.text("ladder.changed"), bold=True)
    for change in summary["changes"]:
        tell(f"{INDENT}{change['message']}")
