"""Lines of the trail as a table of our own markup: sentences that wrap, and what changed from what to what."""

from collections.abc import Iterator, Sequence
from html import escape

from core.i18n import Translator
from core.i18n.actors import actor_words
from core.models import AuditLine
from ui.changes import field_words, value_words
from ui.widgets import html

EMPTY: tuple[object, ...] = (None, "", [], {})
"""What something has from its making on or had until its end, and what says nothing."""
LONGEST = 160
"""Letters of one value that are shown; the file has them all."""


def trail(lines: Sequence[AuditLine], t: Translator) -> None:
    heads = "".join(f"<th>{escape(t.text(f'audit.column.{name}'))}</th>" for name in ("when", "who", "what", "changes"))
    rows = "".join(_row(line, t) for line in lines)
    html(f"<table class='trail'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")


def action_words(action: str, t: Translator) -> str:
    """What was done; an action that no catalogue knows shows itself."""
    return t.text_or(f"audit.action.{action}", action)


def changes(line: AuditLine, t: Translator) -> Iterator[tuple[str, str, str]]:
    """Label, before, after of each field; one of the two is empty where there was or is nothing to say."""
    before, after = line.before or {}, line.after or {}
    for name in {**before, **after}:
        sides = [side for side in (before, after) if name in side]
        if len(sides) == 1 and sides[0][name] in EMPTY:
            continue
        old, new = (value_words(name, side[name], t) if name in side else "" for side in (before, after))
        yield field_words(name, t), old, new


def _row(line: AuditLine, t: Translator) -> str:
    told = "".join(_change(*change, t) for change in changes(line, t))
    return (
        f"<tr><td><time datetime='{line.ts.isoformat()}'>{escape(t.clock(line.ts, seconds=True))}</time>"
        f"<small>{escape(t.date(line.ts))}</small></td>"
        f"<td>{_bdi(actor_words(line.actor, t))}<small><bdi dir='ltr'>{escape(line.address or '')}</bdi></small></td>"
        f"<td>{escape(action_words(line.action, t))}<small>{_bdi(line.target)}</small></td>"
        f"<td><ul>{told}</ul></td></tr>"
    )


def _change(label: str, before: str, after: str, t: Translator) -> str:
    sides = [
        f"<span class='{side}'>{_bdi(_cut(said))}</span>" for side, said in (("old", before), ("new", after)) if said
    ]
    arrow = f"<span class='arrow' role='img' aria-label='{escape(t.text('audit.becomes'), quote=True)}'></span>"
    return f"<li><b>{escape(label)}</b> {arrow.join(sides)}</li>"


def _bdi(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
