"""Addresses of services as people type them into a form."""

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

if TYPE_CHECKING:
    from yarl import URL

ADDRESS_MAX = 2000


def http_address(text: str) -> str:
    """The text itself. Raises PydanticCustomError for what is no bare http or https address.

    User and password are refused here: they are secrets, which an address is not.
    """
    hook_address(text)
    if "?" in text or "#" in text:
        raise PydanticCustomError("bare_url", "an address without user, query or fragment")
    return text


def hook_address(text: str) -> str:
    """As `http_address`, but a query may be in it: of a hook the whole address is a secret."""
    url = _parsed(text)
    if url is None or url.scheme not in ("http", "https") or not url.host or not url.port or len(text) > ADDRESS_MAX:
        raise PydanticCustomError("http_url", "an address that begins with http:// or https://")
    if "@" in url.raw_authority:
        raise PydanticCustomError("url_user", "no user and password in the address")
    return text


def host_of(address: str) -> str:
    """The host of a valid address, in small letters. The standard library's parser: it is there without a driver."""
    return urlsplit(address).hostname or ""


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
