"""What is different in a level since somebody looked before, above its entries."""

from datetime import UTC, datetime

import streamlit as st

from core.i18n import Translator
from core.models import Source
from core.services.contents import CatalogLevel
from core.services.drift import CatalogChange
from ui.widgets import plain

SHOWN_MAX = 5
THINGS = frozenset({"schema", "table", "view", "collection", "prefix", "object", "path", "operation", "type"})
"""Types of entries that are a word for what the entry is; any other is the type of a column or field."""
TABULAR = frozenset({"postgres", "s3"})


def changes(source: Source, level: CatalogLevel, t: Translator) -> None:
    """Nothing where nothing changed."""
    if not level.changes or level.changed_after is None:
        return
    with st.container(border=True, key=f"drift_{source.id}_{level.path}"):
        since = t.moment(level.changed_after, datetime.now(UTC))
        lines = [f":material/difference: **{t.text('catalog.drift', since=since)}**"]
        lines += [plain(sentence(source.kind, change, t)) for change in level.changes[:SHOWN_MAX]]
        if len(level.changes) > SHOWN_MAX:
            lines.append(t.text("catalog.drift.more", count=len(level.changes) - SHOWN_MAX))
        st.markdown("  \n".join(lines))


def sentence(kind: str, change: CatalogChange, t: Translator) -> str:
    """«ستون price حذف شد»."""
    known = {"thing": t.text(f"thing.{_thing(kind, change)}"), "name": change.name}
    if change.what != "type":
        return t.text(f"catalog.drift.{change.what}", **known)
    # One island: the arrow points from the old type to the new one, whichever way the sentence runs.
    return t.text("catalog.drift.type", **known, change=f"{change.before} → {change.after}")


def _thing(kind: str, change: CatalogChange) -> str:
    type_ = change.after or change.before
    if type_ in THINGS:
        return str(type_)
    return "column" if kind in TABULAR else "field"
