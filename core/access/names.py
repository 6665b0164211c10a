"""Names that people give to each other, to organisations and to tokens."""

import re

from core.errors import Conflict, InvalidInput
from core.folding import fold
from core.models import FieldError, Message

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
NAME_MAX = 100
TYPED_MAX = 200
"""Letters of a name that somebody signs in with: spaces and invisible signs are none of it."""
COMMAND_LINE, START, TOKEN_MARK = "command line", "start", "token:"
"""How the trail names what acts and is no person."""
HALF_SPACE = "\u200c"


def checked_name(label: str, text: str) -> str:
    """With its spaces collapsed. Raises InvalidInput naming `label` for one that cannot be shown or is too long."""
    name = " ".join(text.split())
    # Persian words hold half-spaces, which count as unprintable.
    if len(name) > NAME_MAX or not fold(name) or not name.replace(HALF_SPACE, "").isprintable():
        raise wrong(label, "field.name", max=NAME_MAX)
    return name


def checked_username(text: str) -> str:
    """As `checked_name`. Raises Conflict for one by which the trail knows something else than a person."""
    name = checked_name("username", text)
    folded = fold(name)
    if folded in (COMMAND_LINE, START) or folded.startswith(TOKEN_MARK):
        raise Conflict("user_taken", name=name)
    return name


def checked_slug(slug: str) -> str:
    """Raises InvalidInput naming `slug`."""
    if not SLUG.fullmatch(slug):
        raise wrong("slug", "field.slug")
    return slug


def wrong(label: str, key: str, **arguments: object) -> InvalidInput:
    """One field that is refused, and why."""
    return InvalidInput(fields=(FieldError(label, Message(key, arguments)),))
