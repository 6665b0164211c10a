"""What to do about an error, where there is more to say than its sentence does."""

from core.errors import CheshmehError
from core.i18n.translator import Translator


def advice_for(err: CheshmehError, t: Translator) -> str | None:
    """Where this very reason has an advice: a class of errors has only commonplaces."""
    return t.message(err.advice) if err.reason and err.advice.key in t else None
