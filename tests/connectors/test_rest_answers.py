"""What a REST source makes of answers, good and bad."""

import base64
import tracemalloc
from typing import Any

import pytest

from core.connectors.kinds.rest import RestConnector
from core.connectors.rest import entries
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
from core.models import CatalogEntry, CheckStatus, Outcome, Sample
from tests.connectors.conformance import assert_kept, error_of
from tests.connectors.rest_source import JSON, answer, opened, peer, pouring
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


@pytest.mark.parametrize(
    ("path", "expect", "ok", "told"),
    [
        ("/object", ["200-299"], True, "HTTP 200 · uvicorn"),
        ("/status/404", ["200-299"], False, "HTTP 404 Not Found · uvicorn"),
        ("/status/404", ["200", "404"], True, "HTTP 404 Not Found · uvicorn"),
        ("/status/304", ["200-299"], False, "HTTP 304 Not Modified · uvicorn"),
        ("/status/201", ["200"], False, "HTTP 201 · uvicorn"),
        ("/secure/basic", ["401"], True, "HTTP 401 Unauthorized · uvicorn"),
        ("/status/503", ["500-599"], True, "HTTP 503 Service Unavailable · uvicorn"),
        ("/loop", ["302"], True, "HTTP 302 Found · uvicorn"),
        ("/huge", ["200"], True, "HTTP 200 · uvicorn"),
        ("/html", ["200"], True, "HTTP 200 · uvicorn"),
    ],
)
async def test_a_ping_judges_by_the_expected_statuses(
    records: WebServer, path: str, expect: list[str], ok: bool, told: str
):
    async with opened(records.url, health_path=path, health_expect=expect) as rest:
        assert await rest.ping() == (ok, told)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/secure/basic", AuthError),
        ("/forbidden", PermissionDenied),
        ("/status/429", RateLimited),
        ("/status/500", SourceUnavailable),
    ],
)
async def test_a_ping_raises_what_concerns_more_than_its_path(records: WebServer, path: str, error: type):
    async with opened(records.url, health_path=path) as rest:
        assert type(await error_of(rest.ping())) is error


async def test_a_server_that_repeats_the_secret_in_its_name_does_not_tell_it():
    head = JSON + b"Server: correct-horse \xd8\xa7 " + b"x" * 200 + b"\r\n"
    async with peer(answer(head=head)) as there, opened(there.url, auth=BEARER) as rest:
        ok, told = await rest.ping()
    assert ok
    assert told == "HTTP 200 · ••• ا " + "x" * 54


async def test_the_ladder_tells_who_is_unknown_from_what_is_forbidden(records: WebServer):
    for path, step in (("/secure/basic", "auth"), ("/forbidden", "permission"), ("/status/404", "permission")):
        async with opened(records.url, health_path=path) as rest:
            checks = [check async for check in rest.diagnose()]
        failed = [check for check in checks if check.status is CheckStatus.FAILED]
        assert [check.step for check in failed] == [step]
        assert failed[0].fields


async def test_the_ladder_of_a_good_service_has_every_rung(records: WebServer):
    async with opened(records.url, health_path="/secure/bearer", auth=BEARER) as rest:
        checks = [check async for check in rest.diagnose()]
    assert [check.step for check in checks] == ["config", "dns", "egress", "tcp", "auth", "permission"]
    assert {check.status for check in checks} == {CheckStatus.OK}


async def described(rest: RestConnector, path: str = "") -> dict[str, CatalogEntry]:
    return {entry.path: entry for entry in await rest.describe(path)}


async def test_a_list_is_described_by_the_fields_of_its_records(records: WebServer):
    async with opened(f"{records.url}/planes") as rest:
        found = await described(rest)
        assert list(found)[:3] == ["/", '/#$[*]["id"]', '/#$[*]["tail"]']
        assert found['/#$[*]["engine"]'].expandable
        inner = await described(rest, '/#$[*]["engine"]')
        assert {entry.name: entry.type for entry in inner.values()} == {"type": "string", "count": "integer"}
        for entry in found.values():
            assert len((await rest.sample(entries.params_for(entry))).rows) == COUNT


async def test_an_object_is_described_by_its_members_and_links():
    async with peer() as there:
        body = (
            f'{{"planes": "{there.url}/api/planes", "other": "http://x.example/y", "count": 1, "list": [{{"a": 1}}]}}'
        )
        there.answers[0] = answer(body.encode())
        async with opened(f"{there.url}/api", health_path="/health") as rest:
            found = await described(rest)
            assert {path: entry.type for path, entry in found.items()} == {
                "/": "path",
                "/health": "path",
                "/planes": "path",
                '/#$["other"]': "string",
                '/#$["count"]': "integer",
                '/#$["list"]': "array",
            }
            assert list(await described(rest, '/#$["list"]')) == ['/#$["list"][*]["a"]']
            params = rest.params_for(found['/#$["list"]'])
            assert params == {"path": "/", "records_path": '$["list"]', "limit": 100}
            assert list((await rest.sample(params)).rows) == [(1,)]
            assert rest.params_for(found["/planes"]) == {"path": "/planes", "limit": 100}


@pytest.mark.parametrize("base", ["/html", "/no-such", "/forbidden", "/status/204"])
async def test_a_base_without_data_still_has_its_own_path(records: WebServer, base: str):
    async with opened(records.url + base) as rest:
        assert list(await described(rest)) == ["/"]


async def test_names_that_hold_a_secret_are_not_described():
    said = answer(b'{"a correct-horse": 1, "b\\ud800": 2, "c": 3}')
    async with peer(said) as there, opened(there.url, auth=BEARER) as rest:
        assert list(await described(rest)) == ["/", '/#$["c"]']


@pytest.mark.parametrize("path", ["/../x", "//evil", "/x#not a path"])
async def test_a_wrong_path_of_the_catalogue_is_refused_before_anything_is_sent(path: str):
    async with peer() as there, opened(there.url) as rest:
        assert isinstance(await error_of(rest.describe(path)), QueryRefused | InvalidInput)
        assert there.connections == 0


async def test_httpbin_is_spoken_to(httpbin: WebServer):
    auth = {"type": "basic", "username": "کاربر", "password": "گذرواژه"}
    async with opened(httpbin.url, auth=auth, health_path="/basic-auth/کاربر/گذرواژه") as rest:
        assert (await rest.ping())[0]
        assert (await rest.sample({"path": "/gzip"})).rows
        assert (await rest.sample({"path": "/anything/a b", "query": {"x": [1, 2]}})).rows
        assert (await rest.sample({"path": "/redirect/3"})).rows
        assert str(await error_of(rest.sample({"path": "/redirect/4"}))) == "bad_answer.redirects"
        assert str(await error_of(rest.sample({"path": "/brotli"}))) == "bad_answer.encoding"
        assert_kept([repr(rest)])
