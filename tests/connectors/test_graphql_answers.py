"""What the `graphql` kind makes of answers: by status, by `errors`, by what is no GraphQL at all."""

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from core.connectors.http.client import Request
from core.connectors.kinds.graphql import GraphqlConnector
from core.errors import SourceTimeout
from core.models import Outcome
from tests.connectors.conformance import CANARY, error_of
from tests.connectors.graphql_source import Open, opening
from tests.connectors.graphql_stub import Stub, stub_server
from tests.servers.ports import Listener

pytestmark = pytest.mark.anyio

ROOT = {"data": {"__typename": "Query"}}
QUERY = {"query": "{ a { b } }"}
TOKEN = {"type": "bearer", "token": CANARY}
REACHED, FAIL = Outcome.REACHED, Outcome.FAIL


@pytest.fixture
async def open_graphql(anyio_backend: str) -> AsyncIterator[Open]:
    async with opening() as make:
        yield make


@pytest.fixture
def stub() -> Iterator[Stub]:
    with stub_server() as stub:
        stub.answers(ROOT)
        yield stub


@pytest.fixture
def source(open_graphql: Open, stub: Stub) -> GraphqlConnector:
    return open_graphql(stub.url, auth=TOKEN)


def refusal(code: str | None = None, message: str = "no", **more: Any) -> dict[str, Any]:
    extensions = {"extensions": {"code": code}} if code else {}
    return {"errors": [{"message": message, **extensions, **more}]}


@pytest.mark.parametrize(
    ("status", "body", "said", "outcome"),
    [
        (401, {}, "auth_failed.http", REACHED),
        (401, refusal("FORBIDDEN"), "auth_failed.http", REACHED),
        (403, b"<h1>no</h1>", "permission_denied.http", REACHED),
        (404, b"not here", "not_found_in_source.address", REACHED),
        (429, {}, "rate_limited.http", REACHED),
        (400, b"Bad Request", "query_failed.http", REACHED),
        (405, {"detail": "Method Not Allowed"}, "query_failed.http", REACHED),
        (500, refusal("INTERNAL_SERVER_ERROR"), "source_unavailable.http", FAIL),
        (502, b"<html>", "source_unavailable.http", FAIL),
        (301, b"", "bad_answer.redirect", FAIL),
        (307, b"", "bad_answer.redirect", FAIL),
        (200, refusal("UNAUTHENTICATED"), "auth_failed.graphql", REACHED),
        (200, refusal("unauthenticated"), "auth_failed.graphql", REACHED),
        (400, refusal("UNAUTHENTICATED"), "auth_failed.graphql", REACHED),
        (500, refusal("UNAUTHENTICATED"), "auth_failed.graphql", REACHED),
        (200, refusal("invalid-jwt"), "auth_failed.graphql", REACHED),
        (200, {**refusal("FORBIDDEN"), "data": None}, "permission_denied.graphql", REACHED),
        (200, {**refusal("FORBIDDEN"), "data": {"__typename": None}}, "permission_denied.graphql", REACHED),
        (200, refusal(type="RATE_LIMITED"), "rate_limited.graphql", REACHED),
        (200, b"<!doctype html><title>Sign in", "bad_answer.not_json", FAIL),
        (200, b"", "bad_answer.empty", FAIL),
        (200, b'{"data": {"__typena', "bad_answer.truncated", FAIL),
        (200, b'{"data": ' * 10_000, "bad_answer.depth", FAIL),
        (200, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "bad_answer.depth", FAIL),
        (200, [], "bad_answer.not_graphql", FAIL),
        (200, {}, "bad_answer.not_graphql", FAIL),
        (200, {"data": None}, "bad_answer.not_graphql", FAIL),
        (200, {"data": []}, "bad_answer.not_graphql", FAIL),
        (200, {"data": {"users": []}}, "bad_answer.not_graphql", FAIL),
        (200, {"data": 1, "errors": [{"message": "x"}]}, "bad_answer.not_graphql", FAIL),
        (200, {"errors": ["text"]}, "bad_answer.not_graphql", FAIL),
        (200, {"errors": {"message": "x"}}, "bad_answer.not_graphql", FAIL),
        (200, "data", "bad_answer.not_graphql", FAIL),
    ],
    ids=str,
)
async def test_a_ping_says_what_is_wrong(
    source: GraphqlConnector, stub: Stub, status: int, body: Any, said: str, outcome: Outcome
):
    stub.answers(body, status, Location="http://elsewhere.invalid/")
    error = await error_of(source.ping())
    assert (str(error), error.outcome) == (said, outcome)
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [200, 400, 422])
async def test_a_ping_that_is_answered_with_errors_was_refused(source: GraphqlConnector, stub: Stub, status: int):
    stub.answers(refusal("PERSISTED_QUERY_NOT_FOUND", f"only known queries, {CANARY}"), status)
    assert await source.ping() == (False, "only known queries, •••")
    stub.answers({**ROOT, **refusal(message="partly")})
    assert await source.ping() == (False, "partly")
    stub.answers({"errors": [{}]})
    assert (await source.ping())[0] is False


