"""What commands print: a JSON document with `--json`, else lines for people. Logs never go to standard output."""

import json
import os
import sys
from typing import Annotated, Any

import typer

from core.errors import CheshmehError
from core.i18n import Translator, translator

Json = Annotated[bool, typer.Option("--json", help="print one JSON document")]
Org = Annotated[str, typer.Option("--org", help="the organisation's slug")]


def words() -> Translator:
    """The reader's language by the locale of the terminal: Persian where it is Persian, English elsewhere."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    # An empty variable means none, as it does for the settings.
    return translator("fa" if locale.startswith("fa") else "en", os.environ.get("CHESHMEH_TIMEZONE") or "Asia/Tehran")


def show(data: Any, as_json: bool, *lines: str) -> None:
    """`data` as JSON, or `lines`."""
    text = json.dumps(data, ensure_ascii=False, default=str) if as_json else "\n".join(lines)
    sys.stdout.write(text + "\n" if text else "")


def report(err: CheshmehError) -> None:
    """Says what went wrong and what to do; as a JSON document too when one was asked for."""
    speak = words()
    sentence, fields = speak.message(err.message), [(f.field, speak.message(f.message)) for f in err.fields]
    if "--json" in sys.argv:
        errors = [{"field": field, "message": message} for field, message in fields]
        show({"error": {"code": err.code, "message": sentence, "errors": errors}}, True)
    sys.stderr.write("\n".join([sentence, *(f"  {field}: {message}" for field, message in fields)]) + "\n")
