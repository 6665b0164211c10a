"""Words, digits and dates in the reader's language: `translator("fa").text("sources.title")`."""

from core.i18n.negotiation import direction, negotiate
from core.i18n.translator import Translator, name_of, translator
from core.languages import LANGUAGES

__all__ = ["LANGUAGES", "Translator", "direction", "name_of", "negotiate", "translator"]
