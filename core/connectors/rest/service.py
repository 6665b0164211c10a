"""One REST service: only asked with GET, only below its base address."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode

from core.connectors.base import Environment, Limits
from core.connectors.http import failures
from core.connectors.http.auth import auth_headers, auth_query, auth_secrets, own_headers
from core.connectors.http.client import REDIRECTS_MAX, Answer, HttpClient, Request, origin_of
from core.errors import BadAnswer, SourceError
from core.models import FieldError, Message
from core.redaction import WORD_MAX, mask, word

if TYPE_CHECKING:
    from yarl import URL

HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip"}
SAID_MAX = 200

_PATH_LETTERS = "/%:@!$&'()*+,;=~-._"  # RFC 3986, 3.3, and what is percent-encoded already
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SAID = ("message", "detail", "error_description", "error", "title")
_AT_PATH = (FieldError("params.path", Message("field.at_fault")),)

Scalar = str | int | float | bool


class Service:
    """Lives on one event loop; opens nothing before the first request."""

    def __init__(self, config: Any, environment: Environment, limits: Limits, secrets: Sequence[str]) -> None:
        from yarl import URL

        self.base = URL(config.base_url)
        self.secrets = tuple(dict.fromkeys((*auth_secrets(config.auth, config.headers), *secrets)))
        # Headers of one's own stay with the origin too: which of them are secrets, their names only suggest.
        self._credentials = own_headers(config.headers) | auth_headers(config.auth)
        self._secret_query = auth_query(config.auth)
        self._http = HttpClient(config, environment, limits, self._permits, "base_url")

    @property
    def reserved(self) -> str | None:
        """The parameter that says who asks, if one does."""
        return next(iter(self._secret_query), None)

    def url(self, path: str, query: Mapping[str, Scalar | list[Scalar]] | None = None) -> "URL":
        """See `url_of`."""
        return url_of(self.base, path, query)

    async def get(self, url: "URL", read_max: int, redirects: int = REDIRECTS_MAX) -> Answer:
        """Whatever it answers, of which at most `read_max` bytes are read. Raises SourceError."""
        request = Request("GET", url, HEADERS, self._credentials, secret_query=self._secret_query)
        return await self._http.send(request, read_max, redirects)

    def refusal(self, answer: Answer) -> SourceError | None:
        """What a status says that is no success."""
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return None
        detail = self.said(answer) if answer.status >= HTTPStatus.BAD_REQUEST else ""
        refused = failures.of_status(answer.status, answer.headers, auth_field="auth", detail=detail)
        refused = refused or BadAnswer("status", status=answer.status)
        refused.fields = refused.fields or _AT_PATH
        return refused

    def said(self, answer: Answer) -> str:
        """The service's own words about what went wrong, without secrets; empty where it has none."""
        from core.connectors.json_text import parse

        try:
            document = parse(answer.body[: SAID_MAX * 100])
        except BadAnswer:
            return ""
        inner = document.get("error") if isinstance(document, dict) else None
        document = inner if isinstance(inner, dict) else document
        words = [document.get(name) for name in _SAID] if isinstance(document, dict) else []
        return self.word(next((each for each in words if isinstance(each, str)), ""), SAID_MAX)

    def word(self, text: str, longest: int = WORD_MAX) -> str:
        """Something that the service said itself, fit for a sentence."""
        return word(text, self.secrets, longest)

    def tells_nothing(self, text: str) -> bool:
        """Whether none of the source's secrets is in the text."""
        return mask(text, self.secrets) == text

    def executed(self, url: "URL", records_path: str | None) -> str:
        """The request as a person may see it."""
        return mask(f"GET {url.human_repr()}" + (f" {records_path}" if records_path else ""), self.secrets)

    async def close(self) -> None:
        await self._http.close()

    def _permits(self, method: str, url: "URL", body: bytes | None) -> bool:
        """The second layer: judges the address that would be sent, however it was made."""
        base = self.base.raw_path.rstrip("/")
        below = url.raw_path == self.base.raw_path or url.raw_path.startswith(f"{base}/")
        climbs = ".." in unquote(unquote(url.raw_path)).replace("\\", "/").split("/")
        stays = origin_of(url) == origin_of(self.base) and below and not climbs
        return method in ("GET", "HEAD") and body is None and stays


def _listed(value: Scalar | list[Scalar]) -> list[Scalar]:
    return value if isinstance(value, list) else [value]


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def url_of(base: "URL", path: str, query: Mapping[str, Scalar | list[Scalar]] | None = None) -> "URL":
    """The address of a path below the base; of `/` and the empty path the base itself, as it was typed."""
    from yarl import URL

    whole = base.raw_path
    if path.strip("/"):
        below = quote(_STRAY_PERCENT.sub("%25", path.removeprefix("/")), safe=_PATH_LETTERS)
        whole = f"{whole.rstrip('/')}/{below}"
    pairs = pairs_of(query or {})
    return URL(str(base.origin()) + whole + (f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""), encoded=True)


def pairs_of(query: Mapping[str, Scalar | list[Scalar]]) -> list[tuple[str, str]]:
    """Parameters as they are sent: a list is its name once for each of its members."""
    return [(name, _text(each)) for name, value in query.items() for each in _listed(value)]
