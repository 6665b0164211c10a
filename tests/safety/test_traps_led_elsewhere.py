"""No answer of a source leads to an address that is denied: redirects, regions, buckets, members."""

import asyncio

import pytest

from core.safety.egress import EgressPolicy
from core.safety.organisations import OrganisationPolicies
from tests.connectors.mongodb_wire import wire_server
from tests.connectors.rest_source import moved, peer
from tests.safety.name_server import name_server
from tests.safety.trap import (
    DENIED,
    HERE,
    ONLY_HERE,
    THERE,
    VERBS,
    Trap,
    all_said,
    config,
    name,
    one_said,
    opened,
    said,
)
from tests.safety.well import GOOD

pytestmark = pytest.mark.anyio


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


@pytest.mark.parametrize("host", [THERE, "other.test", "db.test.other.test"])
async def test_a_name_on_the_list_opens_nothing_that_it_redirects_to(host: str, trapped: Trap):
    for known, address in (("db.test", HERE), ("other.test", THERE), ("db.test.other.test", THERE)):
        name(known, address)
    async with peer(moved(f"http://{host}:{trapped.port}/")) as there:
        assert await one_said("rest", config("rest", "db.test", there.port), EgressPolicy(allow=("db.test",))) == DENIED


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


async def test_amazons_own_names_are_judged(trapped: Trap):
    for bucket, host in (("reports", "reports.s3.eu-west-1.amazonaws.com"), ("a.b", "s3.eu-west-1.amazonaws.com")):
        name(host, THERE)
        given = {"bucket": bucket, "region": "eu-west-1"}
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
        assert await all_said("mongodb", config("mongodb", HERE, wire.port), ONLY_HERE) == {"ok"}


async def test_the_members_that_records_name_are_judged(trapped: Trap):
    name("m1.cluster.test", (THERE, "::1"))
    records = {("_mongodb._tcp.db.cluster.test.", "SRV"): [f"0 0 {trapped.port} m1.cluster.test."]}
    async with name_server(records):
        uri = "mongodb+srv://db.cluster.test/?tls=false"
        given = {"uri": uri, "database": "app"}
        assert await all_said("mongodb", given, ONLY_HERE) == {DENIED}


async def test_a_changed_list_is_obeyed_by_members_that_records_named():
    allow = [HERE]
    name("m1.cluster.test", HERE)
    async with wire_server() as wire:
        records = {("_mongodb._tcp.db.cluster.test.", "SRV"): [f"0 0 {wire.port} m1.cluster.test."]}
        given = {"uri": "mongodb+srv://db.cluster.test/?tls=false", "database": "app"}
        async with opened("mongodb", given, EgressPolicy(allow=allow)) as made:
            async with name_server(records):
                verdicts = []
                for listed in (HERE, "10.0.0.0/8", HERE):
                    allow[:] = [listed]
                    verdicts.append({await said(made, verb) for verb in VERBS})
            assert verdicts == [{"ok"}, {DENIED}, {"ok"}]


async def test_a_name_on_the_list_that_moved_is_found_again():
    async with wire_server() as wire:
        name("db.test", HERE)
        given = config("mongodb", "db.test", wire.port)
        async with opened("mongodb", given, EgressPolicy(allow=("db.test",))) as made:
            assert await said(made, "ping") == "ok"
            name("db.test", THERE)
            async with await asyncio.start_server(wire.serve, THERE, wire.port):
                for writer in wire.writers:
                    writer.transport.abort()
                assert "ok" in [await said(made, "ping") for _ in range(5)]


# --- a list that allows only some ---


def listed(*entries: str) -> EgressPolicy:
    """The rules of an organisation with such a list."""
    policies = OrganisationPolicies(EgressPolicy())
    policies.allow("main", entries)
    return policies.of("main")


@pytest.mark.parametrize("path_style", [True, False])
async def test_a_buckets_own_host_needs_an_entry_of_its_own(path_style: bool, trapped: Trap):
    for known in ("store.test", "trap.store.test"):
        name(known, THERE)
    host = "store.test" if path_style else "trap.store.test"
    given = config("s3", "store.test", trapped.port, bucket="trap", path_style=path_style)
    assert await all_said("s3", given, listed("other.test", f"other.{host}", f"x{host}")) == {DENIED}
    async with peer(GOOD["s3"]) as there:
        name(host, HERE)
        given = config("s3", "store.test", there.port, bucket="trap", path_style=path_style)
        assert await all_said("s3", given, listed(host)) == {"ok"}


async def test_a_redirect_is_followed_to_what_is_listed_and_no_further(trapped: Trap):
    for known, address in (("a.test", HERE), ("b.test", HERE), ("c.test", THERE)):
        name(known, address)
    async with (
        peer(moved(f"http://c.test:{trapped.port}/")) as second,
        peer(moved(f"http://b.test:{second.port}/")) as first,
    ):
        assert await one_said("rest", config("rest", "a.test", first.port), listed("a.test")) == DENIED
        assert second.connections == 0
        assert await one_said("rest", config("rest", "a.test", first.port), listed("a.test", "b.test")) == DENIED
        assert second.connections == 1


async def test_of_the_members_that_a_server_names_only_the_listed_is_dialled(trapped: Trap):
    name("m1.test", HERE)
    name("m2.test", THERE)
    async with wire_server() as wire:
        wire.be_primary("rs0", f"m1.test:{wire.port}", f"m2.test:{trapped.port}")
        wire.hello |= {"me": f"m1.test:{wire.port}", "primary": f"m1.test:{wire.port}"}
        given = config("mongodb", "m1.test", wire.port)
        assert await all_said("mongodb", given, listed("m1.test")) == {"ok"}
        assert await all_said("mongodb", given, listed("m2.test.org", "test")) == {DENIED}


async def test_of_the_members_that_records_name_only_the_listed_is_dialled(trapped: Trap):
    name("m1.cluster.test", HERE)
    name("m2.cluster.test", THERE)
    async with wire_server() as wire:
        members = [f"m1.cluster.test:{wire.port}", f"m2.cluster.test:{trapped.port}"]
        wire.be_primary("rs0", *members)
        wire.hello |= {"me": members[0], "primary": members[0]}
        found = [f"0 0 {member.rpartition(':')[2]} {member.partition(':')[0]}." for member in members]
        async with name_server({("_mongodb._tcp.db.cluster.test.", "SRV"): found}):
            given = {"uri": "mongodb+srv://db.cluster.test/?tls=false&replicaSet=rs0", "database": "app"}
            assert await all_said("mongodb", given, listed("m1.cluster.test")) == {"ok"}
            assert await all_said("mongodb", given, listed("db.cluster.test")) == {DENIED}
