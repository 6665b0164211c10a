"""The check of AWS signatures (version 4) that moto leaves out, as a WSGI layer: S3 refuses a wrong secret."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from wsgiref.types import StartResponse, WSGIApplication

ALGORITHM = "AWS4-HMAC-SHA256"
SAFE = "-_.~"
_FIELDS = re.compile(
    rf"{ALGORITHM} Credential=(?P<key>[^/,]+)/(?P<scope>[^,]+),\s*"
    r"SignedHeaders=(?P<headers>[^,]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


class SignatureCheck:
    """Hands on what is signed with the one pair of keys; answers 403 with S3's own codes otherwise."""

    def __init__(self, app: WSGIApplication, access_key_id: str, secret_access_key: str) -> None:
        self._app, self._id, self._secret = app, access_key_id, secret_access_key

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        code = self._refusal(environ)
        if code is None:
            return self._app(environ, start_response)
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{code}</Message></Error>'
        headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
        start_response("403 Forbidden", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body.encode()]

    def _refusal(self, environ: Mapping[str, Any]) -> str | None:
        fields = _FIELDS.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
        if fields is None:
            return "AccessDenied"
        if fields["key"] != self._id:
            return "InvalidAccessKeyId"
        expected = self._signature(environ, fields["scope"], fields["headers"])
        return None if hmac.compare_digest(expected, fields["signature"]) else "SignatureDoesNotMatch"

    def _signature(self, environ: Mapping[str, Any], scope: str, signed: str) -> str:
        request = hashlib.sha256(_canonical(environ, signed).encode()).hexdigest()
        text = "\n".join((ALGORITHM, environ.get("HTTP_X_AMZ_DATE", ""), scope, request))
        key = f"AWS4{self._secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def _canonical(environ: Mapping[str, Any], signed: str) -> str:
    """The request as its sender signed it; the path as it came over the wire, which PATH_INFO no longer is."""
    target = urlsplit(environ["RAW_URI"])
    headers = "".join(f"{name}:{_header(environ, name)}\n" for name in signed.split(";"))
    payload = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    return "\n".join((environ["REQUEST_METHOD"], target.path, _query(target.query), headers, signed, payload))


def _header(environ: Mapping[str, Any], name: str) -> str:
    key = name.upper().replace("-", "_")
    value = environ.get(key) if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else environ.get(f"HTTP_{key}")
    return " ".join(str(value or "").split())


def _query(text: str) -> str:
    pairs = (part.partition("=") for part in text.split("&") if part)
    encoded = sorted((quote(unquote(name), SAFE), quote(unquote(value), SAFE)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)
