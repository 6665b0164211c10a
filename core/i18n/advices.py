"""What to do about an error, where there is more to say than its sentence does."""

from core.errors import BreakerOpen, CheshmehError
from core.i18n.translator import Translator


def advice_for(err: CheshmehError, t: Translator) -> str | None:
    """Where this very reason has an advice: of a class of errors only the breaker's is no commonplace."""
    particular = err.reason or isinstance(err, BreakerOpen)
    return t.message(err.advice) if particular and err.advice.key in t else None
