"""Whether a service is well: one small request, and the statuses that its owner calls good."""

from collections.abc import Sequence
from http import HTTPStatus
from http.client import responses
from typing import Any

from core.connectors.http.client import REDIRECTS_MAX, Answer
from core.connectors.http.failures import of_status
from core.connectors.rest.service import Service
from core.errors import AuthError, PermissionDenied, RateLimited, SourceError, SourceUnavailable

BYTES_MAX = 64 * 1024


async def ping(service: Service, config: Any) -> tuple[bool, str]:
    """`(True, what answered)`, or `(False, why)` for a status that was not expected.

    Raises SourceError where the status says that the service does not know who asks, may not be asked, or is not well.
    """
    answer = await ask(service, config)
    refused = refusal(answer, config)
    if isinstance(refused, AuthError | PermissionDenied | RateLimited | SourceUnavailable):
        raise refused
    return is_expected(answer.status, config.health_expect), told(service, answer)


async def ask(service: Service, config: Any) -> Answer:
    """The answer to the health request. A redirect whose status is expected is itself the answer."""
    moved = range(HTTPStatus.MULTIPLE_CHOICES, HTTPStatus.BAD_REQUEST)
    redirects = 0 if any(is_expected(status, config.health_expect) for status in moved) else REDIRECTS_MAX
    return await service.get(service.url(config.health_path), BYTES_MAX, redirects)


def refusal(answer: Answer, config: Any) -> SourceError | None:
    """What an unexpected status says; None for an expected one, and for one below 400."""
    if is_expected(answer.status, config.health_expect):
        return None
    return of_status(answer.status, answer.headers, auth_field="auth")


def is_expected(status: int, expected: Sequence[str]) -> bool:
    """Whether `expected`, of the form 204 or 200-299, has the status."""
    ranges = (each.partition("-") for each in expected)
    return any(int(first) <= status <= int(last or first) for first, _, last in ranges)


def told(service: Service, answer: Answer) -> str:
    """`HTTP 200 · nginx`; words for a status that was refused."""
    server = service.word(answer.headers.get("Server", ""))
    phrase = "" if answer.status < HTTPStatus.MULTIPLE_CHOICES else responses.get(answer.status, "")
    return " · ".join(filter(None, (f"HTTP {answer.status} {phrase}".strip(), server)))