async def test_a_ping_says_what_the_server_calls_itself(source: GraphqlConnector, stub: Stub):
    stub.answers({"data": {"__typename": f"Root{CANARY}\u202e"}})
    ok, message = await source.ping()
    assert (ok, message.split(" · ")[:2], "BaseHTTP" in message) == (True, ["GraphQL", "Root•••"], True)


async def test_what_is_sent_is_one_post_with_the_operation_and_its_variables(source: GraphqlConnector, stub: Stub):
    stub.answers({"data": {"a": []}})
    query = "query A($n: Int) { a(n: $n) } query B { b }"
    sample = await source.sample({"query": query, "variables": {"n": 1, "نام": "مهسا"}, "operation_name": "A"})
    (asked,), (sent,) = stub.asked, stub.sent
    assert (asked["operationName"], asked["variables"]) == ("A", {"n": 1, "نام": "مهسا"})
    assert asked["query"] == sample.executed
    assert sent["Content-Type"] == "application/json"
    assert sent["Accept"].startswith("application/graphql-response+json")


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"type": "none"}, "Authorization", None),
        ({"type": "basic", "username": "u", "password": "p4ss"}, "Authorization", "Basic dTpwNHNz"),
        ({"type": "bearer", "token": "t0ken"}, "Authorization", "Bearer t0ken"),
        ({"type": "header", "name": "X-Api-Key", "value": "k3y"}, "X-Api-Key", "k3y"),
        ({"type": "query", "name": "api key", "value": "a/b&c"}, ":path", "/graphql?v=2&api+key=a/b%26c"),
    ],
)
async def test_credentials_go_where_they_belong(
    open_graphql: Open, stub: Stub, auth: dict[str, str], header: str, value: str | None
):
    await open_graphql(f"{stub.url}?v=2", auth=auth, headers={"X-Tenant": "تهران"}).ping()
    assert stub.sent[0].get(header) == value
    assert "X-Tenant" in stub.sent[0]


async def test_an_echoed_secret_is_hidden_with_a_note(source: GraphqlConnector, stub: Stub):
    stub.answers({"data": {"a": [{"b": f"Bearer {CANARY}"}]}, "errors": [{"message": f"{CANARY} is old"}]})
    sample = await source.sample(QUERY)
    assert sample.rows[0] == ("Bearer •••",)
    assert {note.key: note.args.get("detail") for note in sample.notes} == {
        "note.own_secret": None,
        "note.graphql_errors": "••• is old",
    }


@pytest.mark.parametrize("data", [None, {}, {"a": None}, {"a": None, "b": None}])
async def test_errors_without_data_are_a_failure(source: GraphqlConnector, stub: Stub, data: Any):
    errors = [{"message": f"broken {CANARY}"}, {"message": ""}, {"message": "twice"}]
    stub.answers({"data": data, "errors": errors})
    error = await error_of(source.sample(QUERY))
    assert (str(error), error.arguments["detail"]) == ("query_failed.graphql", "broken ••• · twice")


async def test_what_is_forbidden_beside_data_is_a_note(source: GraphqlConnector, stub: Stub):
    stub.answers({"data": {"a": [{"b": 1}]}, **refusal("FORBIDDEN")})
    assert len((await source.sample(QUERY)).rows) == 1


async def test_a_compressed_answer_is_read(source: GraphqlConnector, stub: Stub):
    stub.answers(gzip.compress(json.dumps({"data": {"a": [{"b": "تهران"}]}}).encode()), Content_Encoding="gzip")
    assert list((await source.sample(QUERY)).rows) == [("تهران",)]


async def test_numbers_keep_every_digit(source: GraphqlConnector, stub: Stub):
    stub.answers(b'{"data": {"a": [{"b": 12345678901234567890, "c": 0.10000000000000000001}]}}')
    row = (await source.sample(QUERY)).rows[0]
    assert [str(value) for value in row] == ["12345678901234567890", "0.10000000000000000001"]


