"""No verb of any kind connects to an address that is denied: real listeners count who arrives."""

import asyncio

import idna
import pytest

from core.safety.egress import EgressPolicy
from tests.connectors.rest_source import peer
from tests.safety.trap import (
    DENIED,
    HERE,
    KINDS,
    ONLY_HERE,
    THERE,
    VERBS,
    WEB,
    Trap,
    all_said,
    config,
    name,
    one_said,
    opened,
    said,
    trap,
)
from tests.safety.well import GOOD, well
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.anyio

TRAP_ASCII, WATER_ASCII = (idna.encode(host).decode() for host in ("تله.test", "آب.test"))

SPELLINGS = (
    "127.0.0.2", "2130706434", "0x7f000002", "0X7F.0.0x0.2", "0177.0.0.2", "017700000002", "127.2", "127.0.2",
    "::ffff:127.0.0.2", "::ffff:7f00:2", "0:0:0:0:0:ffff:127.0.0.2", "127.0.0.2.", "１２７.0.0.2", "127。0。0。2",
    "①②⑦.0.0.2", "::1", "0:0:0:0:0:0:0:1", "::1%1", "::1%lo", "::127.0.0.2",
    "user@127.0.0.2", "127.0.0.1@127.0.0.2", "127.0.0.1,127.0.0.2", "127.0.0.2\0.test", "127.0.0.1 127.0.0.2",
)  # fmt: skip
OWN = (
    "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "::1", "::ffff:127.0.0.1", "0",
    "0.0.0.0",  # noqa: S104 - judged, not bound
    "::", "0x0", "::ffff:0.0.0.0",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_without_a_rule_every_kind_arrives(kind: str):
    name("open.test", THERE)
    for host in (THERE, "open.test"):
        with trap() as found:
            call = asyncio.create_task(one_said(kind, config(kind, host, found.port), EgressPolicy()))
            while not found.arrived and not call.done():  # noqa: ASYNC110 - nobody tells of the system's backlog
                await asyncio.sleep(0.01)
            assert found.arrived
            call.cancel()
            await asyncio.wait([call])


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_denied_address_is_not_dialled_however_it_is_written(kind: str, host: str, trapped: Trap):
    refusals = {DENIED, "egress_denied.numeric_host", "egress_denied.embedded", "unreachable.unknown_host", "form"}
    assert await all_said(kind, config(kind, host, trapped.port), ONLY_HERE) <= refusals


@pytest.mark.parametrize("host", OWN)
@pytest.mark.parametrize("kind", KINDS)
async def test_the_dashboards_own_port_is_not_dialled_however_it_is_written(kind: str, host: str):
    with trap(HERE, "::1") as found:
        own = EgressPolicy(own_ports=frozenset({found.port}))
        verdicts = await all_said(kind, config(kind, host, found.port), own)
        assert {verdict.partition(".")[0] for verdict in verdicts} == {"egress_denied"}
        assert found.arrived == 0


@pytest.mark.parametrize("host", ["trap.test", "trap.test.", "TRAP.test", "trap_1.test", "تله.test", TRAP_ASCII])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_that_leads_to_a_denied_address_is_not_dialled(kind: str, host: str, trapped: Trap):
    for known in ("trap.test", "TRAP.test", "trap_1.test", TRAP_ASCII):
        name(known, (THERE, "::1"))
    verdicts = await all_said(kind, config(kind, host, trapped.port), ONLY_HERE)
    assert verdicts <= {DENIED, "form"} | ({"unreachable.unknown_host"} if host.endswith(".") else set())


# --- names that change ---


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_dialled_is_what_was_checked(kind: str, verb: str, trapped: Trap):
    """Nobody listens at the address that the first look-up gives, the trap at that of every later one."""
    name("rebound.test", HERE, THERE)
    verdict = await one_said(kind, config(kind, "rebound.test", trapped.port), ONLY_HERE, verb)
    assert verdict in {"unreachable.refused", DENIED}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_that_leads_elsewhere_at_the_next_call_is_judged_again(kind: str, trapped: Trap):
    name("rebound.test", HERE)
    async with opened(kind, config(kind, "rebound.test", trapped.port), ONLY_HERE) as made:
        assert await said(made, "ping") == "unreachable.refused"
        name("rebound.test", THERE)
        assert {await said(made, verb) for verb in VERBS} == {DENIED}


# --- several addresses, and rules by name ---


@pytest.mark.parametrize("kind", KINDS)
async def test_of_several_addresses_only_the_denied_ones_are_dropped(kind: str, postgres: PostgresServer):
    async with well(kind, postgres) as (port, given):
        name("several.test", (THERE, "169.254.169.254", HERE))
        with trap(THERE, port=port) as found:
            assert await all_said(kind, config(kind, "several.test", port, **given), ONLY_HERE) == {"ok"}
            assert found.arrived == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_when_every_address_is_denied_the_first_reason_is_told(kind: str, trapped: Trap):
    name("none.test", ("169.254.169.254", THERE))
    verdicts = await all_said(kind, config(kind, "none.test", trapped.port), ONLY_HERE)
    assert verdicts <= {"egress_denied.metadata", DENIED}


@pytest.mark.parametrize("entry", ["127.0.0.0/31", HERE, "db.test", "DB.test."])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_list_allows_by_network_address_and_name(kind: str, entry: str, postgres: PostgresServer):
    async with well(kind, postgres) as (port, given):
        name("db.test", HERE)
        egress = EgressPolicy(allow=(entry,))
        assert await all_said(kind, config(kind, "db.test", port, **given), egress) == {"ok"}


@pytest.mark.parametrize("entry", ["آب.test", WATER_ASCII, f"{WATER_ASCII}."])
@pytest.mark.parametrize("host", ["آب.test", WATER_ASCII])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_persian_name_is_allowed_in_either_spelling(kind: str, host: str, entry: str, postgres: PostgresServer):
    async with well(kind, postgres) as (port, given):
        name(WATER_ASCII, HERE)
        assert await one_said(kind, config(kind, host, port, **given), EgressPolicy(allow=(entry,))) == "ok"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_on_the_list_opens_no_other_name_and_no_number(kind: str, trapped: Trap):
    for known in ("db.test", "other.test", "db.test.other.test"):
        name(known, THERE)
    egress = EgressPolicy(allow=("db.test",))
    for host in ("other.test", "db.test.other.test", THERE):
        assert await all_said(kind, config(kind, host, trapped.port), egress) == {DENIED}


# --- connections that stand already ---


@pytest.mark.parametrize("host", [HERE, "db.test"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_changed_list_is_obeyed_over_a_connection_that_stands(kind: str, host: str, postgres: PostgresServer):
    allow = [host]
    async with well(kind, postgres) as (port, given):
        name("db.test", HERE)
        async with opened(kind, config(kind, host, port, **given), EgressPolicy(allow=allow)) as made:
            assert await said(made, "ping") == "ok"
            allow[:] = ["10.0.0.0/8"]
            assert {await said(made, verb) for verb in VERBS} == {DENIED}
            allow[:] = [host]
            assert {await said(made, verb) for verb in VERBS} == {"ok"}


@pytest.mark.parametrize("kind", WEB)
async def test_no_request_leaves_over_a_connection_that_is_denied_by_now(kind: str):
    allow = [HERE]
    async with (
        peer(GOOD[kind]) as there,
        opened(kind, config(kind, HERE, there.port), EgressPolicy(allow=allow)) as made,
    ):
        assert await said(made, "ping") == "ok"
        allow[:] = ["10.0.0.0/8"]
        await said(made, "ping")
        assert (len(there.requests), there.connections) == (1, 1)
