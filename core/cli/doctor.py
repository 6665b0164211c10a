"""`doctor`: the ladder of this installation."""

import asyncio
from typing import Any

import typer

from core.api import ladder_schemas
from core.cli.installation import OPERATOR
from core.cli.ladder import print_rung
from core.cli.output import Json, show, words
from core.doctor.ladder import examine


def examine_installation(as_json: Json = False) -> None:
    """Look at this installation, from its settings to its drivers; exit 1 when something does not work."""
    checks = asyncio.run(_climbed(printed=not as_json))
    ok = all(check["status"] != "failed" for check in checks)
    show({"ok": ok, "checks": checks}, as_json)
    raise typer.Exit(0 if ok else 1)


async def _climbed(*, printed: bool) -> list[dict[str, Any]]:
    speak, checks = words(), []
    async for check in examine(OPERATOR):
        line = ladder_schemas.CheckOut.of(check, speak).model_dump(mode="json")
        checks.append(line)
        if printed:
            print_rung(line, speak)
    return checks
