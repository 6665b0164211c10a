"""What a REST source makes of answers, good and bad."""

import base64
import tracemalloc
from typing import Any

import pytest

from core.errors import (
    AuthError,
    BadAnswer,
    CheshmehError,
    InvalidInput,
    NotFoundInSource,
    PermissionDenied,
    QueryFailed,
    QueryRefused,
    RateLimited,
    SourceUnavailable,
)
from core.models import Outcome, Sample
from tests.connectors.conformance import error_of
from tests.connectors.rest_source import answer, opened, peer, pouring
from tests.servers.apps.records import COUNT, SECRET
from tests.servers.web import WebServer

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
BEARER = {"type": "bearer", "token": SECRET}


async def sample(url: str, params: dict[str, Any], **given: Any) -> Sample:
    async with opened(url, **given) as rest:
        return await rest.sample(params)


async def refused(url: str, params: dict[str, Any], **given: Any) -> CheshmehError:
    async with opened(url, **given) as rest:
        return await error_of(rest.sample(params))


async def test_records_keep_their_types(records: WebServer):
    found = await sample(records.url, {"path": "/planes"})
    assert {column.name: column.type for column in found.columns} == {
        "id": "integer",
        "tail": "string",
        "maker": "string",
        "seats": "integer",
        "load": "float",
        "built": "string",
        "checked_at": "string",
        "in_service": "boolean",
        "engine": "json",
        "routes": "array",
        "retired": "null",
    }
    assert (len(found.rows), found.truncated_by) == (COUNT, None)
    assert found.executed == f"GET {records.url}/planes"


@pytest.mark.parametrize(
    ("path", "given", "rows"),
    [
        ("/wrapped", {}, COUNT),
        ("/object", {}, 1),
        ("/wrapped", {"records_path": "$.items[:5]"}, 5),
        ("/wrapped", {"records_path": "$.items[?@.seats > 130]"}, 4),
        ("/status/204", {}, 0),
    ],
)
async def test_records_are_found(records: WebServer, path: str, given: dict[str, Any], rows: int):
    assert len((await sample(records.url, {"path": path} | given)).rows) == rows


async def test_the_sources_own_path_to_the_records_holds_where_a_sample_names_none(records: WebServer):
    given = {"records_path": "$.items[*].engine"}
    found = await sample(records.url, {"path": "/wrapped"}, **given)
    assert [column.name for column in found.columns] == ["type", "count"]
    assert found.executed == f"GET {records.url}/wrapped $.items[*].engine"
    other = await sample(records.url, {"path": "/wrapped", "records_path": "$.items[*].tail"}, **given)
    assert other.rows[0] == ("EP-001",)


@pytest.mark.parametrize(
    ("path", "error", "reason"),
    [
        ("/html", BadAnswer, "not_json"),
        ("/garbage", BadAnswer, "not_json"),
        ("/truncated", BadAnswer, "truncated"),
        ("/not-http", BadAnswer, "http"),
        ("/deep", BadAnswer, "depth"),
        ("/loop", BadAnswer, "redirects"),
        ("/status/304", BadAnswer, "status"),
        ("/secure/basic", AuthError, "http"),
        ("/forbidden", PermissionDenied, "http"),
        ("/no-such", NotFoundInSource, "address"),
        ("/status/400", QueryFailed, "http"),
        ("/status/410", NotFoundInSource, "address"),
        ("/status/429", RateLimited, "http"),
        ("/status/500", SourceUnavailable, "http"),
        ("/status/503", SourceUnavailable, "http"),
    ],
)
async def test_bad_answers_are_named(records: WebServer, path: str, error: type, reason: str):
    found = await refused(records.url, {"path": path})
    assert (type(found), found.reason) == (error, reason)


async def test_what_came_instead_of_json_is_named(records: WebServer):
    assert (await refused(records.url, {"path": "/html"})).arguments["content_type"] == "text/html"


@pytest.mark.parametrize(("status", "retried", "outcome"), [(429, False, Outcome.REACHED), (503, True, Outcome.FAIL)])
async def test_when_to_come_again_is_passed_on(records: WebServer, status: int, retried: bool, outcome: Outcome):
    error = await refused(records.url, {"path": f"/status/{status}"})
    assert isinstance(error, RateLimited | SourceUnavailable)
    assert (error.retry_after, error.retried, error.outcome) == (7.0, retried, outcome)


async def test_a_refusal_says_what_the_service_said_without_secrets():
    said = answer(b'{"error": {"message": "no field x for key correct-horse"}}', b"HTTP/1.1 400 Bad Request\r\n")
    async with peer(said) as there:
        error = await refused(there.url, {}, auth=BEARER)
    assert error.arguments == {"status": 400, "detail": "no field x for key •••"}


async def test_numbers_that_are_none_and_other_encodings_are_read(records: WebServer):
    assert [str(row[1]) for row in (await sample(records.url, {"path": "/nan"})).rows] == ["nan", "inf", "-inf"]
    assert (await sample(records.url, {"path": "/utf16"})).rows[0] == (1, "تهران")


@pytest.mark.parametrize("path", ["/huge", "/gzip-endless"])
async def test_an_answer_without_end_is_cut_at_the_cap(records: WebServer, path: str):
    found = await sample(records.url, {"path": path, "limit": 1000}, bytes_max=20_000)
    assert found.truncated_by in {"bytes", "limit"}
    assert 300 < len(found.rows) <= 1000
    assert found.bytes_read == 20_000


