"""Values as a MongoDB has them: from a real server, and those it does not know from one that says what we like."""

import math
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp, decode
from bson.datetime_ms import DatetimeMS

from core.connectors.mongodb import catalogue, requests
from core.connectors.mongodb.fields import fields_of
from core.connectors.mongodb.values import parsed
from core.models import Sample, TypeShare
from core.values import json_value
from tests.connectors.conformance import error_of
from tests.connectors.mongodb_wire import Document, closing, connector, wire_server
from tests.servers.mongodb import MongoServer

pytestmark = pytest.mark.anyio

DATABASE = "cheshmeh_values"
ID = ObjectId("507f1f77bcf86cd799439011")
AT = datetime(2024, 3, 20, 3, 6, 21, 123000, tzinfo=UTC)
WHO = UUID("c8edabc3-f738-4ca3-b68d-ab92a91478a3")


@pytest.fixture(scope="module")
def documents(mongodb: MongoServer) -> Iterator[MongoServer]:
    people = [
        {
            "_id": ID,
            "name": "سارا",
            "at": AT,
            "n": Int64(2**60),
            "f": 1.5,
            "nested": {"شهر": "تهران", "deep": [{"a": None}]},
        },
        {"_id": 2, "name": "علی", "extra": True, "raw": b"\x00\xff", "tags": ["a", "b"]},
    ]
    with mongodb.client() as client:
        client.drop_database(DATABASE)
        client[DATABASE].people.insert_many(people)
        client[DATABASE]["with.dots"].insert_one({"_id": 1, "a": [{"b": 1}, {"b": "x", "c": 2}]})
        client[DATABASE].empty.insert_one({"_id": 1})
        client[DATABASE].empty.delete_one({"_id": 1})
    yield mongodb
    with mongodb.client() as client:
        client.drop_database(DATABASE)


def of(server: MongoServer) -> Any:
    return connector(f"{server.host}:{server.port}", database=DATABASE, user=server.user, password=server.password)


def cells(sample: Sample) -> list[dict[str, Any]]:
    return [dict(zip([column.name for column in sample.columns], row, strict=True)) for row in sample.rows]


async def test_documents_become_rows_with_the_union_of_their_fields(documents: MongoServer):
    async with closing(of(documents)) as mongo:
        sample = await mongo.sample({"collection": "people"})
    first, second = cells(sample)
    assert first["_id"] == {"$oid": str(ID)}
    assert (first["name"], first["at"], first["n"], first["f"]) == ("سارا", AT, 2**60, 1.5)
    assert first["nested"] == {"شهر": "تهران", "deep": [{"a": None}]}
    assert (second["raw"], second["extra"], second["at"]) == (b"\x00\xff", True, None)
    types = {column.name: column.type for column in sample.columns}
    assert (types["_id"], types["at"], types["n"], types["raw"]) == ("mixed", "timestamptz", "integer", "binary")
    assert {type(value) for value in first.values()} <= {dict, str, datetime, int, float, type(None)}


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"filter": {"name": "سارا"}}, ["سارا"]),
        ({"filter": {"_id": {"$oid": str(ID)}}}, ["سارا"]),
        ({"filter": {"at": {"$gte": {"$date": "2024-03-20T00:00:00Z"}}}}, ["سارا"]),
        ({"filter": {"n": {"$numberLong": str(2**60)}}}, ["سارا"]),
        ({"filter": {"name": {"$regex": "^ع"}}}, ["علی"]),
        ({"filter": {"name": {"$regex": "^[عس]", "$ne": "علی"}}}, ["سارا"]),
        ({"filter": {"name": {"$in": [{"$regex": "^ع"}, "x"]}}}, ["علی"]),
        ({"filter": {"name": {"$nin": [{"$regex": "^ع"}], "$regex": "."}}}, ["سارا"]),
        ({"filter": {"tags": {"$elemMatch": {"$regex": "^B", "$options": "i"}}}}, ["علی"]),
        ({"pipeline": [{"$match": {"name": {"$regex": ".", "$ne": "علی"}}}]}, ["سارا"]),
        ({"sort": {"name": -1}}, ["علی", "سارا"]),
        ({"sort": {"name": 1}, "limit": 1}, ["سارا"]),
        ({"filter": {"name": "nobody"}}, []),
        ({"pipeline": [{"$match": {"extra": True}}, {"$project": {"name": 1}}]}, ["علی"]),
    ],
)
async def test_extended_json_asks_for_the_same_values(documents: MongoServer, params: Document, names: list[str]):
    async with closing(of(documents)) as mongo:
        sample = await mongo.sample({"collection": "people", **params})
    assert [row["name"] for row in cells(sample)] == names


