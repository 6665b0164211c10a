"""What the driver is kept from doing by itself, and what its errors become: against a server that says what we like."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from core.connectors import forms
from core.connectors.base import Environment, Limits
from core.connectors.kinds.mongodb import MongodbConfig, MongodbConnector
from core.connectors.mongodb import failures
from core.connectors.mongodb.gate import forbidden
from core.connectors.mongodb.link import Link
from core.connectors.mongodb.opening import Client
from core.connectors.mongodb.target import target_of
from core.connectors.mongodb.uri import HOSTS_MAX
from core.errors import BadAnswer, BreakerOpen, QueryRefused
from core.guarded import GuardedConnector
from core.metrics.figures import SourceFigures
from core.models import BreakerConfig, BreakerState, Outcome
from core.resilience.breaker import Breaker
from core.resilience.retry import RetryPolicy
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import CANARY, assert_presentable, error_of
from tests.connectors.mongodb_wire import HOST, Document, WireServer, closing, config_of, connector, wire_server

pytestmark = pytest.mark.anyio

SAMPLE = {"collection": "orders"}
SILENCE_S = 3
HEARTBEAT_S = 0.7
"""A little more than the driver waits at least before it looks at a member again."""


@pytest.fixture
async def wire(anyio_backend: str) -> AsyncIterator[WireServer]:
    async with wire_server() as found:
        yield found


async def test_on_a_replica_set_a_sample_is_a_transaction_that_is_aborted(wire: WireServer):
    wire.be_primary("rs0")
    async with closing(connector(wire.address)) as mongo:
        await mongo.sample(SAMPLE)
    (find,) = wire.said("find")
    assert (find["startTransaction"], find["autocommit"]) == (True, False)
    (end,) = wire.said("abortTransaction")
    assert end["txnNumber"] == find["txnNumber"]
    assert wire.said("commitTransaction") == []


async def test_on_a_standalone_there_is_no_transaction(wire: WireServer):
    async with closing(connector(wire.address)) as mongo:
        await mongo.sample(SAMPLE)
    assert "startTransaction" not in wire.said("find")[0]


@pytest.mark.parametrize(("database", "pipeline"), [("admin", []), ("app", [{"$collStats": {}}])])
async def test_what_no_transaction_takes_is_sent_without_one(wire: WireServer, database: str, pipeline: list[Any]):
    wire.be_primary("rs0")
    async with closing(connector(wire.address, database=database)) as mongo:
        await mongo.sample(SAMPLE | {"pipeline": pipeline})
    assert "startTransaction" not in wire.said("aggregate")[0]


async def test_a_ping_says_set_and_role(wire: WireServer):
    wire.be_primary("rs0")
    async with closing(connector(wire.address)) as mongo:
        assert await mongo.ping() == (True, "MongoDB 7.0.4, replica set rs0, primary")


async def test_the_natural_order_is_sent(wire: WireServer):
    async with closing(connector(wire.address)) as mongo:
        await mongo.sample(SAMPLE | {"sort": {"$natural": -1}})
    (find,) = wire.said("find")
    assert find["sort"] == {"$natural": -1}


async def test_the_server_is_told_how_long_it_has_and_how_much_to_send(wire: WireServer):
    async with closing(connector(wire.address)) as mongo:
        await mongo.sample(SAMPLE | {"limit": 500})
    (find,) = wire.said("find")
    assert 0 < find["maxTimeMS"] <= 10_000
    assert (find["limit"], find["batchSize"]) == (501, 1)


@pytest.mark.parametrize(
    "command",
    [
        {"insert": "orders", "documents": [{}]},
        {"drop": "orders"},
        {"aggregate": "orders", "pipeline": [{"$out": "x"}], "cursor": {}},
        {"aggregate": "orders", "pipeline": [{"$facet": {"a": [{"$merge": {"into": "x"}}]}}], "cursor": {}},
        {"find": "orders", "filter": {"$where": "1"}},
        {"explain": {"aggregate": "orders", "pipeline": [{"$out": "x"}], "cursor": {}}},
        {"find": "system.profile", "filter": {}},
        {"aggregate": "system.users", "pipeline": [], "cursor": {}},
        {"aggregate": "orders", "pipeline": [{"$unionWith": "system.profile"}], "cursor": {}},
        {"aggregate": "a", "pipeline": [{"$facet": {"x": [{"$unionWith": {"coll": "system.js"}}]}}], "cursor": {}},
        {"aggregate": "orders", "pipeline": [{"$lookup": {"from": "x.system.buckets", "as": "y"}}], "cursor": {}},
        {"explain": {"delete": "orders", "deletes": []}},
        {"eval": "1"},
        {"currentOp": 1},
    ],
)
async def test_no_other_command_passes_the_gate(wire: WireServer, command: Document):
    link = Link(target_of(config_of(wire.address)), Environment(EgressPolicy()), Limits(1, 1, 1))
    error = await error_of(link.call(lambda client: client["app"].command(command)))
    assert (type(error), error.reason) == (QueryRefused, "command")
    assert (await link.call(lambda client: client["app"].command("ping")))["ok"] == 1
    await link.close()
    assert [next(iter(said)) for said in wire.commands] == ["ping"]


def test_a_value_that_looks_like_a_collection_of_the_server_passes_the_gate():
    mails = {"find": "mails", "filter": {"from": "system.alerts", "coll": "system"}}
    joined = {"aggregate": "mails", "pipeline": [{"$unionWith": "systems"}, {"$lookup": {"from": "x", "as": "system"}}]}
    assert (forbidden("find", mails), forbidden("aggregate", joined)) == (None, None)


async def test_the_gate_holds_for_the_drivers_own_methods_too(wire: WireServer):
    link = Link(target_of(config_of(wire.address)), Environment(EgressPolicy()), Limits(1, 1, 1))
    for work in (
        lambda client: client["app"]["orders"].insert_one({}),
        lambda client: client["app"]["orders"].delete_many({}),
        lambda client: client.drop_database("app"),
    ):
        assert isinstance(await error_of(link.call(work)), QueryRefused)
    await link.close()
    assert wire.commands == []


async def test_a_wrong_password_is_sent_once(wire: WireServer):
    wire.answers = lambda name, _: {"ok": 0, "code": 18, "errmsg": "no"} if name.startswith("sasl") else None
    for changes in ({}, {"auth_source": "app"}):
        wire.commands.clear()
        async with closing(connector(wire.address, user="u", password=CANARY[:6], **changes)) as mongo:
            error = await error_of(mongo.ping())
        assert (str(error), error.retried) == ("auth_failed.password", False)
        assert [next(iter(command)) for command in wire.commands] == ["saslStart"]


async def test_what_came_before_the_server_s_limit_is_shown(wire: WireServer):
    first = {"cursor": {"id": 7, "ns": "app.orders", "firstBatch": [{"a": 1}]}}
    over = {"ok": 0, "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "operation exceeded time limit"}
    wire.answers = lambda name, _: {"find": first, "getMore": over}.get(name)
    async with closing(connector(wire.address)) as mongo:
        sample = await mongo.sample(SAMPLE)
        assert (list(sample.rows), sample.truncated_by) == ([(1,)], "time")
        wire.answers = lambda name, _: over if name == "find" else None
        assert str(await error_of(mongo.sample(SAMPLE))) == "timeout.server"


@pytest.mark.parametrize(
    ("code", "said", "outcome"),
    [
        (18, "auth_failed.password", Outcome.REACHED),
        (13, "permission_denied.object", Outcome.REACHED),
        (26, "not_found_in_source.collection", Outcome.REACHED),
        (50, "timeout.server", Outcome.REACHED),
        (2, "query_failed.mongodb", Outcome.REACHED),
        (9, "query_failed.mongodb", Outcome.REACHED),
        (40324, "query_failed.mongodb", Outcome.REACHED),
        (59, "query_failed.unsupported", Outcome.REACHED),
        (238, "query_failed.unsupported", Outcome.REACHED),
        (91, "source_unavailable", Outcome.FAIL),
        (189, "source_unavailable", Outcome.FAIL),
        (11600, "source_unavailable", Outcome.FAIL),
        (10107, "source_unavailable", Outcome.FAIL),
    ],
)
def test_a_code_of_the_server_has_one_meaning(code: int, said: str, outcome: Outcome):
    words = {"ok": 0, "code": code, "errmsg": f"no: {CANARY} mongodb://u:{CANARY}@h"}
    target = target_of(config_of("db.example.ir", user="u", password=CANARY))
    error = failures.of(OperationFailure("no", code, words), target, 10)
    assert_presentable(error)
    assert str(error).startswith(said)
    assert (error.outcome, error.retried) == (outcome, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("bad auth : authentication failed", "auth_failed.password"),
        ("user is not allowed to do action [listCollections] on [prod.]", "permission_denied.object"),
        ("not authorized on prod to execute command", "permission_denied.object"),
    ],
)
def test_the_one_code_of_atlas_is_told_apart_by_its_words(words: str, said: str):
    target = target_of(config_of("db.example.ir", user="u", password=CANARY))
    assert str(failures.of(OperationFailure("no", 8000, {"errmsg": words}), target, 10)) == said


@pytest.mark.parametrize(
    ("code", "said"),
    [(50, "timeout.server"), (2, "query_failed.mongodb"), (91, "source_unavailable"), (10107, "source_unavailable")],
)
async def test_what_the_server_says_arrives(wire: WireServer, code: int, said: str):
    wire.answers = lambda name, _: {"ok": 0, "code": code, "errmsg": "no"} if name == "find" else None
    async with closing(connector(wire.address)) as mongo:
        assert str(await error_of(mongo.sample(SAMPLE))).startswith(said)


@pytest.mark.parametrize(
    "answer",
    [
        {"ok": 0},
        {"ok": 0, "code": 2, "errmsg": "x", "errorLabels": 5},
        {"cursor": 5},
        {"cursor": {"id": 0, "ns": 5, "firstBatch": 5}},
        {"cursor": {"id": 0, "ns": "app.orders", "firstBatch": [1]}},
    ],
)
async def test_an_answer_that_is_none_of_mongodbs_is_a_bad_answer(wire: WireServer, answer: Document):
    wire.answers = lambda name, _: answer if name in ("find", "listCollections") else None
    async with closing(connector(wire.address)) as mongo:
        for asked in (mongo.sample(SAMPLE), mongo.ping()):
            try:
                await asked
            except BadAnswer:
                continue
            assert asked.__name__ == "ping"


async def test_what_a_server_says_of_itself_is_short_and_fit_to_print(wire: WireServer):
    wire.answers = lambda name, _: {"version": "7\n\0" + "v" * 100_000} if name == "buildInfo" else None
    async with closing(connector(wire.address)) as mongo:
        _, said = await mongo.ping()
    assert (len(said) < 200, said.isprintable()) == (True, True)


async def test_a_greeting_does_not_raise_what_the_driver_takes_at_once(wire: WireServer):
    wire.hello |= {"maxMessageSizeBytes": 2**31 - 1}
    async with closing(connector(wire.address)) as mongo:
        await mongo.ping()
        assert await mongo._linked().call(_message_size_max) <= 64 * 2**20


async def _message_size_max(client: Client) -> int:
    [server] = client._topology._servers.values()
    async with server.pool.checkout() as connection:
        return int(connection.max_message_size)


async def test_of_a_crowd_of_members_a_few_are_dialled(wire: WireServer):
    wire.be_primary("rs0", wire.address, *(f"127.0.0.2:{port}" for port in range(20_000, 30_000)))
    async with closing(connector(wire.address, policy=EgressPolicy(allow=(HOST,)))) as mongo:
        assert (await mongo.ping())[0]
        assert await mongo._linked().call(_members) <= HOSTS_MAX


async def _members(client: Client) -> int:
    return len(client.topology_description.server_descriptions())


@pytest.mark.parametrize("direct", [False, True])
async def test_a_set_nobody_answers_for_is_unreachable(refused_port: int, direct: bool):
    async with closing(connector(f"{HOST}:{refused_port}", replica_set="rs0", direct=direct)) as mongo:
        assert str(await error_of(mongo.ping())) == "unreachable.refused"


async def test_another_replica_set_is_named(wire: WireServer):
    wire.be_primary("rs0")
    for direct in (False, True):
        async with closing(connector(wire.address, replica_set="rs9", direct=direct)) as mongo:
            error = await error_of(mongo.ping())
        assert str(error) == "not_found_in_source.replica_set"
        assert (error.arguments["name"], error.arguments["found"]) == ("rs9", "rs0")
        assert [field.field for field in error.fields] == ["config.replica_set"]


async def test_a_set_without_a_primary_is_unavailable_and_not_asked_again(wire: WireServer):
    wire.be_primary("rs0")
    wire.hello |= {"isWritablePrimary": False, "secondary": False, "arbiterOnly": True, "primary": None}
    async with closing(connector(wire.address, timeout_s=0.5)) as mongo:
        error = await error_of(mongo.ping())
    assert (str(error), error.retried) == ("source_unavailable.no_primary", False)


@contextmanager
def trap(host: str) -> Iterator[str]:
    """An address where nobody may arrive; whoever does is waited for in the backlog, and found there."""
    with socket.create_server((host, 0)) as listener:
        listener.setblocking(False)
        yield f"{host}:{listener.getsockname()[1]}"
        with pytest.raises(BlockingIOError):
            listener.accept()


async def test_a_member_that_may_not_be_dialled_is_not(wire: WireServer):
    with trap("127.0.0.2") as member:
        wire.be_primary("rs0", wire.address, member)
        async with closing(connector(wire.address, policy=EgressPolicy(allow=(HOST,)))) as mongo:
            assert (await mongo.ping())[0]
            await asyncio.sleep(HEARTBEAT_S)
            await mongo.sample(SAMPLE)


async def test_a_denied_member_that_is_needed_is_an_egress_error(wire: WireServer):
    with trap("127.0.0.2") as member:
        wire.be_primary("rs0", wire.address, member)
        wire.hello |= {"isWritablePrimary": False, "secondary": True, "primary": member}
        uri = f"mongodb://{wire.address}/?readPreference=primary"
        config = forms.validate_config(MongodbConfig, {"uri": uri, "database": "app", "timeout_s": 0.7})
        mongo = MongodbConnector.build(config, Environment(EgressPolicy(allow=(HOST,))))
        async with closing(mongo):
            error = await error_of(mongo.ping())
    assert (str(error), error.outcome) == ("egress_denied.not_allowed", Outcome.VOID)
    assert [field.field for field in error.fields] == ["config.uri"]


async def test_a_set_that_leads_elsewhere_altogether_is_an_egress_error(wire: WireServer):
    with trap("127.0.0.2") as member:
        wire.be_primary("rs0", member)
        async with closing(connector(wire.address, policy=EgressPolicy(allow=(HOST,)))) as mongo:
            assert str(await error_of(mongo.ping())) == "egress_denied.not_allowed"


async def test_a_member_may_be_allowed_by_its_name(wire: WireServer):
    wire.be_primary("rs0", f"localhost:{wire.port}")
    wire.hello |= {"me": f"localhost:{wire.port}"}
    async with closing(connector(f"localhost:{wire.port}", policy=EgressPolicy(allow=("localhost",)))) as mongo:
        assert (await mongo.ping())[0]


async def test_a_member_found_later_may_be_allowed_by_its_name(wire: WireServer):
    name = "0x7f.2"  # what the system takes for 127.0.0.2
    wire.be_primary("rs0", f"{name}:{wire.port}")
    wire.hello |= {"me": f"{name}:{wire.port}"}
    async with await asyncio.start_server(wire.serve, "127.0.0.2", wire.port):
        for allowed, said in (((HOST, name), None), ((HOST,), "egress_denied.not_allowed")):
            async with closing(connector(wire.address, policy=EgressPolicy(allow=allowed))) as mongo:
                if said:
                    assert str(await error_of(mongo.ping())) == said
                else:
                    assert (await mongo.ping())[0]


async def test_a_member_that_is_a_unix_socket_is_not_dialled(wire: WireServer, tmp_path: Path):
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.setblocking(False)
        wire.be_primary("rs0", wire.address, str(path))
        async with closing(connector(wire.address)) as mongo:
            assert (await mongo.ping())[0]
            await asyncio.sleep(HEARTBEAT_S)
        with pytest.raises(BlockingIOError):
            listener.accept()


async def test_a_source_whose_breaker_is_open_is_left_alone():
    accepted = 0

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted
        accepted += 1
        writer.transport.abort()

    async with await asyncio.start_server(accept, HOST, 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        guard = guarded(f"{HOST}:{port}")
        while guard.breaker.state is BreakerState.CLOSED:
            await guard.ping()
        await asyncio.sleep(HEARTBEAT_S)
        before = accepted
        assert [task for task in asyncio.all_tasks() if task.get_name().startswith("pymongo")] == []
        await asyncio.sleep(SILENCE_S)
        with pytest.raises(BreakerOpen):
            await guard.ping()
    assert accepted == before > 0


def guarded(host: str) -> GuardedConnector:
    breaker = Breaker(BreakerConfig(failure_threshold=2), clock=time.monotonic)
    return GuardedConnector(
        lambda: connector(host),
        MongodbConnector.limits,
        breaker,
        SourceFigures(),
        RetryPolicy(uniform=lambda low, _: low),
        egress=EgressPolicy(),
    )
