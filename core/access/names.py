"""Names that people give to each other, to organisations and to tokens."""

import re

from core.errors import InvalidInput
from core.models import FieldError, Message
from core.storage.folding import fold

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
NAME_MAX = 100
HALF_SPACE = "\u200c"


def checked_name(label: str, text: str) -> str:
    """With its spaces collapsed. Raises InvalidInput naming `label` for one that cannot be shown or is too long."""
    name = " ".join(text.split())
    # Persian words hold half-spaces, which count as unprintable.
    if not fold(name) or len(name) > NAME_MAX or not name.replace(HALF_SPACE, "").isprintable():
        raise wrong(label, "field.name", max=NAME_MAX)
    return name


def checked_slug(slug: str) -> str:
    """Raises InvalidInput naming `slug`."""
    if not SLUG.fullmatch(slug):
        raise wrong("slug", "field.slug")
    return slug


def wrong(label: str, key: str, **arguments: object) -> InvalidInput:
    """One field that is refused, and why."""
    return InvalidInput(fields=(FieldError(label, Message(key, arguments)),))
