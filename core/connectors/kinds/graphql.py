"""GraphQL over HTTP through gql: one endpoint, which is only ever sent queries."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from urllib.parse import parse_qsl

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from core.connectors import forms
from core.connectors.base import Connector, Environment, Limits, SampleParams
from core.connectors.first_look import first_look
from core.connectors.graphql import catalogue, failures, rungs
from core.connectors.graphql.endpoint import Endpoint, Reply
from core.connectors.http.address import ADDRESS_MAX, host_of, http_address
from core.connectors.http.auth import Auth, Headers, NoAuth
from core.connectors.http.tls import TlsConfig
from core.connectors.json_text import records_in
from core.connectors.record_paths import proposal
from core.connectors.records import sample_of
from core.connectors.registry import register
from core.form_values import suggests_secret
from core.models import CatalogEntry, Check, Message, Sample

if TYPE_CHECKING:
    from gql import GraphQLRequest

PREPARED_LIMIT = 20


def _endpoint(text: str) -> str:
    """The text itself: an address, and parameters that are no secrets."""
    address, _, parameters = text.partition("?")
    http_address(address)
    if "#" in parameters or "\\" in parameters or not parameters.isprintable() or " " in parameters:
        raise PydanticCustomError("endpoint_url", "an address without user and fragment")
    if any(suggests_secret(name) for name, _ in parse_qsl(parameters, keep_blank_values=True)):
        raise PydanticCustomError("endpoint_secret", "no secret in the address")
    return text


EndpointAddress = Annotated[str, Field(min_length=1, max_length=ADDRESS_MAX), AfterValidator(_endpoint)]


class GraphqlConfig(TlsConfig):
    """Where the endpoint is and who asks."""

    endpoint: EndpointAddress = Field(json_schema_extra={"example": "https://api.example.ir/graphql"})
    auth: Auth = Field(default_factory=NoAuth)
    headers: Headers = Field(default_factory=dict, json_schema_extra={"section": "advanced"})
    introspection: bool = Field(True, json_schema_extra={"section": "advanced"})


class GraphqlParams(SampleParams):
    """One document, of which one query is run; `records_path` is a JSONPath to the rows, from `data` on."""

    query: str = Field(min_length=1)
    variables: dict[str, Any] | None = None
    operation_name: str | None = Field(None, min_length=1, max_length=200)
    records_path: str | None = Field(None, min_length=1, max_length=500)


@register("graphql")
class GraphqlConnector(Connector):
    """One endpoint."""

    config_model = GraphqlConfig
    params_model = GraphqlParams
    limits = Limits(connect=5, attempt=10, sample=20)
    drivers = ("core.connectors.http.dial", "gql", "graphql", "jsonpath_rfc9535")
    placeholder: ClassVar[Mapping[str, Any]] = {"query": "query {\n  __typename\n}", "variables": {}, "limit": 100}

    def __init__(self, config: GraphqlConfig, environment: Environment) -> None:
        self._config, self._environment = config, environment
        self._limits = self.limits.overridden(config.timeout_s)
        self._endpoint = Endpoint(config, environment, self._limits)

    @classmethod
    def build(cls, config: GraphqlConfig, environment: Environment) -> "GraphqlConnector":
        return cls(config, environment)

    @classmethod
    def destination(cls, config: GraphqlConfig) -> tuple[Any, ...]:
        return config.endpoint, config.tls_verify

    @classmethod
    def host(cls, config: GraphqlConfig) -> str:
        return host_of(config.endpoint)

    @classmethod
    def check_params(cls, params: Mapping[str, Any], environment: Environment) -> None:
        cls._judged(params, environment)

    @classmethod
    def _judged(cls, params: Mapping[str, Any], environment: Environment) -> "tuple[GraphqlParams, GraphQLRequest]":
        from gql import GraphQLRequest

        from core.connectors.json_path import check_path
        from core.safety import graphql as rules

        given: GraphqlParams = forms.validate_params(cls.params_model, params, environment.rows_max)
        check_path(given.records_path)
        rules.check_variables(given.variables or {})
        document = rules.check_document(given.query, given.operation_name)
        return given, GraphQLRequest(
            document, variable_values=given.variables or None, operation_name=given.operation_name
        )

    @classmethod
    def params_for(cls, entry: CatalogEntry) -> dict[str, Any]:
        from graphql import parse, print_ast

        query = catalogue.query_of(entry)
        # On one line: people edit it inside JSON, where a line's end is written `\n`.
        return {"query": " ".join(print_ast(parse(query)).split()), "limit": PREPARED_LIMIT} if query else {}

    @classmethod
    def snippet(cls, config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
        from core.connectors.graphql.snippet import snippet

        return snippet(config, params)

    async def ping(self) -> tuple[bool, str]:
        root = await self._endpoint.root()
        if root.refusal:
            return False, root.refusal
        return True, " · ".join(filter(None, ("GraphQL", root.name, root.server)))

    async def sample(self, params: dict[str, Any]) -> Sample:
        given, request = await asyncio.to_thread(self._judged, params, self._environment)
        return await self._sample(given, request)

    async def _sample(self, given: GraphqlParams, request: "GraphQLRequest") -> Sample:
        reply = await self._endpoint.ask(request, self._environment.bytes_max)
        if reply.errors and not any(value is not None for value in (reply.data or {}).values()):
            raise failures.of_errors(reply.errors, self._endpoint.secrets)
        return await asyncio.to_thread(self._table, given, request.payload["query"], reply)

    def _table(self, given: GraphqlParams, executed: str, reply: Reply) -> Sample:
        records = records_in({"data": reply.data}, given.records_path, root="data")
        sample = sample_of(
            records,
            limit=given.limit,
            bytes_max=self._environment.bytes_max,
            executed=executed,
            secrets=self._endpoint.secrets,
            cut_by=None if reply.complete else "bytes",
        )
        proposed = () if given.records_path else proposal(reply.data, records, self._endpoint.secrets)
        sample = replace(sample, bytes_read=reply.bytes_read, notes=(*sample.notes, *proposed))
        if not reply.errors:
            return sample
        note = Message("note.graphql_errors", {"detail": failures.said(reply.errors, self._endpoint.secrets)})
        return replace(sample, notes=(*sample.notes, note))

    async def describe(self, path: str = "") -> list[CatalogEntry]:
        return await catalogue.entries(self._endpoint, path, introspects=self._config.introspection)

    async def diagnose(self) -> AsyncIterator[Check]:
        look = partial(first_look, self, self._limits.sample)
        async for check in rungs.ladder(self._config, self._environment, self._limits, self._endpoint, look):
            yield check

    async def close(self) -> None:
        await self._endpoint.close()
