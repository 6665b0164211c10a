"""A source as scripts hold it."""

from typing import Any


class Source(dict[str, Any]):
    """A source as a plain dict, and the `etag` of this version of it, for `if_match`."""

    etag: str = ""
