"""Every error that an S3 service names, as one of ours."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from core.connectors.http.failures import header, retry_after, seconds_until
from core.connectors.network import fields_of
from core.errors import (
    AuthError,
    BadAnswer,
    NotFoundInSource,
    PermissionDenied,
    QueryFailed,
    RateLimited,
    SourceError,
    SourceUnavailable,
)
from core.redaction import scrub, word

_KEYS = ("access_key_id", "secret_access_key")
_NAMED: dict[str, tuple[type[SourceError], str, tuple[str, ...]]] = {
    "InvalidAccessKeyId": (AuthError, "access_key", ("access_key_id",)),
    "SignatureDoesNotMatch": (AuthError, "signature", ("secret_access_key",)),
    "InvalidToken": (AuthError, "session_token", ("session_token",)),
    "ExpiredToken": (AuthError, "session_token", ("session_token",)),
    "InvalidSecurity": (AuthError, "access_key", _KEYS),
    "RequestTimeTooSkewed": (AuthError, "clock", ()),
    "AuthorizationHeaderMalformed": (AuthError, "region", ("region",)),
    "AuthorizationQueryParametersError": (AuthError, "region", ("region",)),
    "AccessDenied": (PermissionDenied, "bucket", ("bucket", "prefix")),
    "AllAccessDisabled": (PermissionDenied, "bucket", ("bucket",)),
    "AccountProblem": (PermissionDenied, "bucket", ()),
    "InvalidObjectState": (PermissionDenied, "archived", ()),
    "NoSuchBucket": (NotFoundInSource, "bucket", ("bucket",)),
    "InvalidBucketName": (NotFoundInSource, "bucket", ("bucket",)),
    "NoSuchKey": (NotFoundInSource, "key", ()),
    "IllegalLocationConstraintException": (NotFoundInSource, "region", ("region",)),
    "MethodNotAllowed": (NotFoundInSource, "not_s3", ("endpoint_url", "path_style")),
}
_BY_STATUS = {
    401: "SignatureDoesNotMatch",
    403: "AccessDenied",
    404: "MethodNotAllowed",  # S3 itself names what is missing
    405: "MethodNotAllowed",
}
SKEW_MIN = 5
_BUSY = frozenset({"SlowDown", "ServiceUnavailable", "RequestTimeout", "InternalError", "ThrottlingException"})
_RETRIED = frozenset({502, 503, 504})


def of(err: Any, headers: Mapping[str, str], bucket: str, secrets: tuple[str, ...]) -> SourceError:
    """What botocore's ClientError says. Only its code and sentence are read: the rest repeats what was signed."""
    status = int(err.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    said = err.response.get("Error", {})
    code = str(said.get("Code", ""))
    again = retry_after(headers)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited("http", retry_after=again)
    if code in _BUSY or status >= 500:
        return SourceUnavailable("s3", retried=status in _RETRIED, retry_after=again, detail=word(code, secrets))
    found = _NAMED.get(code) or _NAMED.get(_BY_STATUS.get(status, ""))
    if found is None:
        return QueryFailed("s3", detail=scrub(f"{code}: {said.get('Message') or ''}", secrets))
    cls, reason, fields = found
    if reason == "clock":
        return _skewed(headers, bucket)
    return cls(reason, fields=fields_of(*fields), bucket=bucket)


def _skewed(headers: Mapping[str, str], bucket: str) -> AuthError:
    """By how much the clocks differ, where the service says what time it has."""
    seconds = seconds_until(header(headers, "date"))
    if seconds is None:
        return AuthError("clock", bucket=bucket)
    apart = round(abs(seconds) / 60)
    # Less than any service minds: then it is not what the header says.
    return AuthError("clock_apart" if apart >= SKEW_MIN else "clock", bucket=bucket, minutes=apart)


def elsewhere(bucket: str) -> NotFoundInSource:
    """The bucket lives in another region, or at another endpoint."""
    return NotFoundInSource("region", fields=fields_of("region", "endpoint_url"), bucket=bucket)


def unreadable(bucket: str) -> BadAnswer:
    """An answer that the SDK could not parse: HTML of a proxy, another service."""
    return BadAnswer("not_s3", fields=fields_of("endpoint_url"), bucket=bucket)
