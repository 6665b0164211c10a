"""Words, digits and dates in the reader's language: `translator("fa").text("sources.title")`."""

from core.i18n.catalogue import LANGUAGES
from core.i18n.negotiation import direction, negotiate
from core.i18n.translator import Translator, translator

__all__ = ["LANGUAGES", "Translator", "direction", "negotiate", "translator"]
