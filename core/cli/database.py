"""`db upgrade | check | backup | restore`."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.cli.installation import OPERATOR, loaded, with_database
from core.cli.output import Json, show, words
from core.i18n import Translator
from core.runtime import stored
from core.services.backups import Backup, Backups, Restored

app = typer.Typer(no_args_is_help=True)
File = Annotated[Path, typer.Argument(metavar="FILE")]


@app.command()
def upgrade(as_json: Json = False) -> None:
    """Bring the tables up to this version."""
    with_database(lambda database, _: database.upgrade())
    show({"ok": True}, as_json, words().text("database.upgraded"))


@app.command()
def check(as_json: Json = False) -> None:
    """Compare the tables with what this version expects; exit 1 on a difference."""
    drift = with_database(lambda database, _: database.check())
    show({"ok": not drift, "drift": drift}, as_json, *(drift or [words().text("database.same")]))
    raise typer.Exit(1 if drift else 0)


@app.command()
def backup(
    file: File,
    force: Annotated[bool, typer.Option("--force", help="replace FILE when it is there")] = False,
    as_json: Json = False,
) -> None:
    """Copy the database into FILE while the dashboard runs. The keys are not in it: keep them apart."""
    made = asyncio.run(stored(_backups().make(OPERATOR, file, force=force)))
    show(asdict(made), as_json, *_made(made, words()))


@app.command()
def restore(file: File, as_json: Json = False) -> None:
    """Put a backup in the place of the database, with no dashboard running; what was there is kept beside it."""
    done = asyncio.run(stored(_backups().restore(OPERATOR, file)))
    show(asdict(done), as_json, *_restored(done, words()))


def _backups() -> Backups:
    return Backups(loaded())


def _made(made: Backup, speak: Translator) -> Iterator[str]:
    yield speak.text("backup.made", path=made.path)
    if made.keys:
        yield speak.text("backup.keys", keys=", ".join(made.keys), place=made.place)


def _restored(done: Restored, speak: Translator) -> Iterator[str]:
    yield speak.text("backup.restored", path=done.path)
    if done.upgraded_from:
        yield speak.text("backup.upgraded", before=done.upgraded_from, after=done.revision)
    yield speak.text("backup.shut")
    if done.kept:
        yield speak.text("backup.kept", path=done.kept)
