"""Every error of psycopg and libpq, as one of ours."""

import re
from typing import Any

from core.errors import (
    AuthError,
    BadAnswer,
    CertificateInvalid,
    NotFoundInSource,
    PermissionDenied,
    QueryFailed,
    QueryTimeout,
    SourceError,
    SourceUnavailable,
    Unreachable,
)
from core.models import FieldError, Message
from core.redaction import scrub

# While connecting libpq gives a sentence and no SQLSTATE. The words are libpq's own or those of an English server
# or PgBouncer.
_WHILE_CONNECTING: tuple[tuple[str, type[SourceError], str, tuple[str, ...]], ...] = (
    (r"no pg_hba\.conf entry|pg_hba\.conf rejects connection", AuthError, "not_admitted", ("user",)),
    (r"no password supplied", AuthError, "no_password", ("password",)),
    (
        r"password authentication failed|no password assigned|password has expired|no such user",
        AuthError,
        "password",
        ("user", "password"),
    ),
    (r"role .* does not exist|not permitted to log in|authentication failed", AuthError, "role", ("user",)),
    (r"permission denied for database", PermissionDenied, "database", ("user", "database")),
    (r"database .* does not exist|no such database", NotFoundInSource, "database", ("database",)),
    (
        r"too many (connections|clients)|connection slots are reserved|no more connections allowed|query_wait_timeout",
        SourceUnavailable,
        "too_many_connections",
        (),
    ),
    (r"starting up|shutting down|in recovery mode|not yet accepting", SourceUnavailable, "restarting", ()),
    (r"does not support SSL", CertificateInvalid, "unsupported", ("sslmode",)),
    (r"root certificate file|could not read root", CertificateInvalid, "no_authority", ("ca_pem",)),
    (r"server certificate for .* does not match|host name", CertificateInvalid, "name", ("host", "sslmode")),
    (r"certificate has expired", CertificateInvalid, "expired", ()),
    (r"certificate verify failed|self.signed certificate|unknown ca", CertificateInvalid, "authority", ("ca_pem",)),
    (
        r"received invalid response|expected authentication request|unsupported frontend",
        BadAnswer,
        "protocol",
        ("port",),
    ),
    (r"[Cc]onnection refused", Unreachable, "refused", ("host", "port")),
    (
        r"reset by peer|closed the connection unexpectedly|Broken pipe|EOF detected",
        Unreachable,
        "reset",
        ("host", "port"),
    ),
    (r"No route to host|Network is unreachable", Unreachable, "no_route", ("host",)),
)
# Whatever its language, libpq puts the severity of what a server said, a colon and two spaces before it.
_SAID_BY_SERVER = re.compile(r"failed: [^:\n]+:  ")
_WRONG_COUNT = "08P01"  # too few or too many arguments for the placeholders
_RETRIED = frozenset({"57P01", "57P02", "57P03", "53300"})
_NO_FUNCTION, _OF_OPERATORS = "42883", "op_error"
"""The server has one SQLSTATE for a function and an operator that are not there (parse_oper.c says the latter)."""
_MISSING = {"3D000": "database", "3F000": "schema", "42P01": "table", "42703": "column", _NO_FUNCTION: "function"}


def while_connecting(err: Exception, **where: Any) -> SourceError:
    """What went wrong before a session stood; `where` holds host, port, user and database for the sentence."""
    text = str(err)
    for pattern, cls, reason, names in _WHILE_CONNECTING:
        if re.search(pattern, text):
            fields = tuple(FieldError(f"config.{name}", Message(f"error.{cls.code}.{reason}", where)) for name in names)
            retried = True if cls is SourceUnavailable else None
            return cls(reason, fields=fields, retried=retried, **where)
    # A refusal in words that nobody here knows may be one of a password: tried again, it could lock the account.
    retried = False if _SAID_BY_SERVER.search(text) else None
    return Unreachable("other", detail=_first_line(text), retried=retried, **where)


def in_session(err: Exception, secrets: tuple[str, ...], **where: Any) -> SourceError:
    """What the server said no to, or how the connection was lost."""
    state = getattr(err, "sqlstate", None)
    if state is None:
        # The driver refused an argument before anything was sent, or the connection went away.
        return QueryFailed("arguments") if _refused_by_driver(err) else Unreachable("reset", **where)
    diagnostics = getattr(err, "diag", None)
    detail = scrub(getattr(diagnostics, "message_primary", None) or "", secrets)
    if state == _NO_FUNCTION and getattr(diagnostics, "source_function", None) == _OF_OPERATORS:
        return QueryFailed("operator", detail=detail)
    return _of_state(state, detail, where)


def _of_state(state: str, detail: str, where: dict[str, Any]) -> SourceError:
    if "query_wait_timeout" in detail:  # PgBouncer's; it has one SQLSTATE for everything
        return SourceUnavailable("too_many_connections", retried=True, **where)
    if state == "57014":
        return QueryTimeout("server")
    if state.startswith("28"):
        return AuthError("role", **where)
    if state == "42501":
        return PermissionDenied("object", detail=detail)
    if state in _MISSING:
        return NotFoundInSource(_MISSING[state], detail=detail)
    if state.startswith("08") and state != _WRONG_COUNT:
        return Unreachable("reset", **where)
    if state.startswith(("53", "57P0")):
        return SourceUnavailable("server", detail=detail, retried=state in _RETRIED)
    return QueryFailed("sql", detail=detail, sqlstate=state)


def _refused_by_driver(err: Exception) -> bool:
    import psycopg

    return isinstance(err, psycopg.ProgrammingError | psycopg.DataError | psycopg.NotSupportedError)


def _first_line(text: str) -> str:
    return scrub(text.strip().splitlines()[0] if text.strip() else "")
