"""What a service says of itself: its OpenAPI document, from a real FastAPI and from services that write odd ones."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from core.connectors.kinds.rest import RestConnector
from core.connectors.rest.openapi import Document, document_of
from core.models import CatalogEntry
from tests.connectors.conformance import error_of
from tests.connectors.rest_source import JSON, Peer, answer, opened, peer
from tests.servers.web import WebServer

pytestmark = pytest.mark.anyio

NOT_FOUND = answer(b"{}", JSON.replace(b"200 OK", b"404 Not Found"))
BROKEN = answer(b"{}", JSON.replace(b"200 OK", b"503 Away"))
BEARER = {"type": "bearer", "token": "correct-horse"}


def written(**document: Any) -> bytes:
    return answer(json.dumps({"openapi": "3.1.0"} | document).encode())


def path(*, parameters: Any = (), **schema: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"get": {"parameters": list(parameters), "responses": {"200": {"content": content}}}}


async def described(rest: RestConnector, place: str = "") -> dict[str, CatalogEntry]:
    return {entry.name: entry for entry in await rest.describe(place)}


async def asked_at(there: Peer) -> list[str]:
    return [head.split(" ")[1] for head in there.requests]


async def test_operations_stand_beside_what_the_base_holds(pets: WebServer):
    async with opened(pets.url) as rest:
        found = await described(rest)
        assert list(found) == ["/pets", "/pets/{pet_id}", "/search", "/mine", "/"]
        assert (found["/pets"].type, found["/pets"].path) == ("path", "/pets")
        assert found["/pets"].detail == "(limit: integer, kind: string | null) · همهٔ جانوران"
        assert found["/pets/{pet_id}"].detail == "(pet_id*: integer) · One"
        sample = await rest.sample(rest.params_for(found["/pets"]))
        assert [row[1] for row in sample.rows] == ["گربه 1", "گربه 2"]
        for name in ("/pets/{pet_id}", "/search", "/mine"):
            assert (found[name].type, rest.params_for(found[name])) == ("operation", {})
        assert found["/"].marks == ()


async def test_the_fields_of_an_answer_come_from_the_document(pets: WebServer):
    async with opened(pets.url) as rest:
        one = (await described(rest))["/pets/{pet_id}"]
        fields = await described(rest, one.path)
        assert {name: entry.type for name, entry in fields.items()} == {
            "id": "integer",
            "name": "string",
            "born": "string (date-time)",
            "owner": "object | null",
            "young": "array<object>",
        }
        owner = await described(rest, fields["owner"].path)
        assert {name: entry.type for name, entry in owner.items()} == {"name": "string", "phones": "array<string>"}
        assert list(await described(rest, fields["young"].path)) == list(fields)
        assert [rest.params_for(entry) for entry in fields.values()] == [{}] * len(fields)


async def test_a_type_within_itself_can_be_opened_only_so_deep(pets: WebServer):
    async with opened(pets.url) as rest:
        place, levels = "openapi:/pets/{pet_id}", 0
        while (young := (await described(rest, place)).get("young")) and young.expandable:
            place, levels = young.path, levels + 1
        assert levels == 7


async def test_below_what_is_not_there_is_nothing(pets: WebServer):
    async with opened(pets.url) as rest:
        for place in ("openapi:/no-such", "openapi:", "openapi:/pets/{pet_id}#/no/such", "openapi:/../x"):
            assert await rest.describe(place) == []


@pytest.mark.parametrize("place", ["/openapi.json", "/swagger.json", "/api/openapi.json"])
async def test_the_document_is_looked_for_at_three_places_below_the_base(place: str):
    places = ["/openapi.json", "/swagger.json", "/api/openapi.json"]
    before = places.index(place)
    document = written(paths={"/a": path(type="object")})
    async with peer(NOT_FOUND, *[NOT_FOUND] * before, document) as there, opened(f"{there.url}/base") as rest:
        assert list(await described(rest)) == ["/a", "/"]
        assert await asked_at(there) == ["/base", *(f"/base{each}" for each in places[: before + 1])]
        await rest.describe("openapi:/a")
        assert (await asked_at(there))[-1] == f"/base{place}"
        assert {head.split(" ")[0] for head in there.requests} == {"GET"}


@pytest.mark.parametrize(
    ("head", "base", "expected"),
    [
        ({}, "", "/a"),
        ({}, "/api", "/a"),
        ({"servers": [{"url": "/api"}]}, "/api", "/a"),
        ({"servers": [{"url": "https://other.example/api/"}]}, "/api", "/a"),
        ({"servers": [{"url": "/api/v1"}]}, "/api", "/v1/a"),
        ({"servers": [{"url": "/api"}]}, "/gateway/api", "/a"),
        ({"servers": [{"url": "/api"}]}, "", "/api/a"),
        ({"servers": [{"url": "/{tenant}/api"}]}, "", "/a"),
        ({"servers": [{"url": "http://[x"}]}, "", "/a"),
        ({"swagger": "2.0", "basePath": "/v2"}, "", "/v2/a"),
        ({"swagger": "2.0", "basePath": "/v2"}, "/v2", "/a"),
    ],
)
def test_paths_are_told_as_they_are_below_our_base(head: dict[str, Any], base: str, expected: str):
    versions = {} if "swagger" in head else {"openapi": "3.0.3"}
    document = document_of(versions | head | {"paths": {"/a": path()}}, URL(f"http://h{base}").raw_path)
    assert document is not None
    assert [each.path for each in document.operations()] == [expected]


async def test_a_document_of_the_second_version_is_read_too():
    schema = {"type": "array", "items": {"$ref": "#/definitions/Pet"}}
    document = {
        "swagger": "2.0",
        "parameters": {"Id": {"name": "id", "in": "path", "required": True, "type": "integer"}},
        "definitions": {"Pet": {"allOf": [{"properties": {"a/b": {"type": "string"}}}, {"$ref": "#/definitions/More"}]},
                        "More": {"properties": {"n": {"type": "number", "format": "double"}}}},
        "paths": {"/pets/{id}": {"parameters": [{"$ref": "#/parameters/Id"}],
                                 "get": {"description": "One.\nAnd more", "responses": {"200": {"schema": schema}}}}},
    }  # fmt: skip
    async with peer(NOT_FOUND, answer(json.dumps(document).encode())) as there, opened(there.url) as rest:
        one = (await described(rest))["/pets/{id}"]
        assert (one.detail, one.expandable) == ("(id*: integer) · One.", True)
        fields = await described(rest, one.path)
        assert {name: entry.type for name, entry in fields.items()} == {"a/b": "string", "n": "number (double)"}
        assert fields["a/b"].path == "openapi:/pets/{id}#/a~1b"


@pytest.mark.parametrize(
    "there",
    [answer(b"[]"), answer(b'{"openapi": "3.0", "paths": []}'), answer(b"<h1>All is well</h1>"), NOT_FOUND],
    ids=["list", "no paths", "a page", "nothing"],
)
async def test_without_a_document_there_are_only_the_services_own_answers(there: bytes):
    async with peer(answer(), there) as service, opened(service.url) as rest:
        found = await rest.describe()
        assert [(entry.name, entry.marks) for entry in found] == [("/", ()), ("id", ())]


async def test_a_document_that_may_be_there_makes_the_level_one_that_was_read_in_part():
    async with peer(answer(), BROKEN) as service, opened(service.url) as rest:
        assert (await described(rest))["/"].marks == ("unread",)
        assert (await error_of(rest.describe("openapi:/a"))).code == "source_unavailable"


async def test_what_a_document_says_beside_the_rules_or_with_a_secret_is_left_out():
    paths: dict[str, Any] = {
        "/../up": path(), "//host/x": path(), "no-slash": path(), "/correct-horse": path(), "/post": {"post": {}},
        "/odd": None, "/good": path(parameters=[None, {"name": 7}, {"name": "correct-horse"}]), "/a?b": path(),
        "/loop": {"$ref": "#/paths/~1loop"},
    }  # fmt: skip
    async with peer(NOT_FOUND, written(paths=paths)) as there, opened(there.url, auth=BEARER) as rest:
        found = await described(rest)
    assert [(name, entry.detail) for name, entry in found.items()] == [("/good", None), ("/", None)]


async def test_a_type_that_holds_a_secret_is_not_told():
    odd = path(properties={"a": {"type": "correct-horse"}, "b": {"type": "string", "format": "x\ud800"}})
    async with peer(NOT_FOUND, written(paths={"/a/{id}": odd})) as there, opened(there.url, auth=BEARER) as rest:
        found = await described(rest, "openapi:/a/{id}")
    assert {name: entry.type for name, entry in found.items()} == {"a": "any", "b": "any"}


def test_a_schema_that_holds_itself_is_looked_at_once():
    loop = {"allOf": [{"$ref": "#/x"}] * 50, "properties": {"a": {"$ref": "#/x"}}, "items": {"$ref": "#/x"}}
    document = Document({"x": loop}, "")
    assert document.properties({"$ref": "#/x"}) == {"a": {"$ref": "#/x"}}
    assert document.type_of({"type": "array", "items": {"$ref": "#/y"}}) == "array<any>"
    assert document.type_of({"type": ["integer", "null"]}) == "integer | null"
    assert (
        document.type_of({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}) == "string (date) | null"
    )
    assert document.type_of({"allOf": [{"$ref": "#/x"}], "nullable": True}) == "object | null"


PIECES = st.recursive(
    st.none() | st.integers() | st.sampled_from(["get", "object", "array", "/a", "#/paths", "#/paths/~1a", "200", "x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["get", "$ref", "type", "items", "properties", "allOf", "schema", "content", "responses",
                         "200", "application/json", "parameters", "name", "required", "/a", "summary", "format"]),
        inner, max_size=4,
    ),
    max_leaves=30,
)  # fmt: skip


@given(PIECES, PIECES, PIECES)
def test_no_document_is_too_odd(item: Any, servers: Any, base: Any):
    document = document_of({"openapi": "3.0.0", "paths": {"/a": item}, "servers": servers, "basePath": base}, "/")
    assert document is not None
    for operation in document.operations():
        assert isinstance(operation.detail, str | None)
        for schema in document.properties(operation.answer).values():
            assert isinstance(document.type_of(schema), str)
