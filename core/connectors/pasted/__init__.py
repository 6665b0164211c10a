"""A pasted connection string, read into a kind and the fields of its configuration."""

from core.connectors.pasted import http, mongodb, postgres, s3
from core.connectors.pasted.url import Pasted, refused, split

__all__ = ["Pasted", "from_pasted"]

LENGTH_MAX = 16_384
_QUOTES = ("'", '"', "`")


def from_pasted(text: str) -> Pasted:
    """The kind and the fields that a text says; what it leaves out stays out, and nothing is checked against the kind.

    Reads addresses (`postgresql://`, `mongodb://`, `http://`, `s3://` …), libpq's `key=value` lines and MinIO's
    aliases. Raises InvalidInput naming `dsn`, and an option that no field stands for, but never a value.
    """
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        text = text[1:-1]
    if not text or len(text) > LENGTH_MAX or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise refused("dsn_unknown")
    if text.startswith("{"):
        return s3.from_json(text)
    if postgres.is_key_value(text):
        return postgres.from_key_values(text)
    return _from_address(text)


def _from_address(text: str) -> Pasted:
    scheme = text.partition("://")[0].lower()
    if scheme == "s3":
        return s3.from_text(text)
    if scheme in ("mongodb", "mongodb+srv"):
        return mongodb.from_url(split(text), text)
    if scheme in ("http", "https"):
        return http.from_url(split(text))
    if scheme.partition("+")[0] in ("postgres", "postgresql"):
        return postgres.from_url(split(text))
    raise refused("dsn_unknown")
