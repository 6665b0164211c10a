"""No verb of any kind connects to an address that is denied: real listeners count who arrives."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import dns.asyncresolver
import dns.message
import dns.resolver
import dns.rrset
import idna
import pytest

from core.safety.egress import EgressPolicy
from tests.connectors.mongodb_wire import wire_server
from tests.connectors.rest_source import moved, peer
from tests.safety.trap import (
    HERE,
    KINDS,
    THERE,
    VERBS,
    WEB,
    NamingLoop,
    Trap,
    all_said,
    config,
    connector,
    name,
    one_said,
    said,
    trap,
)
from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.anyio

ONLY_HERE = EgressPolicy(allow=(HERE,))
TRAP_ASCII, WATER_ASCII = (idna.encode(host).decode() for host in ("تله.test", "آب.test"))
DENIED = "egress_denied.not_allowed"

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


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": NamingLoop}


@pytest.fixture
def trapped() -> Iterator[Trap]:
    """An address of this machine that `ONLY_HERE` denies, in both families."""
    with trap(THERE, "::1") as found:
        yield found
        assert found.arrived == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_without_a_rule_every_kind_arrives(kind: str):
    with trap() as found:
        before = found.arrived
        for host in (THERE, "open.test"):
            name("open.test", THERE)
            await one_said(kind, config(kind, host, found.port, timeout_s=0.5), EgressPolicy())
            assert found.arrived > before
            before = found.arrived


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
    made = connector(kind, config(kind, "rebound.test", trapped.port), ONLY_HERE)
    assert await said(made, "ping") == "unreachable.refused"
    name("rebound.test", THERE)
    assert {await said(made, verb) for verb in VERBS} == {DENIED}
    await made.close()


# --- several addresses, and rules by name ---


@asynccontextmanager
async def well(kind: str, postgres: PostgresServer) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    """A source of this kind that answers at `HERE`: its port, and what its configuration needs."""
    if kind == "postgres":
        login = {"database": postgres.database, "user": postgres.user, "password": postgres.password}
        yield postgres.port, login
    elif kind == "mongodb":
        async with wire_server() as wire:
            yield wire.port, {"timeout_s": 5}
    else:
        async with peer(GOOD[kind]) as there:
            yield there.port, {}


def page(text: str, content_type: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(text)}\r\n\r\n"
    return (head + text).encode()


GOOD = {
    "rest": page('[{"id": 1}]', "application/json"),
    "graphql": page('{"data": {"__typename": "Query"}}', "application/json"),
    "s3": page("<ListBucketResult><Name>reports</Name></ListBucketResult>", "application/xml"),
}


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
        made = connector(kind, config(kind, host, port, **given), EgressPolicy(allow=allow))
        assert await said(made, "ping") == "ok"
        allow[:] = ["10.0.0.0/8"]
        assert {await said(made, verb) for verb in VERBS} == {DENIED}
        allow[:] = [host]
        assert {await said(made, verb) for verb in VERBS} == {"ok"}
        await made.close()


@pytest.mark.parametrize("kind", WEB)
async def test_no_request_leaves_over_a_connection_that_is_denied_by_now(kind: str):
    allow = [HERE]
    async with peer(GOOD[kind]) as there:
        made = connector(kind, config(kind, HERE, there.port), EgressPolicy(allow=allow))
        assert await said(made, "ping") == "ok"
        allow[:] = ["10.0.0.0/8"]
        await said(made, "ping")
        assert (len(there.requests), there.connections) == (1, 1)
        await made.close()


# --- redirects ---


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["127.0.0.2", "trap.test", "user@127.0.0.2", "[::1]", "[::1%251]", "0x7f000002"])
async def test_a_redirect_to_a_denied_address_is_not_followed(host: str, code: int, trapped: Trap):
    name("trap.test", (THERE, "::1"))
    async with peer(moved(f"http://{host}:{trapped.port}/", code)) as there:
        for verb in ("ping", "sample", "describe"):
            assert (await one_said("rest", config("rest", HERE, there.port), ONLY_HERE, verb)).startswith(
                "egress_denied"
            )


@pytest.mark.parametrize("code", [301, 302, 307, 308])
@pytest.mark.parametrize("kind", ["graphql", "s3"])
async def test_graphql_and_s3_follow_no_redirect_at_all(kind: str, code: int, trapped: Trap):
    async with peer(moved(f"http://{THERE}:{trapped.port}/reports", code)) as there:
        assert "ok" not in await all_said(kind, config(kind, HERE, there.port), EgressPolicy())


async def test_a_later_hop_is_judged_like_the_first(trapped: Trap):
    async with peer(moved(f"http://{THERE}:{trapped.port}/")) as second, peer(moved(second.url)) as first:
        assert await one_said("rest", config("rest", HERE, first.port), ONLY_HERE) == DENIED
        assert second.connections == 1


# --- what only S3 does ---


@pytest.mark.parametrize(("host", "bucket"), [("store.test", "trap"), ("2", "127.0.0"), ("0.2", "127.0")])
async def test_the_host_that_a_bucket_makes_is_what_is_judged(host: str, bucket: str, trapped: Trap):
    name("store.test", HERE)
    name("trap.store.test", THERE)
    given = config("s3", host, trapped.port, bucket=bucket, path_style=False)
    assert await all_said("s3", given, ONLY_HERE) == {DENIED}


@pytest.mark.parametrize("status", ["301 Moved", "307 Moved", "400 Bad Request", "403 Forbidden"])
async def test_the_region_that_an_answer_names_leads_nowhere(status: str, trapped: Trap):
    region = f"trap.test:{trapped.port}/#"
    name("trap.test", THERE)
    text = f"<Code>AuthorizationHeaderMalformed</Code><Region>{region}</Region><Endpoint>{region}</Endpoint>"
    text = f"<Error>{text}</Error>"
    head = f"HTTP/1.1 {status}\r\nx-amz-bucket-region: {region}\r\nContent-Length: {len(text)}\r\n\r\n"
    async with peer((head + text).encode()) as there:
        given = config("s3", HERE, there.port, access_key_id="AKIA", secret_access_key="secret")
        assert "ok" not in await all_said("s3", given, EgressPolicy())


# --- what only MongoDB does ---


@pytest.mark.parametrize("member", ["127.0.0.2", "trap.test", "[::1]", "0x7f000002", "[::ffff:127.0.0.2]", "[::1%1]"])
async def test_a_member_that_a_server_names_is_judged(member: str, trapped: Trap):
    name("trap.test", (THERE, "::1"))
    async with wire_server() as wire:
        wire.be_primary("rs0", f"{member}:{trapped.port}")
        assert await all_said("mongodb", config("mongodb", HERE, wire.port), ONLY_HERE) == {DENIED}


async def test_a_denied_member_beside_an_allowed_one_is_let_alone(trapped: Trap):
    async with wire_server() as wire:
        wire.be_primary("rs0", wire.address, f"{THERE}:{trapped.port}")
        assert await all_said("mongodb", config("mongodb", HERE, wire.port, timeout_s=5), ONLY_HERE) == {"ok"}


async def test_the_members_that_records_name_are_judged(trapped: Trap):
    name("m1.cluster.test", (THERE, "::1"))
    records = {("_mongodb._tcp.db.cluster.test.", "SRV"): [f"0 0 {trapped.port} m1.cluster.test."]}
    async with name_server(records):
        uri = "mongodb+srv://db.cluster.test/?tls=false"
        given = {"uri": uri, "database": "app", "timeout_s": 1}
        assert await all_said("mongodb", given, ONLY_HERE) == {DENIED}


async def test_a_name_on_the_list_that_moved_is_found_again():
    async with wire_server() as wire:
        name("db.test", HERE)
        given = config("mongodb", "db.test", wire.port, timeout_s=5)
        made = connector("mongodb", given, EgressPolicy(allow=("db.test",)))
        assert await said(made, "ping") == "ok"
        name("db.test", THERE)
        async with await asyncio.start_server(wire.serve, THERE, wire.port):
            for writer in wire.writers:
                writer.transport.abort()
            assert "ok" in [await said(made, "ping") for _ in range(5)]
        await made.close()


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, records: dict[tuple[str, str], list[str]]) -> None:
        self._records = records

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        asked = dns.message.from_wire(data)
        answer = dns.message.make_response(asked)
        question = asked.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        if found := self._records.get((str(question.name), kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 1, "IN", kind, *found))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def name_server(records: dict[tuple[str, str], list[str]]) -> AsyncIterator[None]:
    """A name server on loopback, which the driver's look-ups of records go to."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Answers(records), local_addr=(HERE, 0))
    before, found = dns.asyncresolver.default_resolver, dns.asyncresolver.Resolver(configure=False)
    found.nameservers, found.port = [HERE], transport.get_extra_info("sockname")[1]
    dns.asyncresolver.default_resolver = found
    try:
        yield
    finally:
        dns.asyncresolver.default_resolver = before
        transport.close()