@pytest.mark.parametrize(
    ("request_", "value"),
    [
        ({"$regex": "^a", "$ne": "abc"}, {"$regex": "^a", "$ne": "abc"}),
        ({"$regex": "^a", "$options": "i"}, {"$regex": "^a", "$options": "i"}),
        ({"$elemMatch": {"$regex": "^a"}}, {"$elemMatch": {"$regex": "^a"}}),
        ({"$not": {"$regex": "^a"}, "$nin": ["x"]}, {"$not": {"$regex": "^a"}, "$nin": ["x"]}),
        ({"$all": [{"$regex": "^a", "$options": "im"}]}, {"$all": [Regex("^a", "im")]}),
        ({"$in": [{"$regex": "^a", "$ne": 1}]}, {"$in": [{"$regex": "^a", "$ne": 1}]}),
        ({"$regex": {"$regularExpression": {"pattern": "^a", "options": ""}}}, {"$regex": Regex("^a")}),
    ],
)
def test_a_regex_stays_with_what_stands_beside_it(request_: Document, value: Document):
    assert parsed({"name": request_}) == {"name": value}
    assert parsed([{"$match": {"name": request_}}]) == [{"$match": {"name": value}}]


async def test_what_was_sent_is_said_in_extended_json(documents: MongoServer):
    async with closing(of(documents)) as mongo:
        sample = await mongo.sample({"collection": "people", "filter": {"_id": {"$oid": str(ID)}}, "limit": 5})
    assert sample.executed.startswith('{"find": "people", "filter": {"_id": {"$oid": "507f1f77bcf86cd799439011"}}')


async def test_an_empty_collection_is_no_missing_one(documents: MongoServer):
    async with closing(of(documents)) as mongo:
        assert (await mongo.sample({"collection": "empty"})).rows == ()
        assert str(await error_of(mongo.sample({"collection": "missing"}))) == "not_found_in_source.collection"


def test_a_field_that_one_document_lacks_is_not_in_all_of_them() -> None:
    documents = [*[{"a": 1, "b": 1} for _ in range(399)], {"a": 1, "c": 1}]
    assert [field.detail for field in fields_of(documents, ["people"])] == ["100 %", "99 %", "1 %"]


async def test_the_catalogue_holds_collections_and_the_fields_in_them(documents: MongoServer):
    async with closing(of(documents)) as mongo:
        collections = {entry.name: entry for entry in await mongo.describe()}
        fields = {entry.name: entry for entry in await mongo.describe("people")}
        nested = await mongo.describe("people.nested")
        dotted = {entry.name: entry for entry in await mongo.describe(collections["with.dots"].path + ".a")}
        for entry in (*collections.values(), *fields.values()):
            await mongo.sample(mongo.params_for(entry))
    assert (collections["people"].detail, collections["people"].expandable) == ("2", True)
    assert set(fields["_id"].type.split(" | ")) == {"objectId", "int"}
    assert (fields["_id"].detail, fields["at"].detail, fields["at"].type) == ("100 %", "50 %", "date")
    assert (fields["nested"].path, fields["nested"].expandable) == ("people.nested", True)
    assert [(entry.path, entry.expandable) for entry in nested] == [
        ("people.nested.شهر", False), ("people.nested.deep", True)
    ]  # fmt: skip
    assert (dotted["b"].path, dotted["b"].type, dotted["c"].detail) == (r"with\.dots.a.b", "int | string", "50 %")
    assert collections["people"].rows == 2
    assert (collections["people"].bytes or 0) > 0


async def test_documents_are_read_beside_the_loop(documents: MongoServer, monkeypatch: pytest.MonkeyPatch):
    threads = set()

    def seen(data: bytes, codec: Any) -> Any:
        threads.add(threading.current_thread())
        return decode(data, codec)

    monkeypatch.setattr(requests, "decode", seen)
    monkeypatch.setattr(catalogue, "decode", seen)
    async with closing(of(documents)) as mongo:
        await mongo.sample({"collection": "people"})
        sampled = threads.copy()
        threads.clear()
        await mongo.describe("people")
    assert sampled
    assert threads
    assert threading.current_thread() not in sampled | threads


MIXED = [
    {"_id": 1, "age": 3, "price": 1, "tags": ["a", "b"], "who": {"name": "x"}, "codes": [1, "x"], "left": None},
    {"_id": 2, "age": "سه", "price": 1.5, "tags": [], "who": [{"name": 5}], "codes": [2.5], "left": AT},
    {"_id": 3, "age": 4, "tags": ["c", None]},
    {"_id": 4, "age": 5},
]


