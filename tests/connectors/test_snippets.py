"""Programs that take a sample without us: they run, they only read, and no secret is in them."""

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connectors import forms
from core.connectors.registry import registry
from tests.connectors.test_s3 import config_of as s3_config
from tests.servers.apps.records import SECRET
from tests.servers.mongodb import MongoServer
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server
from tests.servers.web import WebServer

LIMIT_S = 60
KINDS = registry.discover().kinds
CANARY = "Zq7-canary-value"
HTTP: dict[str, list[dict[str, Any]]] = {
    "auth": [
        {"type": "none"},
        {"type": "basic", "username": "reader", "password": CANARY},
        {"type": "bearer", "token": CANARY},
        {"type": "header", "name": "X-Api-Key", "value": CANARY},
        {"type": "query", "name": "api_key", "value": CANARY},
    ]
}
CONFIGS: dict[str, list[dict[str, Any]]] = {
    "postgres": [
        {"host": "db.example.com", "database": "d", "user": "u", "password": CANARY, "schema": "s", "timeout_s": 3.5},
        {"host": "db.example.com", "database": "d", "user": "u", "sslmode": "verify-full"},
    ],
    "rest": [
        {"base_url": "https://a.example/v1", "auth": auth, "headers": {"X-Token": CANARY, "X-Kind": "a"}}
        for auth in HTTP["auth"]
    ],
    "graphql": [
        {"endpoint": "https://a.example/q?v=1", "auth": auth, "headers": {"Api-Secret": CANARY}, "tls_verify": False}
        for auth in HTTP["auth"]
    ],
    "mongodb": [
        {"uri": f"mongodb://reader:{CANARY}@db.example/?tls=true", "database": "d"},
        {"hosts": ["db.example:1"], "database": "d", "user": "u", "password": CANARY, "tls": True, "tls_verify": False},
        {"hosts": ["db.example"], "database": "d", "replica_set": "rs0"},
    ],
    "s3": [
        {"bucket": "bucket", "access_key_id": "AKID", "secret_access_key": CANARY, "session_token": CANARY},
        {"bucket": "bucket", "endpoint_url": "https://s3.example", "prefix": "logs/"},
    ],
}
PARAMS: dict[str, list[dict[str, Any]]] = {
    "postgres": [
        {"table": "public.flights", "columns": ["a", 'b"c'], "where": "x > 1 -- {}", "limit": 5},
        {"table": "flights"},
        {"sql": "select $1::jsonb, $2, '%s {}'", "args": [{"a": 1}, "it's"], "limit": 3},
        {"sql": "show all"},
    ],
    "rest": [{"path": "/a b", "query": {"x": [1, True, "é"]}, "records_path": "$.items"}, {"path": "/"}],
    "graphql": [{"query": 'query A($x: Int) { a(x: $x, y: """b""") }', "variables": {"x": 1}, "operation_name": "A"}],
    "mongodb": [
        {"collection": "c", "filter": {"_id": {"$oid": "5" * 24}}, "projection": {"a": 1}, "sort": {"a": -1}},
        {"collection": "c", "pipeline": [{"$match": {"a": 1}}], "limit": 2},
    ],
    "s3": [{"prefix": "logs/", "limit": 5}, {"key": "logs/a.csv"}],
}
CASES = [(kind, config, params) for kind, configs in CONFIGS.items() for config in configs for params in PARAMS[kind]]

UPLOADS = """import sys, types
part = types.ModuleType("requests_toolbelt.multipart.encoder")
part.MultipartEncoder = None
names = ("requests_toolbelt", "requests_toolbelt.multipart", part.__name__)
sys.modules.update(zip(names, (types.ModuleType(names[0]), types.ModuleType(names[1]), part)))
"""
"""What `gql[requests]` brings for uploads, which nobody needs who only reads."""


