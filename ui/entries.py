"""How an entry of a source's tree is written: its name, its type, its figures, and what is to be known about it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from core.i18n import Translator
from core.models import CatalogEntry
from ui.units import size
from ui.widgets import plain

WARNINGS = {"conflict": ":material/warning:", "no_introspection": ":material/visibility_off:"}
_TIED = "\u00a0"
_FIGURE = re.compile(r"\d+(?: %)?")
"""A detail that only repeats a figure, for those who read nothing but text."""


def label(entry: CatalogEntry, t: Translator) -> str:
    """Markdown on one line; a conflict of types has a sign and a word, not a colour alone."""
    marks = "".join(f" :orange-background[:small[{sign}{_TIED}{_mark(mark, t)}]]" for mark, sign in _warnings(entry))
    return f"{t.isolated(plain(entry.name))} :small[:gray[{' · '.join(_about(entry, t))}]]{marks}"


def _warnings(entry: CatalogEntry) -> Iterator[tuple[str, str]]:
    return ((mark, WARNINGS[mark]) for mark in entry.marks if mark in WARNINGS)


def _mark(mark: str, t: Translator) -> str:
    return plain(t.text_or(f"mark.{mark}", mark))


def _about(entry: CatalogEntry, t: Translator) -> Iterator[str]:
    if entry.type != "object" or entry.bytes is None:
        yield _types(entry, t)
    if entry.share is not None:
        yield t.text("entry.share", share=t.percent(entry.share))
    yield from _figures(entry, t)
    yield from (_mark(mark, t) for mark in entry.marks if mark not in WARNINGS)
    if entry.detail and not _FIGURE.fullmatch(entry.detail):
        # Each by itself: names of arguments and Persian words stand side by side in one.
        yield from (t.isolated(plain(part)) for part in entry.detail.split(" · "))


def _types(entry: CatalogEntry, t: Translator) -> str:
    """Every type with its share where there are several."""
    if len(entry.types) < 2:
        return t.isolated(plain(t.text_or(f"entry.{entry.type}", entry.type)))
    return " / ".join(f"{t.isolated(plain(each.type))} {t.percent(each.share)}" for each in entry.types)


def _figures(entry: CatalogEntry, t: Translator) -> Iterator[str]:
    if entry.rows is not None:
        key = "entry.documents" if entry.type == "collection" else "entry.rows"
        yield plain(t.plural(key, entry.rows))
    if entry.bytes is not None:
        yield size(entry.bytes, t)
    if entry.modified is not None:
        yield t.relative(entry.modified, datetime.now(UTC))
