"""boto3 without its network: what it wants to send is carried by the guarded client, and the answer handed back.

botocore's event `before-send` may return the response itself. A call is run once to learn the signed request, which
is carried on the event loop, and once more with the answer at hand: no thread ever waits for a peer.
"""

import asyncio
import io
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any

from core.connectors.http.client import Answer, HttpClient, Request
from core.connectors.s3 import failures
from core.errors import BadAnswer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REQUESTS_MAX = 4
"""Requests of one call: the SDK asks where a bucket is when a signature was for another region."""

TAGS_MAX = 100_000
"""Tags of one page: a thousand objects with everything that is known of them have a third of that."""

_ELSEWHERE = frozenset({301, 307, 308})


class _Wanted(Exception):
    """Not an error: the next request that the SDK would send."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


@dataclass(slots=True)
class _Exchange:
    """The answers that a call has been given so far, in the order of its requests."""

    answers: list[Answer] = field(default_factory=list)
    position: int = 0

    def next(self, request: Any) -> Any:
        from botocore.awsrequest import AWSResponse
        from botocore.compat import HTTPHeaders

        if self.position == len(self.answers):
            raise _Wanted(request)
        answer = self.answers[self.position]
        self.position += 1
        return AWSResponse(request.url, answer.status, HTTPHeaders.from_dict(answer.headers), _Body(answer.body))


class _Body(io.BytesIO):
    """What botocore expects of urllib3's response."""

    def stream(self, _amount: int = 1024, decode_content: bool | None = None) -> Iterator[bytes]:
        yield self.read()


_current: ContextVar[_Exchange] = ContextVar("s3_exchange")


@dataclass(frozen=True, slots=True)
class Carried:
    """`parsed` is the SDK's own reading of the answer, `answer` the last one with its body."""

    parsed: dict[str, Any]
    answer: Answer


class S3Carrier:
    """One source's S3 client. Lives on one event loop; signing and reading run in threads, which never wait."""

    def __init__(self, config: Any, http: HttpClient) -> None:
        self._config, self._http = config, http
        self._client: S3Client | None = None

    async def call(self, operation: str, read_max: int, mark: bytes, **arguments: Any) -> Carried:
        """Runs one operation of the SDK (`list_objects_v2`, `get_object`, …).

        `mark` is what a good answer ends with: the SDK takes any well-formed page for an empty list.
        Raises SourceError, and botocore's ClientError or BotoCoreError for what the answer says.
        """
        exchange = _Exchange()
        for _ in range(REQUESTS_MAX):
            try:
                parsed = await asyncio.to_thread(self._replayed, exchange, operation, arguments, mark)
            except _Wanted as wanted:
                answer = await self._carry(wanted.request, read_max)
                self._check(answer, mark)
                exchange.answers.append(answer)
            else:
                return Carried(parsed, exchange.answers[-1])
        raise BadAnswer("redirects", times=REQUESTS_MAX)

    def _check(self, answer: Answer, mark: bytes) -> None:
        if answer.status in _ELSEWHERE:
            # The SDK would go and look for the bucket; where it is belongs into the configuration.
            raise failures.elsewhere(self._config.bucket)
        if (mark or answer.status >= HTTPStatus.MULTIPLE_CHOICES) and not _is_harmless(answer.body):
            raise failures.unreadable(self._config.bucket)
        if answer.status < HTTPStatus.MULTIPLE_CHOICES and not answer.body.rstrip().endswith(mark):
            raise failures.unreadable(self._config.bucket)

    def _replayed(self, exchange: _Exchange, operation: str, arguments: dict[str, Any], mark: bytes) -> Any:
        from botocore.exceptions import ClientError

        try:
            return self._replay(exchange, operation, arguments)
        except ClientError:
            # The SDK makes a 500 of a page that it could not parse.
            if not mark or exchange.answers[-1].status >= HTTPStatus.MULTIPLE_CHOICES:
                raise
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError):
            # What its parser stumbles over is not translated by the SDK: numbers and dates that are none.
            if not exchange.answers:
                raise
        raise failures.unreadable(self._config.bucket)

    async def wanted(self, operation: str, **arguments: Any) -> Any:
        """The signed request that an operation begins with; nothing is sent."""
        try:
            await asyncio.to_thread(self._replay, _Exchange(), operation, arguments)
        except _Wanted as found:
            return found.request
        raise AssertionError("an operation without a request")

    def _replay(self, exchange: _Exchange, operation: str, arguments: dict[str, Any]) -> Any:
        exchange.position = 0
        _current.set(exchange)
        if self._client is None:
            self._client = sdk().client(self._config)
        return getattr(self._client, operation)(**arguments)

    async def _carry(self, wanted: Any, read_max: int) -> Answer:
        from yarl import URL

        headers = {name: _text(value) for name, value in wanted.headers.items()}
        body = wanted.body or None
        return await self._http.send(Request(wanted.method, URL(wanted.url, encoded=True), headers, {}, body), read_max)


