"""`keys rotate | verify`: the keys that wrap what is stored encrypted."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

import typer

from core.cli.installation import with_keys
from core.cli.output import Json, show, words
from core.i18n import Translator
from core.services.keys import KeyReport, Rotation, Unopened

app = typer.Typer(no_args_is_help=True)


@app.command()
def rotate(as_json: Json = False) -> None:
    """Wrap everything with a new key while dashboards run, prove it, and take the old keys away.

    Killed at any moment it is finished by the next one. Exit 1 when something does not open: then the keys stay.
    """
    done = with_keys(lambda keys, actor: keys.rotate(actor), all_there=True)
    show(asdict(done) | {"ok": done.ok}, as_json, *_rotated(done, words()))
    raise typer.Exit(0 if done.ok else 1)


@app.command()
def verify(as_json: Json = False) -> None:
    """Open everything that is stored encrypted; exit 1 when something does not open."""
    found = with_keys(lambda keys, actor: keys.verify(actor), all_there=False)
    show(asdict(found) | {"unneeded": found.unneeded, "ok": found.ok}, as_json, *_verified(found, words()))
    raise typer.Exit(0 if found.ok else 1)


def _rotated(done: Rotation, speak: Translator) -> Iterator[str]:
    if done.continued:
        yield speak.text("keys.continued")
    if done.ok:
        yield speak.plural("keys.rotated", done.rewrapped, key=done.key)
    else:
        yield speak.plural("keys.unopened", len(done.unopened))
        yield from _rows(done.unopened, speak)
    if done.removed:
        yield speak.text("keys.removed", keys=", ".join(done.removed))
    yield from _unneeded(done.unneeded, done.place, speak)


def _verified(found: KeyReport, speak: Translator) -> Iterator[str]:
    yield from (speak.plural("keys.of", count, key=kek_id) for kek_id, count in found.rows.items())
    if found.ok:
        yield speak.plural("keys.verified", sum(found.rows.values()))
    else:
        yield speak.plural("keys.verify_failed", len(found.unopened))
        yield from _rows(found.unopened, speak)
    yield from _unneeded(found.unneeded, found.place, speak)


def _rows(unopened: Iterable[Unopened], speak: Translator) -> Iterator[str]:
    for row in unopened:
        yield f"  {row.table}\t{row.id}\t{speak.text(f'error.internal.{row.reason}', id=row.key)}"


def _unneeded(keys: tuple[str, ...], place: str, speak: Translator) -> Iterator[str]:
    if keys:
        yield speak.text("keys.unneeded", keys=", ".join(keys), place=place)
