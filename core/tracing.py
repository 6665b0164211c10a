"""One id for all that one request does: every line of the log on its way, down to the connector's, carries it."""

import secrets

from structlog.contextvars import bind_contextvars

ID_BYTES = 8


def trace() -> str:
    """The id that this context, and every task begun in it, has from here on: 16 hexadecimal digits, of no meaning."""
    request_id = secrets.token_hex(ID_BYTES)
    bind_contextvars(request_id=request_id)
    return request_id
