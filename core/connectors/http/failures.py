"""Every error of aiohttp, and every status of an answer, as one of ours."""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from core.connectors.network import fields_of
from core.errors import (
    AuthError,
    BadAnswer,
    CertificateInvalid,
    EgressDenied,
    NotFoundInSource,
    PermissionDenied,
    QueryFailed,
    RateLimited,
    SourceError,
    SourceTimeout,
    SourceUnavailable,
    Unreachable,
)
from core.safety.dialling import egress_denied

_EXPIRED = frozenset({9, 10})  # not yet valid, expired: X509_V_ERR_*, openssl/x509_vfy.h
_WRONG_NAME = frozenset({62, 64})
_RETRIED = frozenset({502, 503, 504})
_RESETS = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


def of(err: Exception, field: str, where: Mapping[str, Any]) -> SourceError:
    """What went wrong before a whole answer stood.

    `where` holds host, port and the seconds allowed to connecting; `field` is where the form holds the address.
    """
    import aiohttp

    fields = fields_of(field)
    if isinstance(err, OSError) and (denied := _denied(err, field, **where)):
        return denied
    match err:
        case aiohttp.ClientConnectorCertificateError():
            return _certificate(err.certificate_error, field, **where)
        case aiohttp.ClientConnectorSSLError():
            return _handshake(err.os_error, field, **where)
        case aiohttp.InvalidURL():
            # The client's own refusal of 127.1 and the like, which hide from rules that read addresses.
            return EgressDenied("numeric_host", fields=fields, host=where["host"], port=where["port"])
        case aiohttp.ServerTimeoutError():
            return SourceTimeout("connect", fields=fields, **where)
        case aiohttp.ClientConnectorError():
            return _not_connected(err.os_error, field, **where)
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return Unreachable("reset", fields=fields, **where)
        case aiohttp.ClientPayloadError():
            return Unreachable("reset", fields=fields, **where) if _was_reset(err) else BadAnswer("truncated")
        case ConnectionError():
            return Unreachable("reset", fields=fields, **where)
    return BadAnswer("http", fields=fields, **where)


def of_greeting(err: OSError, field: str, **where: Any) -> SourceError:
    """What went wrong while TLS was agreed upon, outside aiohttp."""
    if isinstance(err, ssl.SSLCertVerificationError):
        return _certificate(err, field, **where)
    if isinstance(err, ssl.SSLError):
        return _handshake(err, field, **where)
    return _not_connected(err, field, **where)


def _denied(err: OSError, field: str, **where: Any) -> EgressDenied | None:
    denied = egress_denied(str(err), where["host"], where["port"])
    if denied is not None:
        denied.fields = fields_of(field)
    return denied


def _certificate(err: BaseException, field: str, **where: Any) -> SourceError:
    code = getattr(err, "verify_code", 0)
    if code in _EXPIRED:
        return CertificateInvalid("expired", fields=fields_of(field), **where)
    if code in _WRONG_NAME:
        return CertificateInvalid("name", fields=fields_of(field), **where)
    return CertificateInvalid("authority", fields=fields_of("ca_pem"), **where)


def _handshake(err: OSError, field: str, **where: Any) -> SourceError:
    if isinstance(err, ssl.SSLError) and err.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        return CertificateInvalid("unsupported", fields=fields_of(field), **where)
    return CertificateInvalid("handshake", fields=fields_of(field), **where)


def _not_connected(err: OSError, field: str, **where: Any) -> SourceError:
    fields = fields_of(field)
    if denied := _denied(err, field, **where):
        return denied
    if isinstance(err, ConnectionRefusedError):
        return Unreachable("refused", fields=fields, **where)
    if isinstance(err, TimeoutError):
        return SourceTimeout("connect", fields=fields, **where)
    return Unreachable("reset" if isinstance(err, _RESETS) else "no_route", fields=fields, **where)


def _was_reset(err: Exception) -> bool:
    """Of a body that is not complete: aiohttp gives the connection's own error in its text alone."""
    return any(reset.__name__ in str(err) for reset in _RESETS)


def of_status(status: int, headers: Mapping[str, str], *, auth_field: str, detail: str = "") -> SourceError | None:
    """What a status says that is no success; None for one below 400. `detail` is what the source said, scrubbed."""
    if status < 400:
        return None
    if status == 401:
        return AuthError("http", fields=fields_of(auth_field), status=status)
    if status == 403:
        return PermissionDenied("http", fields=fields_of(auth_field), status=status)
    if status in (404, 410):
        return NotFoundInSource("address", status=status)
    if status == 429:
        return RateLimited("http", retry_after=retry_after(headers))
    if status >= 500:
        again = retry_after(headers)
        return SourceUnavailable("http", retried=status in _RETRIED, retry_after=again, status=status)
    return QueryFailed("http", status=status, detail=detail)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from either form of the header (RFC 9110, 10.2.3); None where there is none that makes sense."""
    text = header(headers, "retry-after").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    seconds = seconds_until(text)
    return None if seconds is None else max(0.0, seconds)


def header(headers: Mapping[str, str], name: str) -> str:
    """Its value, of whatever case the letters of its name are; `name` is in small ones."""
    return next((value for each, value in headers.items() if each.lower() == name), "")


def seconds_until(text: str) -> float | None:
    """From now to a date as HTTP has it; None for what is none."""
    try:
        return (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (OverflowError, TypeError, ValueError):
        return None