async def test_a_gigabyte_costs_no_more_than_the_cap():
    async with pouring(1024 * MIB) as there, opened(there.url, bytes_max=5 * MIB) as rest:
        await rest.sample({"limit": 1})
        tracemalloc.start()
        try:
            found = await rest.sample({"limit": 1000})
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        await there.until_left()
    assert (len(found.rows), found.truncated_by, found.bytes_read) == (1000, "limit", 5 * MIB)
    assert peak < 64 * MIB


async def test_a_cut_list_inside_an_object_gives_its_whole_records(records: WebServer):
    for params in ({}, {"records_path": "$.items"}, {"records_path": "$.items[*]"}):
        found = await sample(records.url, {"path": "/wrapped"} | params, bytes_max=3000)
        assert 3 < len(found.rows) < COUNT
        assert found.truncated_by == "bytes"
        assert None not in [row[9] for row in found.rows]


async def test_a_repeated_secret_becomes_dots_with_a_note(records: WebServer):
    pair = base64.b64encode(f"reader:{SECRET}".encode()).decode()
    auth = {"type": "basic", "username": "reader", "password": SECRET}
    found = await sample(records.url, {"path": "/echo"}, auth=auth, headers={"X-Api-Key": "another-secret"})
    assert pair not in repr(found)
    assert "another-secret" not in repr(found)
    assert [note.key for note in found.notes] == ["note.own_secret"]


async def test_a_secret_in_the_address_is_in_no_result(records: WebServer):
    auth = {"type": "query", "name": "api_key", "value": "s3cret/کلید &"}
    async with opened(records.url, auth=auth, health_path="/echo") as rest:
        found = await rest.sample({"path": "/echo/a", "query": {"q": 1}})
        told = repr([found, await rest.describe(), await rest.describe("/echo"), [c async for c in rest.diagnose()]])
    assert "s3cret" not in told
    assert found.executed == f"GET {records.url}/echo/a?q=1"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/echo", "/echo"),
        ("echo/", "/echo/"),
        ("/echo/new york", "/echo/new%20york"),
        ("/echo/شهر", "/echo/%D8%B4%D9%87%D8%B1"),
        ("/echo/%D8%B4", "/echo/%D8%B4"),
        ("/echo/a%2Fb", "/echo/a%2Fb"),
        ("/echo/100%", "/echo/100%25"),
        ("/echo/what%3F", "/echo/what%3F"),
        ("/echo/users/@me:x;y=1,2", "/echo/users/@me:x;y=1,2"),
        ("/echo/./x", "/echo/./x"),
    ],
)
async def test_a_path_is_sent_as_it_is_written(path: str, sent: str):
    async with peer() as there:
        await sample(f"{there.url}/v1/", {"path": path})
        await sample(f"{there.url}/v1", {"path": path})
        await sample(there.url, {"path": path})
    assert [request.split(" ")[1] for request in there.requests] == [f"/v1{sent}", f"/v1{sent}", sent]


@pytest.mark.parametrize("path", ["", "/"])
async def test_the_base_address_itself_is_asked_for_as_it_was_typed(path: str):
    async with peer() as there:
        for base in ("", "/", "/v1", "/v1/", "/مسیر"):
            await sample(there.url + base, {"path": path})
    sent = [request.split(" ")[1] for request in there.requests]
    assert sent == ["/", "/", "/v1", "/v1/", "/%D9%85%D8%B3%DB%8C%D8%B1"]


async def test_parameters_are_sent_as_they_are_given(records: WebServer):
    query = {"q": "تهران & شیراز", "page": 2, "ratio": 0.5, "all": True, "tag": ["a", 1, False], "none": []}
    found = await sample(records.url, {"path": "/echo", "query": query})
    assert found.rows[0][2] == (
        "q=%D8%AA%D9%87%D8%B1%D8%A7%D9%86%20%26%20%D8%B4%DB%8C%D8%B1%D8%A7%D8%B2"
        "&page=2&ratio=0.5&all=true&tag=a&tag=1&tag=false"
    )


@pytest.mark.parametrize(
    ("params", "fields"),
    [
        ({"path": 1}, ["params.path"]),
        ({"path": "/x" * 2000}, ["params.path"]),
        ({"query": {"a": None}}, ["params.query.a"]),
        ({"query": {"a": {"b": 1}}}, ["params.query.a"]),
        ({"query": [1]}, ["params.query"]),
        ({"records_path": "items"}, ["params.records_path"]),
        ({"method": "POST"}, ["params.method"]),
        ({"headers": {}}, ["params.headers"]),
    ],
)
async def test_wrong_parameters_are_named_before_anything_is_sent(params: dict[str, Any], fields: list[str]):
    async with peer() as there:
        error = await refused(there.url, params)
        assert isinstance(error, InvalidInput)
        assert [field.field for field in error.fields] == fields
        assert there.connections == 0


async def test_a_refused_path_or_parameter_is_never_sent():
    auth = {"type": "query", "name": "api_key", "value": "secret"}
    async with peer() as there:
        for params in ({"path": "/../x"}, {"path": "//evil"}, {"query": {"API_KEY": "mine"}}):
            assert isinstance(await refused(there.url, params, auth=auth), QueryRefused)
        assert there.connections == 0


@pytest.mark.parametrize("path", ["/../admin", "/%2e%2e/admin", "/..%2fadmin", "/%252e%252e/x", "/v10", "/..%5cadmin"])
async def test_below_the_first_layer_the_transport_keeps_to_the_base_address(path: str):
    from yarl import URL

    async with peer() as there, opened(f"{there.url}/v1") as rest:
        service = rest._service
        for url in (f"{there.url}/v1{path}" if path != "/v10" else f"{there.url}/v10", "http://other.example/v1"):
            assert isinstance(await error_of(service.get(URL(url, encoded=True), 10)), QueryRefused)
        assert there.connections == 0
