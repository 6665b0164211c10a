"""Names that lead elsewhere between the look that was judged and the dial: nobody arrives where the rules forbid it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from core.safety.egress import EgressPolicy
from core.safety.organisations import OrganisationPolicies
from tests.safety.trap import (
    DENIED,
    HERE,
    KINDS,
    ONLY_HERE,
    THERE,
    VERBS,
    config,
    dialled,
    name,
    one_said,
    opened,
    said,
    trap,
)
from tests.safety.well import well
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.anyio

METADATA = "169.254.169.254"
REFUSED = (DENIED, "egress_denied.metadata")
CUT = "unreachable.reset"
"""Over a connection that had just been cut; it is not tried again by itself."""
TURNS = {
    "A, then another A": (HERE, THERE),
    "A, then AAAA": (HERE, "::1"),
    "A, then a mapped address": (HERE, f"::ffff:{THERE}"),
    "A, then both": (HERE, (THERE, "::1")),
    "a denied one behind the allowed, then before it": ((HERE, THERE), (THERE, HERE)),
    "A, then a metadata service": (HERE, METADATA),
}


@dataclass
class Line:
    """Carries connections to a source, and can cut all of them."""

    port: int = 0
    target: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(HERE, self.target)
        self.writers += [writer, far_writer]
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except ConnectionError:
        pass
    writer.close()


@asynccontextmanager
async def line(target: int) -> AsyncIterator[Line]:
    found = Line(target=target)
    async with await asyncio.start_server(found.carry, HERE, 0) as listener:
        found.port = listener.sockets[0].getsockname()[1]
        yield found
        found.cut()


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("kind", KINDS)
async def test_the_second_answer_of_a_name_is_not_dialled(kind: str, turn: str, postgres: PostgresServer):
    """The address that was judged is the one that is dialled, and it answers."""
    async with well(kind, postgres) as (target, given), line(target) as found:
        with trap(THERE, "::1", port=found.port) as trapped:
            for verb in VERBS:
                name("rebound.test", *TURNS[turn])
                verdict = await one_said(kind, config(kind, "rebound.test", found.port, **given), ONLY_HERE, verb)
                assert verdict in {"ok", *REFUSED}
            assert trapped.arrived == 0
            assert {address[0] for address in dialled()} <= {HERE}


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("kind", KINDS)
async def test_nor_is_it_when_a_connection_breaks_and_is_made_again(kind: str, turn: str, postgres: PostgresServer):
    first, then = TURNS[turn]
    async with well(kind, postgres) as (target, given), line(target) as found:
        with trap(THERE, "::1", port=found.port) as trapped:
            name("rebound.test", first)
            async with opened(kind, config(kind, "rebound.test", found.port, **given), ONLY_HERE) as made:
                assert await said(made, "ping") == "ok"
                name("rebound.test", then)
                found.cut()
                verdicts = [await said(made, verb) for verb in VERBS]
                if HERE not in then:
                    assert set(verdicts) <= {*REFUSED, CUT}
                    assert verdicts[-1] in REFUSED
                name("rebound.test", HERE)
                assert "ok" in [await said(made, "ping") for _ in range(5)]
            assert trapped.arrived == 0
            assert {address[0] for address in dialled()} <= {HERE}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_on_the_list_opens_no_address_that_is_always_denied(kind: str, postgres: PostgresServer):
    policies = OrganisationPolicies(EgressPolicy())
    policies.allow("main", ("rebound.test",))
    async with well(kind, postgres) as (target, given), line(target) as found:
        name("rebound.test", HERE)
        async with opened(kind, config(kind, "rebound.test", found.port, **given), policies.of("main")) as made:
            assert await said(made, "ping") == "ok"
            name("rebound.test", METADATA)
            found.cut()
            verdicts = [await said(made, verb) for verb in VERBS]
            assert set(verdicts) <= {"egress_denied.metadata", CUT}
            assert verdicts[-1] == "egress_denied.metadata"
        assert {address[0] for address in dialled()} <= {HERE}