def snippet(kind: str, config: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """As a page asks for it: of the public configuration."""
    cls = KINDS[kind]
    plain = forms.plain_config(forms.validate_config(cls.config_model, config))
    return cls.snippet(forms.public_config(cls.config_model, plain), params)


def run(program: str, **secrets: str) -> str:
    """What it prints. Fails where it fails."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=os.environ | secrets,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_kind_has_cases():
    assert CONFIGS.keys() == PARAMS.keys() == KINDS.keys()


@pytest.mark.parametrize(("kind", "config", "params"), CASES)
def test_it_is_a_program_without_a_secret(kind: str, config: dict[str, Any], params: dict[str, Any]):
    program = snippet(kind, config, params)
    compile(program, "snippet", "exec")
    assert CANARY not in program
    assert ("os.environ" in program) is (CANARY in repr(config))


@pytest.mark.parametrize("kind", PARAMS)
@given(st.text(min_size=1, max_size=40), st.integers(1, 1000))
def test_whatever_is_asked_stands_in_it_as_a_literal(kind: str, text: str, limit: int):
    params = {
        "postgres": {"sql": text, "args": [text, {text: [text]}]},
        "rest": {"path": "/x", "query": {text: [text]}, "records_path": text},
        "graphql": {"query": text, "variables": {text: text}},
        "mongodb": {"collection": text, "filter": {text: text}},
        "s3": {"key": text},
    }[kind] | {"limit": limit}
    tree = ast.parse(snippet(kind, CONFIGS[kind][0], params))
    held = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert text in held
    shape = [type(node) for node in ast.walk(ast.parse(snippet(kind, CONFIGS[kind][0], _plain(params, text))))]
    assert [type(node) for node in ast.walk(tree)] == shape


def _plain(value: Any, text: str) -> Any:
    """The same request with `x` for the text: what is asked for changes no part of the program but its literals."""
    if isinstance(value, dict):
        return {
            _plain(name, text) if name == text and len(value) == 1 else name: _plain(v, text)
            for name, v in value.items()
        }
    if isinstance(value, list):
        return [_plain(each, text) for each in value]
    return "x" if value == text else value


def test_it_samples_a_real_postgres(postgres: PostgresServer, pg_config: dict[str, Any]):
    asked = {"sql": "select n, $1::text, $2::jsonb from generate_series(1, 1000) n", "limit": 2}
    program = snippet("postgres", pg_config, asked | {"args": ["it's", {"a": 1}]})
    assert run(program, SOURCE_PASSWORD=pg_config["password"]).splitlines() == [
        "(1, \"it's\", {'a': 1})",
        "(2, \"it's\", {'a': 1})",
    ]
    table = {"table": "pg_catalog.pg_class", "columns": ["relname"], "where": "relname = 'pg_class' -- one", "limit": 4}
    assert run(snippet("postgres", pg_config, table), SOURCE_PASSWORD=pg_config["password"]) == "('pg_class',)\n"
    shown = run(
        snippet("postgres", pg_config, {"sql": "show transaction_read_only"}), SOURCE_PASSWORD=pg_config["password"]
    )
    assert shown == "('on',)\n"


def test_the_server_refuses_what_would_change_something(postgres: PostgresServer, pg_config: dict[str, Any]):
    postgres.execute("drop sequence if exists snippet_seq; create sequence snippet_seq")
    postgres.execute(f"grant all on snippet_seq to {postgres.user}")
    program = snippet("postgres", pg_config, {"sql": "select nextval('snippet_seq')"})
    with pytest.raises(AssertionError, match="read-only transaction"):
        run(program, SOURCE_PASSWORD=pg_config["password"])
    postgres.execute("drop sequence snippet_seq")


def test_it_samples_a_real_service(records: WebServer):
    config = {"base_url": records.url, "auth": {"type": "bearer", "token": SECRET}}
    lines = run(snippet("rest", config, {"path": "/planes", "limit": 3}), SOURCE_AUTH_TOKEN=SECRET).splitlines()
    assert len(lines) == 3
    assert isinstance(ast.literal_eval(lines[0]), dict)


def test_it_samples_a_real_graphql(strawberry: WebServer):
    asked = {"query": "{ airlines { carrier } }", "records_path": "$.airlines", "limit": 2}
    lines = run(UPLOADS + snippet("graphql", {"endpoint": f"{strawberry.url}/graphql"}, asked)).splitlines()
    assert [list(ast.literal_eval(line)) for line in lines] == [["carrier"], ["carrier"]]


def test_it_samples_a_real_bucket(s3: S3Server, previews: None):
    config = s3_config(s3)
    keys = run(snippet("s3", config, {"prefix": "safe/", "limit": 2}), SOURCE_SECRET_ACCESS_KEY=s3.secret_access_key)
    assert len(keys.splitlines()) == 2
    read = run(snippet("s3", config, {"key": "safe/rows.csv"}), SOURCE_SECRET_ACCESS_KEY=s3.secret_access_key)
    assert read.startswith("b'")


def test_it_samples_a_real_mongodb(mongodb: MongoServer):
    with mongodb.client() as client:
        client.drop_database("snippets")
        client["snippets"]["numbers"].insert_many([{"_id": n, "n": n % 3} for n in range(50)])
        client["snippets"]["names"].insert_many([{"_id": n, "name": f"a{n}"} for n in (1, 2, 3)])
    config = {"hosts": [f"{mongodb.host}:{mongodb.port}"], "database": "snippets"}
    config |= {"user": mongodb.user, "password": mongodb.password}
    found = {"collection": "numbers", "filter": {"n": {"$numberInt": "2"}}, "sort": {"_id": -1}, "limit": 2}
    lines = run(snippet("mongodb", config, found), SOURCE_PASSWORD=mongodb.password).splitlines()
    assert lines == ["{'_id': 47, 'n': 2}", "{'_id': 44, 'n': 2}"]
    named = {"name": {"$regex": "^a", "$ne": "a1", "$nin": [{"$regex": "3$"}]}}
    for asked in ({"filter": named, "sort": {"_id": 1}}, {"pipeline": [{"$match": named}]}):
        program = snippet("mongodb", config, {"collection": "names", **asked})
        assert run(program, SOURCE_PASSWORD=mongodb.password) == "{'_id': 2, 'name': 'a2'}\n"
    piped = {"collection": "numbers", "pipeline": [{"$match": {"_id": 7}}], "limit": 5}
    assert run(snippet("mongodb", config, piped), SOURCE_PASSWORD=mongodb.password) == "{'_id': 7, 'n': 1}\n"
    with mongodb.client() as client:
        client.drop_database("snippets")
