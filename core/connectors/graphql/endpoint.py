"""One endpoint, asked through gql."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.connectors.base import Environment, Limits
from core.connectors.graphql import failures
from core.connectors.http.auth import auth_headers, auth_query, auth_secrets, own_headers
from core.connectors.http.client import HttpClient
from core.connectors.json_text import VALUES_MAX
from core.connectors.network import fields_of
from core.errors import AuthError, BadAnswer, PermissionDenied, QueryFailed, RateLimited
from core.redaction import word

if TYPE_CHECKING:
    from gql import GraphQLRequest
    from yarl import URL

PING = "{ __typename }"
PING_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """`data` is None where the server gave none; `complete` is false for an answer that was cut at the cap."""

    data: Mapping[str, Any] | None = field(repr=False)
    errors: tuple[Any, ...] = field(repr=False)
    complete: bool
    server: str
    bytes_read: int = 0


@dataclass(frozen=True, slots=True)
class Root:
    """What answers `{ __typename }`; `refusal` says why where it did not."""

    name: str
    server: str
    refusal: str = ""


class Endpoint:
    """Lives on one event loop; opens nothing before the first request."""

    def __init__(self, config: Any, environment: Environment, limits: Limits) -> None:
        from yarl import URL

        self.url = URL(config.endpoint).extend_query(auth_query(config.auth))
        self.secrets = auth_secrets(config.auth, config.headers)
        self._headers, self._credentials = own_headers(config.headers), auth_headers(config.auth)
        self._http = HttpClient(config, environment, limits, self._permits, "endpoint")

    async def ask(self, request: "GraphQLRequest", read_max: int, values_max: int = VALUES_MAX) -> Reply:
        """One request; so many bytes of its answer are read, and of values in them. Raises SourceError."""
        from gql import Client
        from gql.transport.exceptions import TransportQueryError

        from core.connectors.graphql.transport import GuardedTransport, Most

        transport = GuardedTransport(self._http, self.url, self._headers, self._credentials, Most(read_max, values_max))
        async with Client(transport=transport, execute_timeout=None) as session:
            try:
                result = await session.execute(request, get_execution_result=True)
                data, errors = result.data, ()
            except TransportQueryError as err:
                data, errors = err.data, tuple(err.errors or ())
        answer = transport.answer
        if answer is None:
            return Reply(data, errors, complete=False, server="")
        server = word(answer.headers.get("Server", ""), self.secrets)
        return Reply(data, errors, answer.complete, server, len(answer.body))

    async def answered(self, query: str, read_max: int, values_max: int = VALUES_MAX) -> Reply:
        """What a query of ours is told, with data. Raises SourceError, for an answer with `errors` too."""
        from gql import GraphQLRequest

        reply = await self.ask(GraphQLRequest(query), read_max, values_max)
        if reply.errors or reply.data is None:
            raise failures.of_errors(reply.errors, self.secrets)
        return reply

    async def root(self) -> Root:
        """Who answers. Raises SourceError; AuthError and PermissionDenied also where `errors` say so."""
        from gql import GraphQLRequest

        reply = await self.ask(GraphQLRequest(PING), PING_BYTES_MAX)
        if reply.errors:
            refused = failures.of_errors(reply.errors, self.secrets)
            if isinstance(refused, AuthError | PermissionDenied | RateLimited):
                raise refused
            return Root("", reply.server, failures.said(reply.errors, self.secrets) or QueryFailed.code)
        name = (reply.data or {}).get("__typename")
        if not isinstance(name, str):
            raise BadAnswer("not_graphql", fields=fields_of("endpoint"))
        return Root(word(name, self.secrets), reply.server)

    async def close(self) -> None:
        await self._http.close()

    def _permits(self, method: str, url: "URL", _body: bytes | None) -> bool:
        return method == "POST" and url == self.url
