"""Sources that answer badly, of every kind: each answers its own code over HTTP, never a 500 and never a secret."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.models import Role
from tests.api.conftest import Served, make_org
from tests.api.kind_case import WRONG, Body
from tests.api.kind_cases import MONGO_DATABASE, NAME, TOKEN, graphql_case, mongodb_case, rest_case, s3_case
from tests.api.test_sources import fields_of
from tests.api.watched import Watched, watched
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from tests.servers.stubs import stub_server
from tests.servers.web import WebServer

HTML = {"Content-Type": "text/html", "Connection": "close"}
PATIENT: Body = {"failure_threshold": 100, "timeout_seconds": 30}


@pytest.fixture
def org(served: Served, capfd: pytest.CaptureFixture[str]) -> Iterator[Watched]:
    with watched(make_org(served), capfd, TOKEN, WRONG) as org:
        yield org


@pytest.fixture
def html() -> Iterator[str]:
    """A page where data was expected."""
    with stub_server(200, "<!doctype html><title>ورود</title>".encode(), HTML) as url:
        yield url


def add(org: Watched, kind: str, config: Body) -> Body:
    org.secrets.update(config[name] for name in ("password", "secret_access_key") if name in config)
    return org.add("بد", kind, config=config, breaker=PATIENT)


def sample(org: Watched, source: Body, params: Body) -> Any:
    return org.call("POST", f"{source['id']}/sample", role=Role.ANALYST, json={"params": params})


def answers(org: Watched, source: Body, params: Body) -> tuple[int, str]:
    """Status and code of a sample; a ping and a trial of the same source say no less."""
    answer, ping = sample(org, source, params), org.call("POST", f"{source['id']}/ping")
    body = {"kind": source["kind"], "config": {}, "ds_id": source["id"]}
    tried = org.call("POST", "test", json=body)
    assert (ping.status_code, tried.status_code) == (200, 200)
    assert (ping.json()["ok"], tried.json()["ok"]) == (False, False), tried.text
    assert ping.json()["diagnosis"]["advice"]
    code = answer.json()["code"]
    assert ping.json()["diagnosis"]["code"] == code
    return answer.status_code, code


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/status/401", (422, "auth_failed")),
        ("/status/403", (422, "permission_denied")),
        ("/status/429", (429, "rate_limited")),
        ("/status/500", (502, "source_unavailable")),
        ("/status/503", (502, "source_unavailable")),
        ("/status/400", (422, "query_failed")),
        ("/loop", (502, "bad_answer")),
        ("/not-http", (502, "bad_answer")),
    ],
)
def test_a_service_that_refuses_or_breaks_is_named(
    org: Watched, records: WebServer, path: str, said: tuple[int, str]
) -> None:
    config = {"base_url": records.url, "auth": {"type": "bearer", "token": TOKEN}, "health_path": path}
    assert answers(org, add(org, "rest", config), {"path": path}) == said


def test_a_path_that_is_not_there_is_not_found(org: Watched, records: WebServer) -> None:
    answer = sample(org, add(org, "rest", {"base_url": records.url}), {"path": "/status/404"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_found_in_source")


@pytest.mark.parametrize("path", ["/html", "/deep", "/garbage", "/truncated"])
def test_what_is_no_json_to_read_is_a_bad_answer(org: Watched, records: WebServer, path: str) -> None:
    answer = sample(org, add(org, "rest", rest_case(records).config | {"base_url": records.url}), {"path": path})
    assert (answer.status_code, answer.json()["code"]) == (502, "bad_answer")


def test_when_a_service_asks_to_wait_so_does_the_answer(org: Watched, records: WebServer) -> None:
    answer = sample(org, add(org, "rest", {"base_url": records.url}), {"path": "/status/429"})
    assert (answer.headers["Retry-After"], answer.json()["retry_after_s"]) == ("7", 7)


def test_an_answer_without_end_is_cut(org: Watched, records: WebServer) -> None:
    answer = sample(org, add(org, "rest", {"base_url": records.url}), {"path": "/gzip-endless", "limit": 5})
    assert (answer.status_code, answer.json()["row_count"], answer.json()["truncated"]) == (200, 5, True)
    assert answer.json()["bytes_read"] <= 5 * 1024 * 1024


def test_a_redirect_elsewhere_takes_no_secret_along(org: Watched, records: WebServer) -> None:
    config = {"base_url": records.url, "auth": {"type": "bearer", "token": TOKEN}, "headers": {"X-Api-Key": TOKEN}}
    source = add(org, "rest", config)
    for host, sent in (("127.0.0.1", True), ("localhost", False)):
        there = records.url.replace("127.0.0.1", host)
        answer = sample(org, source, {"path": "/redirect", "query": {"to": f"{there}/echo"}})
        headers = answer.json()["rows"][0]["headers"]
        assert [name in headers for name in ("authorization", "x-api-key")] == [sent, sent], host


def test_a_redirect_to_a_denied_address_is_not_followed(org: Watched, records: WebServer) -> None:
    source = add(org, "rest", {"base_url": records.url})
    answer = sample(org, source, {"path": "/redirect", "query": {"to": "http://169.254.169.254/latest"}})
    assert (answer.status_code, answer.json()["code"]) == (422, "egress_denied")


def test_the_cookie_of_one_source_reaches_no_other_and_not_itself(org: Watched, records: WebServer) -> None:
    one, other = (org.add(name, "rest", config={"base_url": records.url}) for name in ("یک", "دو"))
    for _ in range(2):
        assert sample(org, one, {"path": "/cookie"}).json()["rows"] == [{"set": "sid"}]
        for source in (one, other):
            assert sample(org, source, {"path": "/cookies"}).json()["rows"] == [{"cookie": None}]


@pytest.mark.parametrize("query", ["{ no_such }", "{ airline { name } }"])
@pytest.mark.parametrize("server", ["strawberry", "ariadne"])
def test_graphql_errors_are_a_refusal_whatever_their_status(
    org: Watched, request: pytest.FixtureRequest, server: str, query: str
) -> None:
    # Strawberry answers an invalid query with 200, Ariadne with 400.
    source = add(org, "graphql", graphql_case(request.getfixturevalue(server)).config)
    answer = sample(org, source, {"query": query})
    assert (answer.status_code, answer.json()["code"]) == (422, "query_failed")
    assert "airline" in answer.json()["detail"] or "no_such" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (200, (502, "bad_answer")),
        (401, (422, "auth_failed")),
        (403, (422, "permission_denied")),
        (429, (429, "rate_limited")),
        (500, (502, "source_unavailable")),
    ],
)
@pytest.mark.parametrize("kind", ["graphql", "s3"])
def test_a_page_instead_of_data_is_named_by_its_status(
    org: Watched, kind: str, status: int, said: tuple[int, str]
) -> None:
    with stub_server(status, b"<!doctype html><title>x</title>", HTML) as url:
        keys = {"access_key_id": "k", "secret_access_key": WRONG}
        configs: dict[str, Body] = {
            "graphql": {"endpoint": url, "auth": {"type": "bearer", "token": WRONG}},
            "s3": {"endpoint_url": url, "bucket": NAME, **keys},
        }
        params = {"graphql": {"query": "{ a }"}, "s3": {"prefix": ""}}
        assert answers(org, add(org, kind, configs[kind]), params[kind]) == said


def test_a_bucket_that_is_not_there_is_not_found(org: Watched, s3: S3Server) -> None:
    source = add(org, "s3", s3_case(s3).config | {"bucket": "no-such-bucket"})
    assert answers(org, source, {"prefix": "safe/"}) == (422, "not_found_in_source")


def test_an_object_that_is_not_there_is_not_found(org: Watched, s3: S3Server) -> None:
    answer = sample(org, add(org, "s3", s3_case(s3).config), {"key": "safe/no-such.csv"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_found_in_source")


def test_a_connection_string_with_an_option_that_reads_files_is_refused_by_name(org: Watched) -> None:
    for option in ("tlsCertificateKeyFile", "tlsCAFile", "proxyHost"):
        config = {"uri": f"mongodb://u:{WRONG}@127.0.0.1:1/?{option}=/etc/{WRONG}", "database": "d"}
        for path, body in (("", {"name": "n"}), ("test", {})):
            answer = org.call("POST", path, json={"kind": "mongodb", "config": config, **body})
            assert fields_of(answer) == ["config.uri"]
            assert option in answer.json()["errors"][0]["message"]


def test_another_replica_set_is_not_found(org: Watched, mongodb: MongoServer) -> None:
    source = add(org, "mongodb", mongodb_case(mongodb).config | {"replica_set": "rs9"})
    assert answers(org, source, {"collection": "things"}) == (422, "not_found_in_source")


def test_a_web_server_is_no_mongodb(org: Watched, html: str) -> None:
    host = html.removeprefix("http://")
    source = add(org, "mongodb", {"hosts": [host], "database": MONGO_DATABASE, "user": "u", "password": WRONG})
    assert answers(org, source, {"collection": "things"}) == (502, "bad_answer")


def test_a_database_that_is_not_there_is_not_found(org: Watched, postgres: PostgresServer) -> None:
    place = {"host": postgres.host, "port": postgres.port, "user": postgres.user, "password": postgres.password}
    source = add(org, "postgres", place | {"database": "no_such"})
    assert answers(org, source, {"sql": "select 1"}) == (422, "not_found_in_source")