async def test_an_answer_without_anything_to_show_in_its_beginning_is_too_large(open_graphql: Open, stub: Stub):
    stub.answers({"extensions": {"trace": "x" * 5000}, "data": {"a": []}})
    error = await error_of(open_graphql(stub.url, bytes_max=1024).sample(QUERY))
    assert (str(error), error.outcome) == ("limit_exceeded.answer", REACHED)


async def test_an_answer_that_breaks_off_is_no_answer(source: GraphqlConnector, stub: Stub):
    stub.answers({"data": {"a": [{"b": 1}]}}, Content_Length="1000", Connection="close")
    assert (await error_of(source.sample(QUERY))).code in ("bad_answer", "unreachable")


async def test_an_endless_answer_is_left(open_graphql: Open, endless_port: Listener):
    source = open_graphql(f"http://127.0.0.1:{endless_port.port}/graphql", bytes_max=64 * 1024)
    for work in (source.ping(), source.sample(QUERY)):
        assert (await error_of(work)).reason == "not_graphql"
    await source.close()
    assert endless_port.wait_for_open(0)


async def test_a_byte_a_second_is_cut_off(open_graphql: Open, dripping_port: Listener):
    source = open_graphql(f"http://127.0.0.1:{dripping_port.port}/graphql", timeout_s=0.5)
    assert isinstance(await error_of(source.ping()), SourceTimeout)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"endpoint": "ftp://h/graphql"}, "config.endpoint"),
        ({"endpoint": "h/graphql"}, "config.endpoint"),
        ({"endpoint": "http://u:p@h/graphql"}, "config.endpoint"),
        ({"endpoint": "http://u@h/graphql"}, "config.endpoint"),
        ({"endpoint": "http://h/graphql#x"}, "config.endpoint"),
        ({"endpoint": "http://h/graphql?v=1#x"}, "config.endpoint"),
        ({"endpoint": "http://h/graphql?v=1 2"}, "config.endpoint"),
        ({"endpoint": "http://h/graphql?v=1&api_key=k"}, "config.endpoint"),
        ({"endpoint": "http://h/graph ql"}, "config.endpoint"),
        ({"endpoint": "http://h\\@i/graphql"}, "config.endpoint"),
        ({"endpoint": "http://h:99999/"}, "config.endpoint"),
        ({"endpoint": "http:///graphql"}, "config.endpoint"),
        ({"endpoint": ""}, "config.endpoint"),
        ({"endpoint": "http://h/", "introspection": "yes"}, "config.introspection"),
        ({"endpoint": "http://h/", "auth": {"type": "bearer"}}, "config.auth.token"),
        ({"endpoint": "http://h/", "headers": {"Host": "x"}}, "config.headers"),
        ({"endpoint": "http://169.254.169.254/graphql", "timeout_s": 100}, "config.timeout_s"),
    ],
)
async def test_a_wrong_configuration_is_named(open_graphql: Open, changes: dict[str, Any], field: str):
    async def build() -> None:
        open_graphql(**changes)

    error = await error_of(build())
    assert (error.code, error.fields[0].field.startswith(field)) == ("validation_error", True)


async def test_a_denied_address_is_not_dialled(open_graphql: Open):
    error = await error_of(open_graphql("http://169.254.169.254/graphql").ping())
    assert (str(error), [field.field for field in error.fields]) == ("egress_denied.metadata", ["config.endpoint"])


def test_another_endpoint_is_another_destination(open_graphql: Open):
    def where(endpoint: str, **config: Any) -> tuple[Any, ...]:
        return GraphqlConnector.destination(open_graphql(endpoint, **config)._config)

    assert where("https://h/a") == where("https://h/a", auth=TOKEN, timeout_s=5)
    others = [where("http://h/a"), where("https://h/b"), where("https://h/a", tls_verify=False)]
    assert len({where("https://h/a"), *others}) == 4


async def test_nothing_leaves_but_a_post_to_the_endpoint(open_graphql: Open, stub: Stub):
    endpoint = open_graphql(f"{stub.url}?v=2")._endpoint
    others = [endpoint.url.with_query("v=3"), endpoint.url.with_path("/"), endpoint.url.with_host("localhost")]
    for method, url in [("GET", endpoint.url), ("PUT", endpoint.url), *(("POST", other) for other in others)]:
        error = await error_of(endpoint._http.send(Request(method, url, body=b"{}"), 100))
        assert (str(error), error.outcome) == ("query_refused.transport", None)
    assert stub.asked == []
