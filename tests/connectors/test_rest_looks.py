"""Pings, ladders and catalogues of REST sources."""

import pytest
from yarl import URL

from core.connectors.http.rungs import is_loopback, warned_in_clear
from core.connectors.kinds.rest import RestConnector
from core.connectors.rest import entries
from core.diagnosis.ladder import Found
from core.errors import (
    AuthError,
    ConfigError,
    PermissionDenied,
    QueryRefused,
    RateLimited,
    SourceError,
    SourceUnavailable,
)
from core.models import STEPS, CatalogEntry, CheckStatus, Message
from tests.connectors.conformance import CANARY, assert_kept, error_of
from tests.connectors.rest_source import JSON, answer, opened, peer
from tests.guarded.test_starvation import guarded
from tests.servers.apps.records import COUNT, SECRET
from tests.servers.web import WebServer

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
BEARER = {"type": "bearer", "token": SECRET}


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


@pytest.mark.parametrize(
    ("path", "expect", "auth", "failed"),
    [
        ("/status/403", "200", CheckStatus.OK, "permission"),
        ("/status/204", "200", CheckStatus.OK, "permission"),
        ("/status/404", "200", CheckStatus.SKIPPED, "permission"),
        ("/status/304", "200", CheckStatus.SKIPPED, "permission"),
        ("/status/407", "200", CheckStatus.SKIPPED, "permission"),
        ("/status/404", "404", CheckStatus.SKIPPED, None),
        ("/status/401", "401", CheckStatus.SKIPPED, "sample"),
        ("/status/429", "200", CheckStatus.FAILED, "auth"),
        ("/status/500", "200", CheckStatus.FAILED, "auth"),
        ("/status/503", "200", CheckStatus.FAILED, "auth"),
    ],
)
async def test_credentials_are_called_accepted_only_where_somebody_looked_at_them(
    records: WebServer, path: str, expect: str, auth: CheckStatus, failed: str | None
):
    wrong = {"type": "bearer", "token": CANARY}
    async with opened(records.url, health_path=path, health_expect=[expect], auth=wrong) as rest:
        checks = {check.step: check async for check in rest.diagnose()}
    evidence = checks["auth"].evidence
    assert (checks["auth"].status, evidence == Message("check.known_caller")) == (auth, auth is CheckStatus.OK)
    first = next((step for step, check in checks.items() if check.status is CheckStatus.FAILED), None)
    assert first == failed


async def test_the_ladder_of_a_good_service_has_every_rung(records: WebServer):
    async with opened(records.url, health_path="/secure/bearer", auth=BEARER) as rest:
        checks = [check async for check in rest.diagnose()]
    assert tuple(check.step for check in checks) == STEPS
    seen = {check.step: check.status for check in checks}
    assert (seen.pop("tls"), seen.pop("read_only")) == (CheckStatus.SKIPPED, CheckStatus.UNSUPPORTED)
    assert set(seen.values()) == {CheckStatus.OK}


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


async def test_a_path_that_leads_nowhere_says_nothing_of_the_service(records: WebServer):
    guard = guarded(records.url)
    for path in ("/users#hello there", "/#$[", "//elsewhere/", "/a/../../b"):
        with pytest.raises(SourceError) as refused:
            await guard.describe(path)
        assert (refused.value.status, guard.breaker.failures) == (422, 0), path
    await guard.close()


@pytest.mark.parametrize(
    "inside",
    ['$[?@["id"]==1]', '$[?@.tail=="A"]["tail"]', "$..id", "$[0:1]", '$["id","tail"]', "$[-1]", "$.id", "$[*]['id']"],
)
async def test_the_catalogue_answers_no_question_about_values(records: WebServer, inside: str):
    async with opened(f"{records.url}/planes") as rest:
        with pytest.raises(ConfigError) as refused:
            await rest.describe(f"/#{inside}")
        (field,) = refused.value.fields
        assert (field.field, field.message.key) == ("path", "field.catalogue_path")


async def test_names_with_signs_and_places_of_a_list_are_paths_of_the_catalogue():
    async with peer(answer(b'{"a\\"]b\\\\": [[{"c": 1}]]}')) as there, opened(there.url) as rest:
        (_, path) = await described(rest)
        assert list(await described(rest, f"{path}[0]")) == [f'{path}[0][*]["c"]']


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
        assert isinstance(await error_of(rest.describe(path)), QueryRefused | ConfigError)
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


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://localhost:1", True),
        ("http://LOCALHOST.", True),
        ("http://127.9.9.9", True),
        ("http://[::1]", True),
        ("http://10.0.0.1", False),
        ("http://localhost.example", False),
    ],
)
def test_only_this_machine_is_loopback(address: str, local: bool):
    assert is_loopback(URL(address)) is local


def test_a_secret_in_clear_is_a_warning_whatever_the_rung_found():
    skipped = Found(Message("check.known_caller"), status=CheckStatus.SKIPPED)
    warned = warned_in_clear(skipped, URL("http://10.0.0.1"), "base_url")
    assert (warned.warning, warned.fields) == (Message("check.sent_in_clear"), ("config.base_url",))
    assert (warned.evidence, warned.status) == (skipped.evidence, None)
    for address in ("https://10.0.0.1", "http://127.0.0.1"):
        assert warned_in_clear(skipped, URL(address), "base_url") is skipped
