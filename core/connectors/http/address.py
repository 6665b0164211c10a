"""Addresses of services as people type them into a form."""

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from yarl import URL

ADDRESS_MAX = 2000


def http_address(text: str) -> str:
    """The text itself. Raises PydanticCustomError for what is no bare http or https address.

    User and password are refused here: they are secrets, which an address is not.
    """
    url = _parsed(text)
    if url is None or url.scheme not in ("http", "https") or not url.host or not url.port:
        raise PydanticCustomError("http_url", "an address that begins with http:// or https://")
    if "@" in url.raw_authority:
        raise PydanticCustomError("url_user", "no user and password in the address")
    if "?" in text or "#" in text:
        raise PydanticCustomError("bare_url", "an address without user, query or fragment")
    return text


def _parsed(text: str) -> "URL | None":
    from yarl import URL

    # The only space that can be printed is the plain one.
    if " " in text or "\\" in text or not text.replace("\u200c", "").isprintable():
        return None
    try:
        url = URL(text)
        return url if url.port else None
    except ValueError:
        return None


HttpAddress = Annotated[str, Field(min_length=1, max_length=ADDRESS_MAX), AfterValidator(http_address)]
