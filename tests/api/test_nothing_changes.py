"""Every attempt of the corpora and every honest query, over HTTP, with credentials that may do anything at the source.

What is there afterwards is letter by letter what was there before.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core.models import Role
from tests.api import dumps
from tests.api.conftest import Org
from tests.safety import graphql_documents, mongo_requests, s3_keys, sql_attempts, superuser_traps, test_rest
from tests.safety.test_sql_honest import HONEST as HONEST_SQL
from tests.safety.test_sql_honest import WITH_ARGUMENTS, written_in
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server

DATABASE, BUCKET = "cheshmeh_untouched", "cheshmeh-untouched"
SQL_ATTEMPTS = [
    sql
    for _, sql in (
        *(*sql_attempts.CHANGING, *sql_attempts.ESCAPING, *sql_attempts.FUNCTIONS, *sql_attempts.NOT_READING),
        *(*sql_attempts.SECRETS, *sql_attempts.UNPARSABLE, *sql_attempts.STRICTLY_REFUSED),
    )
    if sql
] + [sql for _, _, sql in superuser_traps.REFUSED]
CONDITIONS = [condition for _, condition in sql_attempts.WHERE_REFUSED if condition]
DOCUMENTS = [
    document
    for document, *_ in (
        *(*graphql_documents.CHANGING, *graphql_documents.NO_DOCUMENT, *graphql_documents.FRAGMENTS),
        *graphql_documents.COSTLY,
    )
]
PATHS = [path for paths in test_rest.ATTEMPTS.values() for path in paths]
KEYS = [key for keys in s3_keys.ATTEMPTS.values() for key in keys]
REFUSED = ("query_refused", "validation_error")
ADMITTED = {200, 422}
"""An honest request may still ask for what a server does not have (an extension, an index, a collection)."""


@contextmanager
def answering(asked: list[str]) -> Iterator[str]:
    """A service at that address, which writes down what it is asked."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = b'{"data": {"a": 1}}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = answer  # noqa: N815 - the base class's names

        def log_message(self, *_args: Any) -> None:
            """Nothing: `asked` says it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def witness() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    with answering(asked) as url:
        yield url, asked


def answers(org: Org, source: dict[str, Any], requests: Iterable[dict[str, Any]]) -> Iterator[tuple[Any, int, str]]:
    for params in requests:
        answer = org.call("POST", f"{source['id']}/sample", role=Role.ANALYST, json={"params": params})
        yield params, answer.status_code, answer.json().get("code", "")


def not_refused(org: Org, source: dict[str, Any], requests: Iterable[dict[str, Any]]) -> list[Any]:
    """Those that neither a safety rule nor the form of the request refused."""
    return [found for found in answers(org, source, requests) if found[1] != 422 or found[2] not in REFUSED]


def not_admitted(org: Org, source: dict[str, Any], requests: Iterable[dict[str, Any]]) -> list[Any]:
    return [found for found in answers(org, source, requests) if found[1] not in ADMITTED or found[2] in REFUSED]


def unchanged(state: Callable[[], str], act: Callable[[], list[Any]]) -> list[Any]:
    before = state()
    found = act()
    assert state() == before
    return found


@pytest.fixture
def mighty(org: Org, postgres: PostgresServer) -> Iterator[dict[str, Any]]:
    postgres.execute(superuser_traps.SCHEMA.format(made="/nowhere/at-all"))
    postgres.execute("create table public.t (a int, b text); insert into public.t values (1, 'x')")
    place = {"host": postgres.host, "port": postgres.port, "database": postgres.database}
    yield org.add(
        "postgres", "postgres", config=place | {"user": postgres.superuser, "password": postgres.superuser_password}
    )
    postgres.execute(f"drop table public.t; {superuser_traps.CLEAN}")


def test_no_sql_of_a_superuser_changes_anything(org: Org, mighty: dict[str, Any], postgres: PostgresServer) -> None:
    asked = [
        *({"sql": sql} for sql in SQL_ATTEMPTS),
        *({"table": "t", "where": condition} for condition in CONDITIONS),
    ]
    assert len(asked) >= 80
    assert unchanged(lambda: dumps.of_postgres(postgres), lambda: not_refused(org, mighty, asked)) == []


def test_every_honest_query_of_a_superuser_passes_and_changes_nothing(
    org: Org, mighty: dict[str, Any], postgres: PostgresServer
) -> None:
    asked = [
        *({"sql": sql} for sql in HONEST_SQL if sql != "SHOW ALL" and "current_setting" not in sql),
        *({"sql": sql, "args": args} for sql, args in WITH_ARGUMENTS),
        *({"table": "pg_class", "where": condition} for condition in written_in("test_sql_conditions.sql")),
        *({"sql": sql} for sql in superuser_traps.OF_THEIR_OWN),
    ]
    assert len(asked) >= 120

    def failed() -> list[Any]:
        return [found for found in answers(org, mighty, asked) if found[1] != 200]

    assert unchanged(lambda: dumps.of_postgres(postgres), failed) == []


@pytest.fixture
def documents(org: Org, mongodb: MongoServer) -> Iterator[dict[str, Any]]:
    with mongodb.client() as client:
        client.drop_database(DATABASE)
        client[DATABASE].c.insert_many([{"_id": n, "a": n, "name": "سارا"} for n in range(20)])
        yield org.add(
            "mongodb",
            "mongodb",
            config={
                "hosts": [f"{mongodb.host}:{mongodb.port}"],
                "database": DATABASE,
                "user": mongodb.user,
                "password": mongodb.password,
            },
        )
        client.drop_database(DATABASE)


def test_no_request_of_mongodb_changes_anything(org: Org, documents: dict[str, Any], mongodb: MongoServer) -> None:
    asked = [
        *({"collection": "c", "pipeline": pipeline} for pipeline, *_ in mongo_requests.PIPELINES if _json(pipeline)),
        *({"collection": "c", "filter": each} for each, *_ in mongo_requests.FILTERS),
        *({"collection": "c", "sort": each} for each, *_ in mongo_requests.FILTERS[:3]),
        *({"collection": name} for name in ("system.users", "system.js", "$cmd")),
    ]
    assert len(asked) >= 50
    assert unchanged(lambda: dumps.of_mongodb(mongodb), lambda: not_refused(org, documents, asked)) == []


def test_honest_requests_of_mongodb_are_admitted(org: Org, documents: dict[str, Any], mongodb: MongoServer) -> None:
    asked = [
        *({"collection": "c", "pipeline": pipeline} for pipeline in mongo_requests.HONEST_PIPELINES),
        # FerretDB hangs up at a Decimal128.
        *({"collection": "c", "filter": f} for f in mongo_requests.HONEST_FILTERS if "$numberDecimal" not in str(f)),
    ]
    assert unchanged(lambda: dumps.of_mongodb(mongodb), lambda: not_admitted(org, documents, asked)) == []


@pytest.fixture
def bucket(org: Org, s3: S3Server) -> dict[str, Any]:
    client = s3.client()
    client.create_bucket(Bucket=BUCKET)
    for key in ("safe/a.csv", "safe/گزارش/۱۴۰۵.csv", "secret.csv"):
        client.put_object(Bucket=BUCKET, Key=key, Body=b"a,b\n1,2\n")
    config = {"endpoint_url": s3.endpoint_url, "bucket": BUCKET, "prefix": s3_keys.PREFIX}
    keys = {"access_key_id": s3.access_key_id, "secret_access_key": s3.secret_access_key}
    return org.add("s3", "s3", config=config | keys)


def test_no_key_leaves_the_prefix_and_nothing_changes(org: Org, bucket: dict[str, Any], s3: S3Server) -> None:
    attempts = [{name: key} for key in KEYS for name in ("key", "prefix")]
    honest = [{"key": key} for key in s3_keys.HONEST]
    assert len(KEYS) >= 20
    assert unchanged(lambda: dumps.of_s3(s3), lambda: not_refused(org, bucket, attempts)) == []
    assert unchanged(lambda: dumps.of_s3(s3), lambda: not_admitted(org, bucket, honest)) == []


def test_no_path_leaves_the_base_address(org: Org, witness: tuple[str, list[str]]) -> None:
    url, asked = witness
    source = org.add("rest", "rest", config={"base_url": f"{url}/base"})
    assert len(PATHS) >= 30
    assert not_refused(org, source, ({"path": path} for path in PATHS)) == []
    assert asked == []
    assert not_admitted(org, source, ({"path": path} for path in test_rest.HONEST)) == []
    assert len(asked) == len(test_rest.HONEST)
    assert [line for line in asked if not line.startswith("GET /base")] == []


def test_no_document_but_a_query_leaves(org: Org, witness: tuple[str, list[str]]) -> None:
    url, asked = witness
    source = org.add("graphql", "graphql", config={"endpoint": f"{url}/graphql"})
    assert len(DOCUMENTS) >= 25
    assert not_refused(org, source, ({"query": document} for document in DOCUMENTS if document)) == []
    assert asked == []
    assert not_admitted(org, source, ({"query": query} for query in graphql_documents.HONEST)) == []
    assert {line.partition(" ")[0] for line in asked} == {"POST"}


def _json(value: Any) -> bool:
    """Whether the interface takes it at all: a pipeline that is no list of objects is refused as a field."""
    return isinstance(value, list) and all(isinstance(stage, dict) for stage in value)
