"""gql's transport over the guarded client: one query, a POST to the endpoint, and so many bytes of the answer."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn

from gql.transport.async_transport import AsyncTransport
from graphql import ExecutionResult, OperationType, get_operation_ast

from core.connectors.graphql import failures
from core.connectors.http.client import Answer, HttpClient, Request
from core.connectors.json_text import bounded, parse, parse_cut, text_of
from core.connectors.network import fields_of
from core.errors import BadAnswer, LimitExceeded, QueryRefused, SourceError

if TYPE_CHECKING:
    from gql import GraphQLRequest
    from yarl import URL

HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/graphql-response+json, application/json;q=0.9",
    "Accept-Encoding": "gzip, deflate",
}
"""As the GraphQL-over-HTTP specification has them; its media type lets a server say 400 for an invalid query."""


@dataclass(frozen=True, slots=True)
class Most:
    """Of an answer: its bytes, and the values of JSON in it."""

    size: int
    values: int


class GuardedTransport(AsyncTransport):
    """Carries one request. `answer` is what came back, None before; `most` is how much of it is read."""

    def __init__(
        self, http: HttpClient, url: "URL", headers: Mapping[str, str], credentials: Mapping[str, str], most: Most
    ) -> None:
        self._http, self._url, self._most = http, url, most
        self._headers, self._credentials = {**HEADERS, **headers}, credentials
        self.answer: Answer | None = None

    async def connect(self) -> None:
        """The client dials when it is asked."""

    async def close(self) -> None:
        """The client is the connector's, and stays open for the next request."""

    async def execute(self, request: "GraphQLRequest") -> ExecutionResult:
        """Raises SourceError; QueryRefused for any operation but a query."""
        _check_reads(request)
        body = json.dumps(request.payload, allow_nan=False).encode()
        sent = Request("POST", self._url, self._headers, self._credentials, body)
        # Megabytes of JSON would hold up every other source on the loop.
        answer = await self._http.send(sent, self._most.size)
        self.answer = await asyncio.to_thread(_fitting, answer, self._most.values)
        return await asyncio.to_thread(result_of, self.answer)

    def subscribe(self, request: "GraphQLRequest") -> AsyncGenerator[ExecutionResult, None]:
        _refuse("subscription")


def _check_reads(request: "GraphQLRequest") -> None:
    operation = get_operation_ast(request.document, request.operation_name)
    if operation is None or operation.operation is not OperationType.QUERY:
        _refuse(operation.operation.value if operation else "GraphQL")


def _refuse(part: str) -> NoReturn:
    raise QueryRefused("transport", rule="transport", part=part)


def result_of(answer: Answer) -> ExecutionResult:
    """What a server answered, with status 200 or with another.

    Raises the error that the status stands for, unless the answer holds GraphQL's own words for a refused request.
    """
    refused = failures.of_answer(answer)
    try:
        document = _document(answer)
    except SourceError:
        if refused is not None:
            raise refused from None
        raise
    said = isinstance(document.get("errors"), list) and bool(document["errors"])
    if refused is not None and not (said and failures.says_more(refused, document["errors"])):
        raise refused
    return ExecutionResult(document.get("data"), document.get("errors") or None, document.get("extensions"))


def _fitting(answer: Answer, values: int) -> Answer:
    text, fits = bounded(text_of(answer.body), values)
    return answer if fits else replace(answer, body=text.encode("utf-8", "surrogatepass"), complete=False)


def _document(answer: Answer) -> dict[str, Any]:
    content_type = answer.headers.get("Content-Type", "")
    if answer.complete:
        document = parse(answer.body, None, content_type)
    else:
        document, _ = parse_cut(text_of(answer.body), content_type)
    if not _is_result(document):
        if not answer.complete and isinstance(document, dict):
            raise LimitExceeded("answer", bytes=len(answer.body))
        raise BadAnswer("not_graphql", fields=fields_of("endpoint"))
    found: dict[str, Any] = document
    return found


def _is_result(document: Any) -> bool:
    """`data` is an object or null, `errors` a list of objects; one of them is there (specification, 7.1)."""
    if not isinstance(document, dict):
        return False
    data, errors = document.get("data"), document.get("errors")
    if errors:
        return isinstance(errors, list) and all(isinstance(each, dict) for each in errors) and _is_data(data)
    return isinstance(data, dict)


def _is_data(data: Any) -> bool:
    return data is None or isinstance(data, dict)
