"""What the `graphql` kind lists, the queries it makes of that, and its ladder."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from core.connectors.base import Environment
from core.connectors.graphql import introspection
from core.connectors.graphql.introspection import QUERY
from core.connectors.kinds.graphql import GraphqlConnector
from core.models import STEPS, CatalogEntry, CheckStatus, Message
from core.safety.egress import EgressPolicy
from core.safety.graphql import check_document
from core.services.drift import changes_between
from tests.connectors.conformance import error_of
from tests.connectors.graphql_source import MIB, Open, opening
from tests.connectors.graphql_stub import Stub, stub_server
from tests.servers.web import WebServer

pytestmark = pytest.mark.anyio

INT, TEXT = {"kind": "SCALAR", "name": "Int"}, {"kind": "SCALAR", "name": "String"}


@pytest.fixture
async def open_graphql(anyio_backend: str) -> AsyncIterator[Open]:
    async with opening() as make:
        yield make


@pytest.fixture(params=["strawberry", "ariadne"])
def server(request: pytest.FixtureRequest) -> WebServer:
    found: WebServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def source(open_graphql: Open, server: WebServer) -> GraphqlConnector:
    return open_graphql(f"{server.url}/graphql")


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


def named(entries: list[CatalogEntry]) -> dict[str, CatalogEntry]:
    return {entry.name: entry for entry in entries}


def query_of(entry: CatalogEntry) -> str:
    return " ".join(GraphqlConnector.params_for(entry).get("query", "").split())


def some(*fields: dict[str, Any]) -> dict[str, Any]:
    """What introspection says of a schema with these types."""
    return {"data": {"__schema": {"queryType": {"name": "Query"}, "types": list(fields)}}}


def a_type(name: str, **fields: Any) -> dict[str, Any]:
    listed = [{"name": field, "args": args, "type": kind} for field, (kind, *args) in fields.items()]
    return {"kind": "OBJECT", "name": name, "fields": listed}


def an(name: str) -> dict[str, Any]:
    return {"kind": "OBJECT", "name": name}


def required(kind: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "NON_NULL", "name": None, "ofType": kind}


def many(kind: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "LIST", "name": None, "ofType": kind}


def argument(name: str, kind: Any, default: Any = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "defaultValue": default}


async def test_the_fields_of_queries_are_listed(source: GraphqlConnector):
    found = named(await source.describe())
    assert {"airlines", "airline", "numbers", "deep", "big", "broken", "slow"} == set(found)
    assert (found["airlines"].type, found["airlines"].detail, found["airlines"].expandable) == (
        "[Airline!]!",
        None,
        True,
    )
    assert (found["airline"].type, found["airline"].detail) == ("Airline", "(carrier: String!)")
    assert found["numbers"].expandable is False


async def test_a_field_shows_the_fields_of_its_type(source: GraphqlConnector):
    airlines = named(await source.describe())["airlines"]
    below = named(await source.describe(airlines.path))
    assert {name: entry.type for name, entry in below.items()} == {
        "carrier": "String!",
        "name": "String!",
        "founded": "Date!",
        "fleet": "Fleet!",
    }
    planes = named(await source.describe(below["fleet"].path))["planes"]
    assert set(named(await source.describe(planes.path))) == {"tail", "seats"}
    assert set(named(await source.describe("airlines.fleet"))) == {"size", "planes"}


@pytest.mark.parametrize("path", ["no_such", "airlines.no_such", "numbers", "?", ".", "numbers.x?{ y }"])
async def test_below_what_is_not_there_is_nothing(source: GraphqlConnector, path: str):
    assert await source.describe(path) == []


async def test_every_prepared_query_runs(source: GraphqlConnector):
    waiting, made = [(entry, 3) for entry in await source.describe()], 0
    while waiting:
        entry, levels = waiting.pop()
        if entry.expandable and levels:
            waiting += [(below, levels - 1) for below in await source.describe(entry.path)]
        if (params := GraphqlConnector.params_for(entry)) and entry.name != "broken":
            GraphqlConnector.check_params(params, Environment(EgressPolicy()))
            assert (await source.sample(params)).rows
            made += 1
    assert made > 10


async def test_a_query_is_prepared_where_no_value_must_be_known(source: GraphqlConnector):
    found = named(await source.describe())
    assert query_of(found["airlines"]) == "{ airlines { carrier name founded } }"
    assert GraphqlConnector.params_for(found["airlines"])["limit"] == 20
    assert GraphqlConnector.params_for(found["airline"]) == {}


def test_our_own_query_keeps_to_the_rules_for_samples():
    check_document(QUERY)


@pytest.mark.parametrize(
    ("types", "query"),
    [
        ([a_type("Query", it=(TEXT,))], "{ it }"),
        ([a_type("Query", it=(required(many(TEXT)), argument("limit", INT)))], "{ it(limit: 20) }"),
        ([a_type("Query", it=(many(TEXT), argument("first", required(INT))))], "{ it(first: 20) }"),
        ([a_type("Query", it=(many(TEXT), argument("first", required(INT)), argument("id", required(INT))))], ""),
        ([a_type("Query", it=(TEXT, argument("id", required(INT), "1")))], "{ it }"),
        ([a_type("Query", it=(TEXT, argument("first", TEXT)))], "{ it }"),
        (
            [a_type("Query", it=(an("T"),)), a_type("T", a=(INT,), b=(INT, argument("x", required(INT))))],
            "{ it { a } }",
        ),
        ([a_type("Query", it=(an("T"),)), a_type("T", me=(an("T"),), a=(INT,))], "{ it { a } }"),
        ([a_type("Query", it=(an("T"),)), a_type("T", in_=(an("U"),)), a_type("U", a=(INT,))], "{ it { in_ { a } } }"),
        ([a_type("Query", it=(an("T"),)), a_type("T", me=(an("T"),))], "{ it { __typename } }"),
        ([a_type("Query", it=({"kind": "UNION", "name": "U"},))], "{ it { __typename } }"),
        (
            [
                a_type("Query", it=(an("Page"), argument("first", INT))),
                a_type("Page", total=(INT,), edges=(many(an("Edge")),)),
                a_type("Edge", node=(an("T"),)),
                a_type("T", a=(INT,)),
            ],
            "{ it(first: 20) { total edges { node { a } } } }",
        ),
        (
            [
                a_type("Query", it=(an("Page"),)),
                a_type("Page", edges=(many(an("T")),), nodes=(many(an("T")),)),
                a_type("T", a=(INT,)),
            ],
            "{ it { nodes { a } } }",
        ),
        ([a_type("Query", it=(an("T"),)), a_type("T", **{f"f{n}": (INT,) for n in range(30)})], None),
    ],
)
async def test_a_prepared_query_asks_for_plain_values(open_graphql: Open, stub: Stub, types: Any, query: str | None):
    stub.answers(some(*types))
    (found,) = await open_graphql(stub.url).describe()
    expected = f"{{ it {{ {' '.join(f'f{n}' for n in range(20))} }} }}" if query is None else query
    assert query_of(found) == expected


ODD = [
    {"kind": "OBJECT", "name": "Query", "fields": [
        {"name": "good", "args": None, "type": TEXT},
        {"name": "{ evil }", "args": [], "type": TEXT},
        {"name": "نام", "args": [], "type": TEXT},
        {"name": "loop", "args": [], "type": an("Query")},
        {"name": "empty", "args": [], "type": {"kind": "NON_NULL", "ofType": None}},
        {"name": "typeless", "args": []},
        {"name": "twice", "args": [argument("a: 1) { x }", INT), 7], "type": TEXT},
        "no field",
    ]},
    {"kind": "OBJECT", "name": "Empty", "fields": []},
    {"kind": "OBJECT", "name": None, "fields": []},
    None,
]  # fmt: skip


async def test_a_schema_that_no_library_accepts_still_lists(open_graphql: Open, stub: Stub):
    stub.answers(some(*ODD))
    found = await open_graphql(stub.url).describe()
    assert [(entry.name, entry.type, query_of(entry)) for entry in found] == [
        ("good", "String", "{ good }"),
        ("loop", "Query", "{ loop { good twice } }"),
        ("empty", "?", "{ empty { __typename } }"),
        ("twice", "String", "{ twice }"),
    ]


async def test_a_type_within_itself_can_be_opened_only_so_deep(open_graphql: Open, stub: Stub):
    stub.answers(some(a_type("Query", me=(an("Query"),), a=(INT,))))
    source, path, levels = open_graphql(stub.url), "", 0
    while entry := named(await source.describe(path)).get("me"):
        GraphqlConnector.check_params(GraphqlConnector.params_for(entry), Environment(EgressPolicy()))
        path, levels = entry.path, levels + 1
        if not entry.expandable:
            break
    assert levels == 8


@pytest.mark.parametrize("introspection", [True, False])
async def test_without_introspection_the_root_is_named(open_graphql: Open, strawberry: WebServer, introspection: bool):
    source = open_graphql(f"{strawberry.url}/no-introspection", introspection=introspection)
    (found,) = await source.describe()
    assert (found.name, query_of(found), found.expandable) == ("Query", "{ __typename }", False)
    assert found.marks == ("no_introspection",)
    assert list((await source.sample(GraphqlConnector.params_for(found))).rows) == [("Query",)]
    assert await source.describe(found.path) == []


def long_schema(*first: dict[str, Any], types: int) -> dict[str, Any]:
    """`Last` stands behind so many others."""
    filling = {f"f{n}": (required(TEXT),) for n in range(4)}
    return some(*first, *(a_type(f"T{n}", **filling) for n in range(types)), a_type("Last", a=(INT,)))


ROOT = a_type("Query", it=(an("Near"),), far=(an("Last"),), n=(INT,))
NEAR = a_type("Near", a=(INT,))


async def test_a_long_schema_is_read_to_its_end(open_graphql: Open, stub: Stub):
    stub.answers(long_schema(ROOT, NEAR, types=4000))
    assert len(stub.content) > 1.1 * MIB
    source = open_graphql(stub.url)
    assert query_of(named(await source.describe())["far"]) == "{ far { a } }"
    assert [(entry.name, entry.marks) for entry in await source.describe("far")] == [("a", ())]


async def test_of_a_schema_that_is_too_long_what_was_read_is_listed(open_graphql: Open, stub: Stub):
    stub.answers(long_schema(ROOT, NEAR, types=9000))
    source = open_graphql(stub.url)
    found = await source.describe()
    assert [(entry.name, entry.expandable, entry.marks) for entry in found] == [
        ("it", True, ()), ("far", True, ()), ("n", False, ())
    ]  # fmt: skip
    assert [(entry.name, entry.marks) for entry in await source.describe("it")] == [("a", ())]
    (unread,) = await source.describe(found[1].path)
    assert (unread.name, unread.expandable, unread.marks) == ("far", False, ("unread",))
    assert GraphqlConnector.params_for(unread) == {}
    assert await source.describe("n") == []


async def test_a_root_behind_the_cut_is_no_closed_introspection(
    open_graphql: Open, stub: Stub, monkeypatch: pytest.MonkeyPatch
):
    long = long_schema(types=9000)
    long["data"]["__schema"]["types"].append(ROOT)
    stub.answers(long | {"data": {"__typename": "Query", **long["data"]}})
    source = open_graphql(stub.url)
    (found,) = await source.describe()
    assert (found.name, query_of(found), found.marks) == ("Query", "{ __typename }", ("unread",))
    before = [CatalogEntry("a", "far.a", "Int")]
    after = await source.describe("far")
    assert [entry.marks for entry in after] == [("unread",)]
    assert changes_between(before, after) == changes_between(after, before) == ()
    monkeypatch.setattr(introspection, "BYTES_MAX", 20)
    stub.answers(b'{"extensions": {"a": 1}, ' + stub.content[1:])
    assert [entry.marks for entry in await source.describe("far")] == [("unread",)]


async def test_introspection_that_is_off_is_not_tried(open_graphql: Open, stub: Stub):
    stub.answers({"data": {"__typename": "Query"}})
    source = open_graphql(stub.url, introspection=False)
    await source.describe()
    checks = {check.step: check async for check in source.diagnose()}
    assert checks["permission"].evidence == Message("check.introspection_off")
    assert checks["sample"].status is CheckStatus.OK
    assert {asked["query"] for asked in stub.asked} == {"{\n  __typename\n}"}


@pytest.mark.parametrize(
    "body", [{"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}]}, b"<h1>Sign in"], ids=str
)
async def test_a_source_that_is_not_there_is_no_empty_list(open_graphql: Open, stub: Stub, body: Any):
    stub.answers(body)
    assert (await error_of(open_graphql(stub.url).describe())).code in ("auth_failed", "bad_answer")


async def ladder(source: GraphqlConnector) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [
        (check.step, check.status, check.evidence.key if check.evidence else "", check.fields)
        async for check in source.diagnose()
    ][5:7]


async def test_a_good_source_has_a_readable_schema(source: GraphqlConnector):
    assert tuple([check.step async for check in source.diagnose()]) == STEPS
    assert await ladder(source) == [
        ("auth", "ok", "check.graphql_root", ()),
        ("permission", "ok", "check.introspection", ()),
    ]


async def test_a_hidden_schema_is_a_warning(open_graphql: Open, strawberry: WebServer):
    _, permission = await ladder(open_graphql(f"{strawberry.url}/no-introspection"))
    assert permission == ("permission", "warning", "error.query_failed.graphql", ("config.introspection",))


SKIPPED = ("permission", "skipped", "check.skipped_after")


@pytest.mark.parametrize(
    ("status", "code", "rungs"),
    [
        (401, "", [("auth", "failed", "error.auth_failed.http"), SKIPPED]),
        (
            200,
            "UNAUTHENTICATED",
            [("auth", "failed", "error.auth_failed.graphql"), SKIPPED],
        ),
        (
            200,
            "OTHER",
            [("auth", "failed", "error.query_failed.ping"), SKIPPED],
        ),
        (403, "", [("auth", "ok", ""), ("permission", "failed", "error.permission_denied.http")]),
        (200, "FORBIDDEN", [("auth", "ok", ""), ("permission", "failed", "error.permission_denied.graphql")]),
    ],
)
async def test_the_ladder_tells_who_from_what(open_graphql: Open, stub: Stub, status: int, code: str, rungs: Any):
    stub.answers({"errors": [{"message": "no", "extensions": {"code": code}}]}, status)
    found = await ladder(open_graphql(stub.url))
    assert [rung[:3] for rung in found] == rungs
    assert next(fields for _, status, _, fields in found if status == "failed")


@pytest.mark.parametrize(
    ("auth", "status", "warned"),
    [
        ({"type": "bearer", "token": "s3cret"}, 200, True),
        ({"type": "bearer", "token": "s3cret"}, 403, True),
        ({"type": "none"}, 200, False),
    ],
)
async def test_credentials_that_travel_in_clear_are_warned_of(
    open_graphql: Open, stub: Stub, monkeypatch: pytest.MonkeyPatch, auth: Any, status: int, warned: bool
):
    monkeypatch.setattr("core.connectors.http.rungs.is_loopback", lambda _url: False)
    stub.answers({"data": {"__typename": "Query"}}, status)
    checks = {check.step: check async for check in open_graphql(stub.url, auth=auth).diagnose()}
    expected = (Message("check.sent_in_clear"), ("config.endpoint",)) if warned else (None, ())
    assert (checks["auth"].advice, checks["auth"].fields) == expected
