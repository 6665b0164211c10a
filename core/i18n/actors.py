"""Who did something, as people know them."""

from core.i18n.translator import Translator

TOKEN = "token:"  # noqa: S105 - how the trail names a program
COMMAND_LINE = "command line"


def actor_words(name: str, t: Translator) -> str:
    """A program is known by its token's name."""
    if name == COMMAND_LINE:
        return t.text("audit.command_line")
    return t.text("audit.token", name=name.removeprefix(TOKEN)) if name.startswith(TOKEN) else name
