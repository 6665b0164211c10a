"""What commands print: a JSON document with `--json`, else lines for people. Logs never go to standard output."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from core.client import ApiError, ClientError
from core.errors import BreakerOpen, CheshmehError, InvalidInput, QueryRefused, StartupError
from core.i18n import LANGUAGES, Translator, translator
from core.i18n.advices import advice_for
from core.logs import escaped
from core.models import BreakerState

Json = Annotated[bool, typer.Option("--json", help="print one JSON document")]
DEFAULT_ZONE = "Asia/Tehran"
Org = Annotated[str, typer.Option("--org", help="the organisation's slug")]

WRONG_USAGE = frozenset({"server_url", "plain_http", "token", "header", "ca_file"})
"""Reasons of a ClientError that lie in what was given, before anything was sent."""
OPTIONS = frozenset({"role", "scope", "days", "kind", "status", "language", "since", "until", "from", "to", "step"})
"""Fields that are options of a command: whether one is right, it says by itself, without the state of anything."""


class WrongUsage(InvalidInput):
    """An argument that cannot even be read."""


# What a terminal obeys, but tabs, what ends a line, and what turns the direction of reading around.
_OBEYED = re.compile("[\x00-\x08\n-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")


def words() -> Translator:
    """The reader's language by the locale of the terminal: the one of it where there is a catalogue, else English."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    lang = locale.partition("_")[0].partition(".")[0]
    return translator(lang if lang in LANGUAGES else "en", _zone())


def _zone() -> str:
    """What is wrong with a wrong one, the settings say: that sentence needs a zone too."""
    # An empty variable means none, as it does for the settings.
    name = os.environ.get("CHESHMEH_TIMEZONE") or DEFAULT_ZONE
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return DEFAULT_ZONE
    return name


def show(data: Any, as_json: bool, *lines: str) -> None:
    """`data` as JSON, or `lines`."""
    text = json.dumps(data, ensure_ascii=False, default=str) if as_json else "\n".join(map(_line, lines))
    sys.stdout.write(text + "\n" if text else "")


def tell(line: str = "", *, marked: str = "", **style: Any) -> None:
    """At once: what comes next may take seconds. `marked` comes first, in a `style` of Typer's for terminals only."""
    typer.echo((typer.style(_line(marked), **style) if marked else "") + _line(line))
    sys.stdout.flush()


def report(err: CheshmehError | ClientError) -> int:
    """Says what went wrong and what to do, as a JSON document too when one was asked for; gives the exit status."""
    told = _refusal(err) if isinstance(err, ApiError) else _trouble(err)
    if "--json" in sys.argv:
        show({"error": {name: value for name, value in told.items() if value is not None}}, True)
    wait = told["retry_after_s"]
    again = [] if wait is None or _held(err) else [words().text("cli.again", wait=words().seconds(wait))]
    fields = (f"  {each['field']}: {each['message']}" for each in told["errors"])
    said = filter(None, (told["message"], told["advice"]))
    sys.stderr.write("\n".join(map(_line, [" ".join(said), *fields, *again])) + "\n")
    return 2 if isinstance(err, StartupError | WrongUsage) or _misused(told) else 1


def _misused(told: Mapping[str, Any]) -> bool:
    named = {each["field"] for each in told["errors"]}
    return told["code"] in WRONG_USAGE or (told["code"] == InvalidInput.code and bool(named) and named <= OPTIONS)


def _held(err: CheshmehError | ClientError) -> bool:
    """Whether a person keeps the source suspended: nobody knows for how long."""
    if isinstance(err, ApiError):
        return err.problem.get("state") == BreakerState.FORCED_OPEN.value
    return isinstance(err, BreakerOpen) and err.held


def _line(text: str) -> str:
    """One line, whatever a source or a colleague wrote: nothing in it moves the cursor or passes for another line."""
    return _OBEYED.sub(escaped, text)


def _refusal(err: ApiError) -> dict[str, Any]:
    fields = [{"field": field, "message": message} for field, message in err.fields.items()]
    return _told(err.code, err.detail, err.advice, fields, err.retry_after_s) | {"rule": err.rule, "part": err.part}


def _trouble(err: CheshmehError | ClientError) -> dict[str, Any]:
    speak = words()
    if isinstance(err, ClientError):
        return _told(err.reason, speak.text(f"client.{err.reason}", **err.facts))
    fields = [{"field": each.field, "message": speak.message(each.message)} for each in err.fields]
    wait = getattr(err, "retry_after", None)
    named = err.named if isinstance(err, QueryRefused) else {}
    return _told(err.code, speak.message(err.message), advice_for(err, speak), fields, wait) | named


def _told(
    code: str,
    message: str,
    advice: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    retry_after_s: float | None = None,
) -> dict[str, Any]:
    return {"code": code, "message": message, "advice": advice, "errors": errors, "retry_after_s": retry_after_s}
