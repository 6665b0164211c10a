"""What is asked of an OpenID Connect provider, and what it answers: under the rules of egress that hold for sources."""

import asyncio
import importlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import structlog

from core.connectors.base import Environment, Limits
from core.connectors.http.client import HttpClient, Request
from core.connectors.http.tls import TlsConfig
from core.errors import ProviderUnavailable, SourceError
from core.safety.dialling import guarded_dialling
from core.safety.egress import EgressPolicy

if TYPE_CHECKING:
    from yarl import URL

log = structlog.get_logger(__name__)

LIMITS = Limits(connect=3, attempt=5, sample=5)
"""Seconds: a person waits for it, looking at a page that does not change."""
ANSWER_MAX = 512 * 1024
FORM = "application/x-www-form-urlencoded"


class ProviderLink:
    """Opens a connection for each question, follows no redirect."""

    def __init__(self, egress: EgressPolicy, limits: Limits = LIMITS) -> None:
        self._egress, self._limits = egress, limits

    async def ask(
        self, url: str, credentials: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON object of the answer to a GET, or to a POST of `form`.

        Raises ProviderUnavailable when there is no answer, or one that is too long or no JSON object.
        """
        await asyncio.to_thread(importlib.import_module, "core.connectors.http.dial")
        from yarl import URL

        try:
            request = _request(URL(url), credentials or {}, form)
            answer = await self._sent(request)
        except (SourceError, TimeoutError, ValueError) as err:
            # Their own words may hold what was sent.
            log.warning("oidc_provider_unreachable", error=str(err) if isinstance(err, SourceError) else "address")
            raise ProviderUnavailable("unreachable") from None
        return answer

    async def _sent(self, request: Request) -> tuple[int, dict[str, Any]]:
        client = HttpClient(TlsConfig(), Environment(self._egress), self._limits, _reads_or_posts, "issuer")
        with guarded_dialling(self._egress):
            try:
                answer = await client.send(request, ANSWER_MAX)
            finally:
                await client.close()
        return answer.status, _object(answer.body if answer.complete else b"", answer.status)


def _request(url: "URL", credentials: Mapping[str, str], form: Mapping[str, str] | None) -> Request:
    headers = {"Accept": "application/json"}
    if form is None:
        return Request("GET", url, headers, credentials)
    return Request("POST", url, headers | {"Content-Type": FORM}, credentials, urlencode(form).encode())


def _reads_or_posts(method: str, _url: "URL", _body: bytes | None) -> bool:
    return method in ("GET", "POST")


def _object(body: bytes, status: int) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        log.warning("oidc_provider_answer", status=status, error="no JSON object")
        raise ProviderUnavailable("answer")
    return found
