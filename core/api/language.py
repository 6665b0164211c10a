"""The reader's language: what the request accepts, else the setting."""

from fastapi import Request

from core.api.context import runtime_of
from core.i18n import Translator, negotiate, translator


def words(request: Request) -> Translator:
    settings = runtime_of(request).settings
    lang = negotiate(request.headers.get("accept-language"), settings.locale)
    return translator(lang, settings.timezone)
