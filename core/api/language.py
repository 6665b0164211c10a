"""The reader's language: what the request accepts, else the setting."""

from starlette.requests import HTTPConnection

from core.api.context import runtime_of
from core.i18n import Translator, negotiate, translator


def words(connection: HTTPConnection) -> Translator:
    settings = runtime_of(connection).settings
    lang = negotiate(connection.headers.get("accept-language"), settings.locale)
    return translator(lang, settings.timezone)
