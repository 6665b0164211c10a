"""`db upgrade | check`."""

import asyncio

import typer

from core import settings
from core.cli.output import Json, show
from core.storage.database import Database

app = typer.Typer(no_args_is_help=True)


@app.command()
def upgrade(as_json: Json = False) -> None:
    """Bring the tables up to this version."""
    asyncio.run(_upgrade())
    show({"ok": True}, as_json, "The database is up to date.")


@app.command()
def check(as_json: Json = False) -> None:
    """Compare the tables with what this version expects; exit 1 on a difference."""
    drift = asyncio.run(_drift())
    show({"ok": not drift, "drift": drift}, as_json, *(drift or ["No difference."]))
    raise typer.Exit(1 if drift else 0)


async def _upgrade() -> None:
    database = Database(settings.load().database_url_text)
    try:
        await database.upgrade()
    finally:
        await database.close()


async def _drift() -> list[str]:
    database = Database(settings.load().database_url_text)
    try:
        return await database.check()
    finally:
        await database.close()
