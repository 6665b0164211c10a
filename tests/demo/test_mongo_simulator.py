"""The MongoDB simulator, spoken to with the real driver."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import CursorNotFound, OperationFailure

from demo.kept import HOST, listening
from demo.mongo_simulator import Simulator
from demo.scram import Account

USER, PASSWORD = "reader", "a, strange = password"
TOWNS = [{"_id": n, "name": f"town {n}", "people": n * 100, "coast": n % 2 == 0} for n in range(250)]

Client = AsyncMongoClient[dict[str, Any]]
pytestmark = pytest.mark.anyio


@pytest.fixture
async def port() -> AsyncIterator[int]:
    accepting = listening(0)
    server = await Simulator(Account(USER, PASSWORD), {"atlas": {"towns": TOWNS}}).start(accepting)
    async with server:
        yield accepting.getsockname()[1]


@pytest.fixture
async def client(port: int) -> AsyncIterator[Client]:
    async with connected(port) as client:
        yield client


def connected(port: int, user: str = USER, password: str = PASSWORD, **options: Any) -> Client:
    return AsyncMongoClient(HOST, port, username=user, password=password, retryReads=False, **options)


async def failure(answer: Any) -> OperationFailure:
    with pytest.raises(OperationFailure) as caught:
        await answer
    return caught.value


async def test_the_right_password_opens(client: Client):
    assert (await client.admin.command("ping"))["ok"] == 1
    status = await client.admin.command("connectionStatus")
    assert status["authInfo"]["authenticatedUsers"] == [{"user": USER, "db": "admin"}]


@pytest.mark.parametrize(
    "login",
    [
        {"password": "wrong"},
        {"user": "nobody"},
        {"authSource": "atlas"},
        {"authMechanism": "SCRAM-SHA-1"},
    ],
)
async def test_a_wrong_login_is_code_18(port: int, login: dict[str, Any]):
    async with connected(port, **login) as client:
        assert (await failure(client.atlas.towns.find_one())).code == 18


async def test_nobody_reads_without_a_login(port: int):
    async with AsyncMongoClient(HOST, port) as client:
        assert (await client.admin.command("ping"))["ok"] == 1
        assert (await failure(client.atlas.towns.find_one())).code == 13


async def test_a_cursor_hands_out_all_documents_in_batches(client: Client):
    towns = [town async for town in client.atlas.towns.find({}, batch_size=40)]
    assert towns == TOWNS


async def test_a_cursor_that_was_killed_is_not_found(client: Client):
    cursor = client.atlas.towns.find({}, batch_size=2)
    await cursor.next()
    number = cursor.cursor_id
    await cursor.close()
    with pytest.raises(CursorNotFound):
        await client.atlas.command("getMore", number, collection="towns")


async def test_filter_projection_sort_skip_and_limit_work(client: Client):
    found = client.atlas.towns.find({"people": {"$lt": 1000}}, {"_id": 0, "name": 1}).sort("people", -1).skip(1)
    assert await found.limit(2).to_list() == [{"name": "town 8"}, {"name": "town 7"}]


async def test_an_aggregation_groups(client: Client):
    pipeline = [
        {"$match": {"people": {"$gte": 1000}}},
        {"$group": {"_id": "$coast", "towns": {"$sum": 1}}},
        {"$sort": {"_id": 1}},
    ]
    grouped = await (await client.atlas.towns.aggregate(pipeline)).to_list()
    assert grouped == [{"_id": False, "towns": 120}, {"_id": True, "towns": 120}]


async def test_a_catalogue_can_be_read(client: Client):
    assert await client.list_database_names() == ["atlas"]
    assert await client.atlas.list_collection_names() == ["towns"]
    assert (await client.atlas.command("collStats", "towns"))["count"] == len(TOWNS)
    counted = await (await client.atlas.towns.aggregate([{"$collStats": {"count": {}}}])).to_list()
    assert counted[0]["count"] == len(TOWNS)


async def test_what_it_is_says_the_version(client: Client):
    assert "simulated" in (await client.server_info())["version"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ({"explain": {"find": "towns"}}, 59),
        ({"usersInfo": 1}, 59),
        ({"find": "towns", "filter": {"people": {"$near": 1}}}, 238),
        ({"find": "towns", "filter": {"people": {"$bogus": 1}}}, 2),
        ({"find": "towns", "filter": "people"}, 2),
        ({"aggregate": "towns", "pipeline": [{"$bogus": {}}], "cursor": {}}, 40324),
        ({"aggregate": "towns", "pipeline": [{"$out": "elsewhere"}], "cursor": {}}, 13),
        ({"insert": "towns", "documents": [{}]}, 13),
        ({"drop": "towns"}, 13),
    ],
)
async def test_refusals_have_mongodbs_codes(client: Client, command: dict[str, Any], code: int):
    assert (await failure(client.atlas.command(command))).code == code
    assert await client.atlas.list_collection_names() == ["towns"]


async def test_bytes_of_another_protocol_end_only_their_own_connection(port: int, client: Client):
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: example\r\n\r\n")
    assert await reader.read() == b""
    writer.close()
    assert (await client.admin.command("ping"))["ok"] == 1
