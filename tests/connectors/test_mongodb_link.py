"""When the driver's client is given up, and that its waits end."""

import asyncio
from contextlib import suppress

import psutil
import pytest
from pymongo import AsyncMongoClient

from core.connectors.base import Environment, Limits
from core.connectors.mongodb.link import Link
from core.connectors.mongodb.seeds import Records, look_up
from core.connectors.mongodb.target import Target, target_of
from core.errors import SourceTimeout
from core.models import Outcome
from core.safety.egress import EgressPolicy
from tests.connectors.conformance import error_of
from tests.connectors.mongodb_wire import HOST, closing, config_of, connector, wire_server
from tests.servers.front import front

pytestmark = pytest.mark.anyio

FINE_S = 20
"""Far more than any limit under test; keeps a failing test from hanging."""


async def test_a_wait_in_vain_ends_though_the_driver_loses_a_cancellation(refused_port: int):
    link = Link(target_of(config_of(f"{HOST}:{refused_port}")), Environment(EgressPolicy()), Limits(5, 10, 15))

    async def loses_one(client: "AsyncMongoClient[dict[str, object]]") -> None:
        with suppress(asyncio.CancelledError):
            await client.admin.command("ping")
        await asyncio.Event().wait()

    async with asyncio.timeout(FINE_S):
        assert str(await error_of(link.call(loses_one))) == "unreachable.refused"
    await link.close()


async def test_a_client_that_found_nobody_is_given_up(silent_port: int):
    async with closing(connector(f"{HOST}:{silent_port}", timeout_s=0.5)) as mongo, asyncio.timeout(FINE_S):
        assert isinstance(await error_of(mongo.ping()), SourceTimeout)
        while _drivers_tasks():  # noqa: ASYNC110 - only the driver knows when it has ended
            await asyncio.sleep(0.01)


async def test_a_connection_that_is_never_made_is_hung_up():
    async with front((HOST, 0)) as before:
        with before.filled():
            others = _sockets_to(before.port)
            async with closing(connector(f"{HOST}:{before.port}", timeout_s=0.5)) as mongo:
                assert isinstance(await error_of(mongo.ping()), SourceTimeout)
            assert _sockets_to(before.port) == others


async def test_a_client_that_found_somebody_is_kept():
    async with wire_server() as wire, closing(connector(wire.address)) as mongo:
        await mongo.ping()
        before = wire.accepted
        await mongo.ping()
        assert wire.accepted == before


async def _greets(client: "AsyncMongoClient[dict[str, object]]") -> object:
    return await client.admin.command("buildInfo")


async def test_a_link_that_was_closed_opens_nothing_any_more():
    async with wire_server() as wire:
        link = Link(target_of(config_of(wire.address)), Environment(EgressPolicy()), Limits(5, 10, 15))
        await link.call(_greets)
        before = wire.accepted
        await link.close()
        error = await error_of(link.call(_greets))
        await link.close()
        assert (str(error), error.outcome, error.retried) == ("source_unavailable.closed", Outcome.VOID, False)
        assert wire.accepted == before


async def test_a_link_that_is_closed_while_it_opens_keeps_no_client():
    begun, found = asyncio.Event(), asyncio.Event()

    class Slow(Records):
        async def expand(self, target: Target, limit_s: float) -> Target:
            begun.set()
            await found.wait()
            return target

    async with wire_server() as wire, asyncio.timeout(FINE_S):
        link = Link(target_of(config_of(wire.address)), Environment(EgressPolicy()), Limits(5, 10, 15), Slow(look_up))
        calling = asyncio.create_task(error_of(link.call(_greets)))
        await begun.wait()
        await link.close()
        found.set()
        assert (str(await calling), wire.accepted) == ("source_unavailable.closed", 0)


async def test_rules_that_change_do_not_close_it_for_good():
    allow = [HOST]
    async with wire_server() as wire:
        environment = Environment(EgressPolicy(allow=allow))
        link = Link(target_of(config_of(wire.address)), environment, Limits(5, 10, 15))
        await link.call(_greets)
        allow[:] = ["192.0.2.1"]
        assert str(await error_of(link.call(_greets))) == "egress_denied.not_allowed"
        allow[:] = [HOST]
        assert await link.call(_greets)
        await link.close()


async def test_a_source_that_was_closed_unused_opens_nothing_any_more():
    async with wire_server() as wire, closing(connector(wire.address)) as mongo:
        await mongo.close()
        assert str(await error_of(mongo.ping())) == "source_unavailable.closed"
        assert wire.accepted == 0


async def test_who_leaves_a_wait_does_not_end_it_for_others():
    known = asyncio.Event()
    async with wire_server() as wire, front((HOST, wire.port)) as before, asyncio.timeout(FINE_S):

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await known.wait()
            await before.pass_on(reader, writer)

        before.talk = talk
        await before.serve()
        async with closing(connector(f"{HOST}:{before.port}")) as mongo:
            leaves, stays = (asyncio.create_task(mongo.ping()) for _ in range(2))
            while not _drivers_tasks():  # noqa: ASYNC110 - only the driver knows when it has begun
                await asyncio.sleep(0.01)
            leaves.cancel()
            await asyncio.wait([leaves])
            known.set()
            assert (await stays)[0]
            assert (await mongo.ping())[0]


def _sockets_to(port: int) -> list[int]:
    found = psutil.Process().net_connections("inet")
    return sorted(each.laddr.port for each in found if each.raddr and each.raddr.port == port)


def _drivers_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("pymongo_server")]
