"""The `graphql` kind against two real servers: rows, refusals, and what each server calls an invalid query."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from gql import GraphQLRequest

from core.connectors.kinds.graphql import GraphqlConnector, GraphqlParams
from core.errors import QueryRefused
from core.models import Outcome, Sample
from tests.connectors.conformance import error_of
from tests.connectors.graphql_source import Open, opening
from tests.servers.web import WebServer

pytestmark = pytest.mark.anyio

RENAME = 'mutation { rename(carrier: "01", name: "changed") { name } }'


@pytest.fixture
async def open_graphql(anyio_backend: str) -> AsyncIterator[Open]:
    async with opening() as make:
        yield make


@pytest.fixture(params=["strawberry", "ariadne"])
def server(request: pytest.FixtureRequest) -> WebServer:
    """Strawberry answers an invalid query with 200, Ariadne with 400."""
    found: WebServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def source(open_graphql: Open, server: WebServer) -> GraphqlConnector:
    return open_graphql(f"{server.url}/graphql")


def table(sample: Sample) -> list[dict[str, Any]]:
    return [dict(zip((column.name for column in sample.columns), row, strict=True)) for row in sample.rows]


async def test_a_ping_names_the_root_type_and_the_server(source: GraphqlConnector):
    assert await source.ping() == (True, "GraphQL · Query · uvicorn")


async def test_persian_text_dates_and_nested_values_are_kept(source: GraphqlConnector):
    sample = await source.sample({"query": "{ airlines { carrier name founded fleet { size planes { tail } } } }"})
    first = table(sample)[0]
    assert first == {
        "carrier": "01",
        "name": "ماهان 1",
        "founded": "1963-03-31",
        "fleet": {"size": 1, "planes": [{"tail": "EP-01A"}]},
    }
    assert {column.name: column.type for column in sample.columns}["fleet"] == "json"
    assert sample.executed.startswith("{\n  airlines {")


async def test_bytes_are_those_of_the_answer(source: GraphqlConnector):
    few = await source.sample({"query": "{ airlines { name } }", "limit": 1})
    all_ = await source.sample({"query": "{ airlines { name } }", "limit": 2})
    none = await source.sample({"query": "{ airlines { name } }", "records_path": "$.data.nothing"})
    assert few.bytes_read == all_.bytes_read == none.bytes_read > len("ماهان 1".encode())


TWO_LISTS = "{ a: numbers(count: 1) b: numbers(count: 2) }"
NAMED = "query A { numbers(count: 1) } query B { numbers(count: 2) }"
ONE, TWO = [{"value": 0}], [{"value": 0}, {"value": 1}]


@pytest.mark.parametrize(
    ("query", "more", "rows"),
    [
        ("{ numbers(count: 2) }", {}, TWO),
        ("{ numbers(count: 0) }", {}, []),
        ("{ deep { value node { value } } }", {}, [{"deep": {"value": 1, "node": {"value": 2}}}]),
        ("{ deep { value } }", {"records_path": "$.deep"}, [{"value": 1}]),
        (TWO_LISTS, {}, ONE),
        (TWO_LISTS, {"records_path": "$.b"}, TWO),
        ("query ($n: Int!) { numbers(count: $n) }", {"variables": {"n": 2}}, TWO),
        (NAMED, {"operation_name": "A"}, ONE),
        (NAMED, {"operation_name": "B"}, TWO),
        ("{ ...F } fragment F on Query { numbers(count: 1) }", {"variables": {}, "operation_name": None}, ONE),
        ("{ __schema { queryType { name } } }", {}, [{"__schema": {"queryType": {"name": "Query"}}}]),
        ('{ airline(carrier: "99") { name } }', {}, [{"airline": None}]),
    ],
)
async def test_rows_are_found(source: GraphqlConnector, query: str, more: dict[str, Any], rows: list[Any]):
    sample = await source.sample({"query": query, **more})
    assert (table(sample), sample.truncated_by) == (rows, None)


@pytest.mark.parametrize(
    "query", ["{ no_such_field }", "{ airlines }", "{ airline { name } }", '{ numbers(count: "x") }', "{ broken }"]
)
async def test_a_query_that_the_server_refuses_proves_it_well(source: GraphqlConnector, query: str):
    error = await error_of(source.sample({"query": query}))
    assert (str(error), error.outcome, error.retried) == ("query_failed.graphql", Outcome.REACHED, False)
    assert error.arguments["detail"]
    assert (await source.ping())[0]


async def test_what_was_answered_beside_an_error_is_shown_with_a_note(source: GraphqlConnector):
    sample = await source.sample({"query": "{ broken numbers(count: 2) }"})
    assert table(sample) == [{"value": 0}, {"value": 1}]
    assert [(note.key, note.args["detail"]) for note in sample.notes] == [
        ("note.graphql_errors", "this field is broken")
    ]


@pytest.mark.parametrize("query", [RENAME, "subscription { ticks }"])
async def test_what_is_no_query_is_refused_by_either_layer(source: GraphqlConnector, query: str):
    assert (await error_of(source.sample({"query": query}))).reason == "graphql_operation"
    # As if the first layer had let it through: the transport looks at the operation once more.
    with pytest.raises(QueryRefused, match=r"query_refused\.transport"):
        await source._sample(GraphqlParams(query=query), GraphQLRequest(query))
    sample = await source.sample({"query": '{ airline(carrier: "01") { name } }'})
    assert table(sample) == [{"airline": {"name": "ماهان 1"}}]


async def test_one_operation_is_chosen_for_the_transport_too(source: GraphqlConnector):
    both = GraphQLRequest(f"query A {{ numbers(count: 1) }} {RENAME.replace('mutation', 'mutation M')}")
    both.operation_name = "M"
    with pytest.raises(QueryRefused, match=r"query_refused\.transport"):
        await source._sample(GraphqlParams(query="{ a }"), both)
    both.operation_name = None
    with pytest.raises(QueryRefused, match=r"query_refused\.transport"):
        await source._sample(GraphqlParams(query="{ a }"), both)


async def test_a_cell_larger_than_is_shown_is_cut(source: GraphqlConnector):
    sample = await source.sample({"query": "{ big(size: 300000) }"})
    assert (len(sample.rows), sample.truncated_by) == (1, "cell")
    assert len(sample.rows[0][0]) == 65536


async def test_an_answer_larger_than_is_read_is_cut(open_graphql: Open, server: WebServer):
    small = open_graphql(f"{server.url}/graphql", bytes_max=2000)
    sample = await small.sample({"query": "{ numbers(count: 1000) }", "limit": 1000})
    assert 0 < len(sample.rows) < 1000
    assert (sample.truncated_by, sample.rows[0], sample.rows[-1]) == ("bytes", (0,), (len(sample.rows) - 1,))


async def test_an_answer_of_one_huge_value_shows_its_beginning(source: GraphqlConnector):
    sample = await source.sample({"query": "{ big(size: 20000000) }"})
    assert (len(sample.rows), sample.truncated_by) == (1, "bytes")


async def test_a_wrong_token_is_refused(open_graphql: Open, server: WebServer):
    right = open_graphql(f"{server.url}/graphql", auth={"type": "bearer", "token": "correct-horse"})
    assert (await right.ping())[0]
    wrong = open_graphql(f"{server.url}/graphql", headers={"Authorization": "Bearer wrong"})
    error = await error_of(wrong.ping())
    assert (str(error), [field.field for field in error.fields]) == ("auth_failed.http", ["config.auth"])


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "params.query"),
        ({"query": 5}, "params.query"),
        ({"query": ["{ a }"]}, "params.query"),
        ({"query": "{ a }", "variables": []}, "params.variables"),
        ({"query": "{ a }", "operation_name": ""}, "params.operation_name"),
        ({"query": "{ a }", "records_path": "not a path"}, "params.records_path"),
    ],
)
async def test_a_wrong_parameter_is_named(source: GraphqlConnector, params: dict[str, Any], field: str):
    error = await error_of(source.sample(params))
    assert (error.code, [field.field for field in error.fields]) == ("validation_error", [field])
