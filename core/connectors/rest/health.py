"""Whether a service is well: one small request, and the statuses that its owner calls good."""

from functools import cached_property
from http import HTTPStatus
from http.client import responses
from typing import TYPE_CHECKING, Any

from core.connectors.http.client import REDIRECTS_MAX, Answer
from core.connectors.http.failures import of_status
from core.connectors.rest.service import Service
from core.errors import AuthError, PermissionDenied, RateLimited, SourceError, SourceUnavailable

if TYPE_CHECKING:
    from yarl import URL

BYTES_MAX = 64 * 1024


class Health:
    """The health request of one service."""

    def __init__(self, service: Service, config: Any) -> None:
        ranges = (each.partition("-") for each in config.health_expect)
        self._service, self._path = service, config.health_path
        self._expected = tuple((int(first), int(last or first)) for first, _, last in ranges)

    async def ping(self) -> tuple[bool, str]:
        """`(True, what answered)`, or `(False, why)` for a status that was not expected.

        Raises SourceError where the status says that the service does not know who asks, may not be asked, or is not
        well.
        """
        answer = await self.ask()
        refused = self.refusal(answer)
        if isinstance(refused, AuthError | PermissionDenied | RateLimited | SourceUnavailable):
            raise refused
        return self.is_expected(answer), self.told(answer)

    async def ask(self) -> Answer:
        """The answer to the health request. A redirect whose status is expected is itself the answer."""
        return await self._service.get(self._url, BYTES_MAX, self._redirects)

    def refusal(self, answer: Answer) -> SourceError | None:
        """What an unexpected status says; None for an expected one, and for one below 400."""
        if self.is_expected(answer):
            return None
        return of_status(answer.status, answer.headers, auth_field="auth")

    def is_expected(self, answer: Answer) -> bool:
        return any(first <= answer.status <= last for first, last in self._expected)

    def told(self, answer: Answer) -> str:
        """`HTTP 200 · nginx`; with words for a status that says no."""
        server = self._service.word(answer.headers.get("Server", ""))
        phrase = "" if answer.status < HTTPStatus.MULTIPLE_CHOICES else responses.get(answer.status, "")
        return " · ".join(filter(None, (f"HTTP {answer.status} {phrase}".strip(), server)))

    @property
    def command(self) -> str:
        """The request as a person may see it."""
        return self._service.executed(self._url, None)

    @cached_property
    def _url(self) -> "URL":
        return self._service.url(self._path)

    @cached_property
    def _redirects(self) -> int:
        moved = any(
            first < HTTPStatus.BAD_REQUEST and last >= HTTPStatus.MULTIPLE_CHOICES for first, last in self._expected
        )
        return 0 if moved else REDIRECTS_MAX
