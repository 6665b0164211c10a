"""Every error of PyMongo, and every code of a MongoDB server, as one of ours."""

import re

from bson.errors import BSONError
from pymongo import errors

from core.connectors.mongodb.target import Target
from core.connectors.mongodb.uri import Address
from core.connectors.network import fields_of
from core.errors import (
    AuthError,
    BadAnswer,
    Busy,
    CertificateInvalid,
    NotFoundInSource,
    PermissionDenied,
    QueryFailed,
    QueryTimeout,
    SourceError,
    SourceTimeout,
    SourceUnavailable,
    Unreachable,
)
from core.redaction import scrub
from core.safety.dialling import egress_denied

# Codes: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
UNSUPPORTED = frozenset({59, 115, 238})  # CommandNotFound, CommandNotSupported, NotImplemented
_ATLAS = 8000  # AtlasError, for whatever Atlas itself refuses
_LOGIN = frozenset({11, 18, _ATLAS})  # UserNotFound, AuthenticationFailed
_UNAUTHORISED = 13
_NO_RIGHT = re.compile(r"not allowed to do action|not authorized")
_NO_NAMESPACE = 26
_TIMES = frozenset({50, 262, 290})  # MaxTimeMSExpired, ExceededTimeLimit, TransactionExceededLifetimeLimitSeconds
_UNAVAILABLE = frozenset({
    6, 7, 89, 91, 189, 9001, 10058, 10107, 11600, 11602, 13435, 13436,  # the retryable codes of the driver's own
    134, 202, 462,  # ReadConcernMajorityNotAvailableYet, NetworkInterfaceExceededTimeLimit, IngressRequestRateLimit
})  # fmt: skip

# What fails while connecting comes as a sentence: OpenSSL's words after PyMongo's, or an errno of the system.
_TLS: tuple[tuple[str, str], ...] = (
    (r"certificate has expired|not yet valid", "expired"),
    (r"[Hh]ostname mismatch|IP address mismatch", "name"),
    (r"certificate verify failed", "authority"),
    (r"WRONG_VERSION_NUMBER|HTTP_REQUEST|RECORD_LAYER_FAILURE|record layer failure", "unsupported"),
    (r"SSL handshake failed|\[SSL", "handshake"),
)
_TLS_FIELDS = {"authority": "ca_pem", "unsupported": "tls", "handshake": "tls"}
_ERRNO = re.compile(r"\[Errno (-?\d+)\]|Connect call failed")
_REFUSED, _NO_ROUTE = frozenset({"111", "61"}), frozenset({"101", "113", "110", "99"})


def of(err: Exception, target: Target, seconds: float) -> SourceError:
    """What went wrong in a call; `seconds` is what one attempt was allowed."""
    where = target.where()
    match err:
        case errors.OperationFailure():
            return _of_code(err, target)
        case errors.WaitQueueTimeoutError():
            return Busy()
        case errors.NetworkTimeout():
            return SourceTimeout("attempt", seconds=seconds)
        case errors.NotPrimaryError():
            return SourceUnavailable("no_primary", **where)
        case errors.AutoReconnect():
            return of_connection(err, target, target.hosts[0], seconds)
        case errors.ProtocolError() | BSONError():
            return no_mongodb(target)
        case ValueError() if str(err).startswith("SASLprep"):
            # SCRAM-SHA-256 has no such password (RFC 4013): letters of both directions in one, say.
            return AuthError("characters", fields=fields_of(*target.user_fields), **where)
        case errors.PyMongoError() | UnicodeError():
            # Refused by the driver before anything was sent: half a surrogate pair in a name, say.
            return QueryFailed("arguments")
    raise err


def of_connection(err: Exception, target: Target, member: Address, seconds: float) -> SourceError:
    """Why a member could not be spoken to, by the driver's own description of it."""
    where, text, place = target.where(member), str(err), fields_of(target.place_field)
    if denied := egress_denied(text, *member):
        denied.fields = place
        return denied
    if isinstance(err, errors.NetworkTimeout):
        return SourceTimeout("connect", fields=place, seconds=seconds, **where)
    if isinstance(err, errors.OperationFailure):
        return _of_code(err, target)
    if isinstance(err, errors.ProtocolError | BSONError):
        return no_mongodb(target, member)
    if isinstance(err, errors.ConfigurationError):
        return QueryFailed("unsupported", detail=scrub(text, target.secrets))
    for pattern, reason in _TLS if target.tls else ():
        if re.search(pattern, text):
            return CertificateInvalid(reason, fields=fields_of(_TLS_FIELDS.get(reason, target.place_field)), **where)
    return Unreachable(_reason(text), fields=place, **where)


def wrong_set(target: Target, found: str | None) -> SourceError:
    """Members answered, but none belongs to the replica set; `found` is the set that they do belong to."""
    fields = fields_of("replica_set" if target.place_field == "hosts" else target.place_field)
    arguments = {**target.where(), "name": target.replica_set or ""}
    if found is None:
        return NotFoundInSource("no_replica_set", fields=fields, **arguments)
    return NotFoundInSource("replica_set", fields=fields, found=found, **arguments)


def no_mongodb(target: Target, member: Address | None = None) -> BadAnswer:
    """A peer that answers, but not in MongoDB's protocol."""
    return BadAnswer("not_mongodb", fields=fields_of(target.place_field), **target.where(member))


def _reason(text: str) -> str:
    code = _ERRNO.search(text)
    if code is None:
        return "unknown_host" if "ame or service not known" in text else "reset"
    if code[1] in _REFUSED or "Connection refused" in text:
        return "refused"
    if code[1] in _NO_ROUTE or code[1] is None:
        return "no_route"
    return {"-2": "unknown_host", "-5": "unknown_host", "-3": "name_lookup", "-4": "name_lookup"}.get(code[1], "reset")


def _of_code(err: errors.OperationFailure, target: Target) -> SourceError:
    code, where = err.code, target.where()
    detail = scrub(str((err.details or {}).get("errmsg", "")), target.secrets)
    if code == _ATLAS and _NO_RIGHT.search(detail):
        code = _UNAUTHORISED
    if code in _LOGIN:
        return AuthError("password", fields=fields_of(*target.user_fields), **where)
    if code == _UNAUTHORISED:
        return PermissionDenied("object", detail=detail) if target.user else no_user(target)
    if code == _NO_NAMESPACE:
        return NotFoundInSource("collection", detail=detail)
    if code in _TIMES:
        return QueryTimeout("server")
    if code in UNSUPPORTED:
        return QueryFailed("unsupported", detail=detail)
    if code in _UNAVAILABLE:
        return SourceUnavailable("server", detail=detail)
    return QueryFailed("mongodb", detail=detail)


def no_user(target: Target) -> AuthError:
    """A server that asks for a user, and a configuration without one."""
    return AuthError("no_user", fields=fields_of(*target.user_fields), **target.where())
