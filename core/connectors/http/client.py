"""One source's HTTP requests: guarded, bounded, never repeated, never with another source's cookies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from core.connectors.base import Environment, Limits
from core.connectors.detached import Detached
from core.connectors.http import failures
from core.connectors.http.body import read_body
from core.connectors.http.tls import TlsConfig, tls_context
from core.connectors.network import fields_of
from core.errors import BadAnswer, QueryRefused, SourceError, SourceTimeout
from core.resilience.deadline import remaining, within

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from multidict import CIMultiDict
    from yarl import URL

CONNECTIONS = 8
REDIRECTS_MAX = 3
USER_AGENT = "cheshmeh"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ENDED = 0.01
"""With less than this left, in seconds, it was the caller's deadline that passed and not our own limit."""

Permit = Callable[[str, "URL", bytes | None], bool]
"""Whether a request may leave, by method, address and body: a kind's second layer of safety."""


@dataclass(frozen=True, slots=True)
class Request:
    """`credentials` are headers that must not reach another origin than the source's own, and win over `headers`.

    `secret_query` are parameters of that kind: added to `url` as it is sent, and in no address that is given back.
    """

    method: str
    url: "URL"
    headers: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    secret_query: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """Header names are case-insensitive. `complete` is false for a body that was cut at the cap."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    complete: bool
    url: "URL" = field(repr=False)


class HttpClient:
    """Lives on one event loop; opens nothing before the first request. `field` is where the form holds the address.

    Without `decode` a compressed body is given as it came: parts of a stored object cannot be decompressed alone.
    """

    def __init__(
        self,
        tls: TlsConfig,
        environment: Environment,
        limits: Limits,
        permit: Permit,
        field: str,
        *,
        decode: bool = True,
    ) -> None:
        self._tls, self._egress, self._limits = tls, environment.egress, limits
        self._permit, self._field, self._decode = permit, field, decode
        self._work = Detached()
        self._opened: ClientSession | None = None

    async def send(self, request: Request, read_max: int, redirects: int = 0) -> Answer:
        """One request and its answer, of which at most `read_max` bytes of content are read.

        A redirect is followed up to `redirects` times, without credentials where it leaves the origin; what the
        permit said of the first address holds for those it leads to.
        Raises SourceError; TimeoutError when the caller's own deadline passed.
        """
        return await self._work.run(self._within_limit(request, read_max, redirects))

    async def close(self) -> None:
        """Idempotent and final; ends what is under way."""
        await self._work.close()
        session, self._opened = self._opened, None
        if session is not None:
            await session.close()

    async def _within_limit(self, request: Request, read_max: int, redirects: int) -> Answer:
        try:
            async with within(self._limits.attempt):
                return await self._follow(request, read_max, redirects)
        except TimeoutError:
            if remaining() <= _ENDED:
                raise TimeoutError from None
            late = SourceTimeout("attempt", fields=fields_of(self._field), seconds=self._limits.attempt)
        # Raised out here: as the context of this error the client's frames would hold its socket open.
        raise late

    async def _follow(self, request: Request, read_max: int, redirects: int) -> Answer:
        if not self._permit(request.method, request.url, request.body):
            raise QueryRefused("transport", rule="transport", part=request.method)
        for _ in range(redirects):
            answer = await self._exchange(request, read_max)
            if answer.status not in _REDIRECTS or "Location" not in answer.headers:
                return answer
            request = redirected(request, answer)
        answer = await self._exchange(request, read_max)
        if redirects and answer.status in _REDIRECTS:
            raise BadAnswer("redirects", fields=fields_of(self._field), times=redirects)
        return answer

    async def _exchange(self, request: Request, read_max: int) -> Answer:
        import aiohttp

        try:
            return await self._answer(request, read_max)
        except SourceError as err:
            failed = self._at_fault(err)
        except (aiohttp.ClientError, OSError, ValueError) as err:
            # ValueError: aiohttp's parser and yarl raise it, bare, for what a peer sent.
            where = {"host": str(request.url.host), "port": request.url.port or 0, "seconds": self._limits.connect}
            failed = failures.of(err, self._field, where)
        raise failed

    async def _answer(self, request: Request, read_max: int) -> Answer:
        url, headers = addressed(request.url, request.secret_query), _sent_headers(request)
        async with self._session().request(
            request.method, url, headers=headers, data=request.body, allow_redirects=False, timeout=self._timeout()
        ) as response:
            body, complete = await read_body(response, read_max, decode=self._decode)
            if not complete:
                response.close()
            return Answer(response.status, response.reason or "", response.headers, body, complete, request.url)

    def _timeout(self) -> Any:
        import aiohttp

        return aiohttp.ClientTimeout(total=None, sock_connect=min(self._limits.connect, remaining()), ceil_threshold=60)

    def _session(self) -> "ClientSession":
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> "ClientSession":
        import aiohttp

        from core.connectors.http.dial import GuardedTcpConnector

        context = tls_context(self._tls.tls_verify, self._tls.ca_pem)
        connector = GuardedTcpConnector(self._egress, ssl=context, limit=CONNECTIONS)
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        # It would send an idempotent request once more by itself; there is no other switch for it.
        session._retry_connection = False
        return session

    def _at_fault(self, err: SourceError) -> SourceError:
        err.fields = fields_of(self._field) if err.fields else ()
        return err


def redirected(request: Request, answer: Answer) -> Request:
    """The next hop. Raises BadAnswer for one that is no http address or gives up TLS, and for a request with a body."""
    from yarl import URL

    try:
        target = request.url.join(URL(answer.headers["Location"])).with_user(None).with_fragment(None)
        if target.query.keys() & request.secret_query.keys():
            target = target.without_query_params(*request.secret_query)
    except ValueError:
        raise BadAnswer("redirect_address") from None
    downgraded = request.url.scheme == "https" and target.scheme != "https"
    if target.scheme not in ("http", "https") or not target.host or downgraded or request.body is not None:
        raise BadAnswer("redirect_address")
    if origin_of(target) == origin_of(request.url):
        return replace(request, url=target)
    return replace(request, url=target, credentials={}, secret_query={})


def origin_of(url: "URL") -> tuple[str, str | None, int | None]:
    """Scheme, host and port (RFC 6454), whether or not the address spells out the scheme's own port."""
    return url.scheme, url.raw_host, url.port


def addressed(url: "URL", query: Mapping[str, str]) -> "URL":
    """`url` with more parameters behind its own, of which no letter changes."""
    from yarl import URL

    if not query:
        return url
    more = urlencode(query)
    whole = f"{url.raw_query_string}&{more}" if url.raw_query_string else more
    return URL.build(
        scheme=url.scheme, authority=url.raw_authority, path=url.raw_path, query_string=whole, encoded=True
    )


def _sent_headers(request: Request) -> "CIMultiDict[str]":
    from multidict import CIMultiDict

    sent = CIMultiDict({"User-Agent": USER_AGENT})
    for headers in (request.headers, request.credentials):
        for name, value in headers.items():
            sent[name] = value  # whatever the case of its letters, the later one counts
    return sent