def _is_harmless(page: bytes) -> bool:
    """Whether the SDK's XML parser may have it: it would make a hundred megabytes of a page of empty elements."""
    return page.count(b"<") <= TAGS_MAX and b"\0" not in page and b"<!DOCTYPE" not in page


class Sdk:
    """One botocore session for all sources: a session of its own costs each of them 70 ms more."""

    def __init__(self) -> None:
        import boto3
        import botocore.session

        # Nothing of whoever runs the dashboard decides how a source is reached: no profile, no file, no credential.
        nothing = dict.fromkeys(("config_file", "credentials_file"), (None, None, "/dev/null", None))
        variables = nothing | dict.fromkeys(("profile", "ca_bundle", "region"), (None, None, None, None))
        self._session = boto3.session.Session(botocore_session=botocore.session.Session(variables))
        self._lock = Lock()

    def warm(self) -> None:
        """Reads the description of the service, which every client is made from."""
        with self._lock:
            self._session.client("s3", region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-")  # noqa: S106 - nothing is sent

    def client(self, config: Any) -> "S3Client":
        """A client that hands its requests over instead of sending them. Sends nothing itself."""
        secret = config.secret_access_key
        token = config.session_token
        with self._lock:
            client = self._session.client(
                "s3",
                region_name=config.region,
                endpoint_url=_ascii(config.endpoint_url),
                aws_access_key_id=config.access_key_id or "anonymous",
                aws_secret_access_key=secret.get_secret_value() if secret else "anonymous",
                aws_session_token=token.get_secret_value() if token else None,
                config=_settings(config),
            )
        client.meta.events.register_last("before-send.s3", _hand_over)
        return client


@cache
def sdk() -> Sdk:
    """Built on first use: importing the SDK takes a quarter of a second."""
    return Sdk()


def in_path(config: Any) -> bool:
    """Whether the bucket stands in the path, and not in the host's name: unless told, wherever it is not Amazon's."""
    return bool(config.endpoint_url is not None if config.path_style is None else config.path_style)


def _settings(config: Any) -> Any:
    from botocore import UNSIGNED
    from botocore.config import Config

    return Config(
        signature_version="s3v4" if config.secret_access_key else UNSIGNED,
        s3={"addressing_style": "path" if in_path(config) else "virtual"},
        retries={"total_max_attempts": 1, "mode": "standard"},
        user_agent="cheshmeh",
        parameter_validation=True,
        # Variables of AWS's own would choose other hosts.
        use_fips_endpoint=False,
        use_dualstack_endpoint=False,
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # missing in the stubs
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _ascii(address: str | None) -> str | None:
    """With a Persian host name as DNS has it: the SDK refuses any other."""
    from yarl import URL

    return None if address is None else str(URL(address))


def _hand_over(request: Any, **_event: Any) -> Any:
    return _current.get().next(request)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
