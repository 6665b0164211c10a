"""Which requests a browser makes in order to show what comes: a page, not a part of one."""

from starlette.datastructures import Headers


def is_document(headers: Headers) -> bool:
    """By `Sec-Fetch-Dest`; without it by `Accept`.

    A browser leaves the first out where the address is neither https nor this machine, and older ones everywhere; of
    what a page asks for by itself, only a document is wanted as HTML.
    """
    destination = headers.get("sec-fetch-dest")
    return destination == "document" if destination is not None else "text/html" in headers.get("accept", "")