async def test_types_that_do_not_go_together_are_marked(mongodb: MongoServer):
    database = "cheshmeh_fields"
    with mongodb.client() as client:
        client.drop_database(database)
        client[database].mixed.insert_many(MIXED)
    there = {"database": database, "user": mongodb.user, "password": mongodb.password}
    async with closing(connector(f"{mongodb.host}:{mongodb.port}", **there)) as mongo:
        fields = {entry.name: entry for entry in await mongo.describe("mixed")}
        inner = {entry.name: entry for entry in await mongo.describe("mixed.who")}
    assert {name for name, entry in fields.items() if entry.marks} == {"age", "who", "codes"}
    assert fields["age"].types == (TypeShare("int", 0.75), TypeShare("string", 0.25))
    assert fields["age"].marks == inner["name"].marks == ("conflict",)
    assert (fields["age"].share, fields["price"].share) == (1.0, 0.5)
    assert (fields["price"].type, fields["left"].type) == ("int | double", "null | date")
    assert (fields["tags"].type, fields["codes"].type) == ("array<null | string>", "array<double | int | string>")
    assert (fields["who"].type, fields["who"].expandable) == ("object | array<object>", True)
    with mongodb.client() as client:
        client.drop_database(database)


async def test_the_servers_own_collections_are_not_described(documents: MongoServer):
    async with closing(of(documents)) as mongo:
        assert str(await error_of(mongo.describe("system.users"))) == "query_refused.secret_collection"


SHOWN: list[tuple[Any, Any]] = [
    (Decimal128("1.10"), Decimal("1.10")),
    (Binary.from_uuid(WHO), WHO),
    (Binary(b"x", 5), b"x"),
    (Binary(WHO.bytes, 3), WHO.bytes),
    (Int64(7), 7),
    (-math.inf, -math.inf),
    (math.nan, math.nan),
    (Timestamp(5, 6), {"$timestamp": {"t": 5, "i": 6}}),
    (Regex("^a", "i"), {"$regularExpression": {"pattern": "^a", "options": "i"}}),
    (MinKey(), {"$minKey": 1}),
    (MaxKey(), {"$maxKey": 1}),
    (Code("f()"), {"$code": "f()"}),
    (DBRef("people", ID, "app"), {"$ref": "people", "$id": {"$oid": str(ID)}, "$db": "app"}),
    (DatetimeMS(253402300800000), {"$date": {"$numberLong": "253402300800000"}}),
    (datetime(1, 1, 1, tzinfo=UTC) + timedelta(days=1), datetime(1, 1, 2, tzinfo=UTC)),
    ([ObjectId(ID), [Decimal128("2")]], [{"$oid": str(ID)}, [Decimal(2)]]),
]


@pytest.mark.parametrize(("stored", "shown"), SHOWN)
async def test_a_value_without_a_plain_form_is_shown_as_extended_json(stored: Any, shown: Any):
    batch = {"cursor": {"id": 0, "ns": "app.x", "firstBatch": [{"v": stored, "in": {"v": stored}}]}}
    async with wire_server() as wire:
        wire.answers = lambda name, _: batch if name == "find" else None
        async with closing(connector(wire.address)) as mongo:
            sample = await mongo.sample({"collection": "x"})
    assert json_value(list(sample.rows)) == json_value([(shown, {"v": shown})])
    assert type(sample.rows[0][0]) is type(shown)


async def test_text_that_is_no_utf_8_is_shown_with_a_note():
    batch = {"cursor": {"id": 0, "ns": "app.x", "firstBatch": [{"v": "@@@@"}]}}
    async with wire_server() as wire:
        wire.answers = lambda name, _: batch if name == "find" else None
        wire.garble = (b"@@@@", b"a\xff\xfeb")
        async with closing(connector(wire.address)) as mongo:
            sample = await mongo.sample({"collection": "x"})
    assert list(sample.rows) == [("a\ufffd\ufffdb",)]
    assert [note.key for note in sample.notes] == ["note.replaced_characters"]


async def test_a_document_that_is_none_is_no_answer_of_mongodb():
    batch = {"cursor": {"id": 0, "ns": "app.x", "firstBatch": [{"v": "@@@@"}]}}
    async with wire_server() as wire:
        wire.answers = lambda name, _: batch if name == "find" else None
        wire.garble = (b"\x02v\x00", b"\x7ev\x00")
        async with closing(connector(wire.address)) as mongo:
            assert str(await error_of(mongo.sample({"collection": "x"}))) == "bad_answer.not_mongodb"
