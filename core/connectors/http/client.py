"""One source's HTTP requests: guarded, bounded, never repeated, never with another source's cookies."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from core.connectors.base import Environment, Limits
from core.connectors.http import failures
from core.connectors.http.address import origin_of
from core.connectors.http.body import read_body
from core.connectors.http.tls import TlsConfig, tls_context
from core.connectors.interruptible import Interruptible
from core.connectors.network import fields_of
from core.errors import BadAnswer, QueryRefused, SourceError, SourceTimeout
from core.resilience.deadline import remaining, within

if TYPE_CHECKING:
    from multidict import CIMultiDict
    from yarl import URL

    from core.connectors.http.pool import Pool

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
        self._work = Interruptible()
        self._opened: Pool | None = None

    async def send(self, request: Request, read_max: int, redirects: int = 0) -> Answer:
        """One request and its answer, of which at most `read_max` bytes of content are read.

        A redirect is followed up to `redirects` times, without credentials where it leaves the origin; what the
        permit said of the first address holds for those it leads to.
        Raises SourceError; TimeoutError when the caller's own deadline passed.
        """
        async with self._work.running():
            await self._notice()
            # Where the caller's own limit comes first, a second one would only be another timer.
            if remaining(inf) <= self._limits.attempt:
                return await self._follow(request, read_max, redirects)
            return await self._within_limit(request, read_max, redirects)

    async def close(self) -> None:
        """Idempotent; ends what is under way."""
        await self._work.cancel()
        pool, self._opened = self._opened, None
        if pool is not None:
            await pool.close()

    async def _notice(self) -> None:
        """Two turns of the loop, one to see and one to act: what closed of the kept connections is not used again."""
        if self._opened is not None:
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    async def _within_limit(self, request: Request, read_max: int, redirects: int) -> Answer:
        try:
            async with within(self._limits.attempt):
                return await self._follow(request, read_max, redirects)
        except TimeoutError:
            if remaining() <= _ENDED:
                raise TimeoutError from None
            late = SourceTimeout("attempt", fields=fields_of(self._field), seconds=self._limits.attempt)
        await asyncio.sleep(0)  # the turn in which the socket is closed
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
        from aiohttp import ClientError
        from aiohttp.http_exceptions import HttpProcessingError

        try:
            return await self._answer(request, read_max)
        except SourceError as err:
            failed = self._at_fault(err)
        except (ClientError, HttpProcessingError, failures.NotConnected, OSError, ValueError) as err:
            # ValueError: aiohttp's parser and yarl raise it, bare, for what a peer sent.
            where = {"host": str(request.url.host), "port": request.url.port or 0, "seconds": self._limits.connect}
            failed = failures.of(err, self._field, where)
        raise failed

    async def _answer(self, request: Request, read_max: int) -> Answer:
        from core.connectors.http.wire import exchange, head_of

        url, pool = addressed(request.url, request.secret_query), self._pool()
        head = head_of(request.method, url, _sent_headers(request), request.body)
        connection, complete = await pool.take(url), False
        try:
            came = await exchange(connection, request.method, url, head, request.body)
            body, complete = await read_body(came, read_max, decode=self._decode)
            return Answer(came.status, came.reason, came.headers, body, complete, request.url)
        finally:
            pool.give_back(url, connection, done=complete)

    def _pool(self) -> "Pool":
        if self._opened is None:
            from core.connectors.http.dial import Dialler
            from core.connectors.http.pool import Pool

            context = tls_context(self._tls.tls_verify, self._tls.ca_pem)
            self._opened = Pool(Dialler(self._egress, context, self._limits.connect), self._egress)
        return self._opened

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
