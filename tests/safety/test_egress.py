"""Which addresses a connector may dial."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import EgressDenied, Unreachable
from core.safety.egress import EgressPolicy, look_up

OPEN = EgressPolicy()

DENIED = {
    "169.254.169.254": "metadata", "169.254.1.1": "link_local", "fe80::1": "link_local", "fe80::1%lo": "link_local",
    "fd00:ec2::254": "metadata", "fd20:ce::254": "metadata", "fd00:42::42": "metadata", "100.100.100.200": "metadata",
    "168.63.129.16": "metadata", "192.0.0.192": "metadata", "0.0.0.0": "unspecified",  # noqa: S104 - judged, not bound
    "0.1.2.3": "unspecified",
    "::": "unspecified", "255.255.255.255": "broadcast", "224.0.0.1": "multicast", "239.1.2.3": "multicast",
    "ff02::1": "multicast",
}  # fmt: skip

EMBEDDING = {
    "mapped": "::ffff:169.254.169.254",
    "compatible": "::169.254.169.254",
    "SIIT": "::ffff:0:169.254.169.254",
    "NAT64": "64:ff9b::169.254.169.254",
    "local NAT64 /96": "64:ff9b:1::169.254.169.254",
    "local NAT64 /96 in a subnet": "64:ff9b:1:7:8:9:169.254.169.254",
    "local NAT64 /48": "64:ff9b:1:a9fe:a9:fe00::",
    "local NAT64 /56": "64:ff9b:1:ffa9:fe:a9fe::",
    "local NAT64 /64": "64:ff9b:1:ffff:a9:fea9:fe00:0",
    "6to4": "2002:a9fe:a9fe::1",
    "Teredo server": "2001:0:a9fe:a9fe::",
    "Teredo client": "2001::5601:5601",
    "ISATAP": "2001:db8::5efe:169.254.169.254",
}

ALLOWED = ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.5", "172.16.0.9", "8.8.8.8", "2606:4700::1111", "fd12:3456::1",
           "::ffff:10.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::8.8.8.8", "fd00:42::43"]  # fmt: skip


@pytest.mark.parametrize(("address", "reason"), DENIED.items())
def test_addresses_that_no_source_can_have_are_denied(address: str, reason: str) -> None:
    assert OPEN.permits(address, 5432) == reason


@pytest.mark.parametrize("address", EMBEDDING.values(), ids=EMBEDDING)
def test_a_denied_address_inside_an_ipv6_address_is_denied(address: str) -> None:
    assert OPEN.permits(address, 5432) in {"metadata", "unspecified"}


@pytest.mark.parametrize("address", ALLOWED)
def test_private_and_public_addresses_are_permitted(address: str) -> None:
    assert OPEN.permits(address, 5432) is None


@settings(deadline=None)
@given(st.ip_addresses(v=4, network="169.254.0.0/16"), st.sampled_from([96 * "0", "ffff", "2002", "64:ff9b"]))
def test_no_embedding_of_a_link_local_address_passes(inner: IPv4Address, form: str) -> None:
    outer = {"2002": (0x2002 << 112) | int(inner) << 80, "64:ff9b": (0x64FF9B << 96) | int(inner)}
    assert OPEN.permits(IPv6Address(outer.get(form, 0xFFFF_0000_0000 | int(inner))), 1) is not None


@settings(deadline=None)
@given(st.ip_addresses())
def test_every_address_gets_a_verdict(address: IPv4Address | IPv6Address) -> None:
    assert EgressPolicy(own_ports=frozenset({80})).permits(address, 5432) in {
        None, "metadata", "link_local", "unspecified", "broadcast", "multicast"
    }  # fmt: skip


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_the_dashboards_own_port_is_denied_on_every_address_of_this_machine(address: str) -> None:
    policy = EgressPolicy(own_ports=frozenset({8501}))
    assert policy.permits(address, 8501) == "own"
    assert policy.permits(address, 8502) is None


def test_the_same_port_of_another_machine_is_permitted() -> None:
    assert EgressPolicy(own_ports=frozenset({8501})).permits("192.0.2.7", 8501) is None


def test_an_own_service_on_this_machine_is_denied_under_all_its_addresses() -> None:
    policy = EgressPolicy(own=frozenset({("127.0.0.1", 5432), ("192.0.2.7", 6379)}))
    assert [policy.permits(a, 5432) for a in ("127.0.0.1", "::1", "192.0.2.7")] == ["own", "own", None]
    assert [policy.permits(a, 6379) for a in ("127.0.0.1", "192.0.2.7")] == [None, "own"]


def test_with_an_allow_list_only_its_hosts_and_networks_are_permitted() -> None:
    policy = EgressPolicy(allow=("10.1.0.0/16", "db.example.org", "169.254.0.0/16"))
    assert policy.permits("10.1.2.3", 1) is None
    assert policy.permits("::ffff:10.1.2.3", 1) is None
    assert policy.permits("10.2.2.3", 1) == "not_allowed"
    assert policy.permits("10.2.2.3", 1, "DB.example.org.") is None
    assert policy.permits("169.254.1.1", 1) == "link_local", "an allow-list opens nothing that is always denied"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "１６９.254.169.254"]
)
async def test_odd_spellings_are_judged_by_what_would_be_connected_to(host: str) -> None:
    with pytest.raises(EgressDenied) as caught:
        await OPEN.resolve(host, 80)
    assert caught.value.reason == "metadata"


@pytest.mark.anyio
async def test_a_literal_resolves_to_itself() -> None:
    assert await OPEN.resolve("127.0.0.1", 80) == (ip_address("127.0.0.1"),)
    assert await OPEN.resolve("::1", 80) == (ip_address("::1"),)


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 64 + ".invalid", "\u200c.invalid", "bad host"])
async def test_a_name_without_an_address_is_unreachable(host: str) -> None:
    with pytest.raises(Unreachable):
        await look_up(host, 80)


def test_only_the_denied_addresses_of_a_name_are_dropped() -> None:
    addresses = tuple(map(ip_address, ("169.254.169.254", "10.0.0.1", "::ffff:169.254.169.254")))
    assert OPEN.select(addresses, 80, "db") == (ip_address("10.0.0.1"),)


def test_judging_leaves_no_socket_open(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[socket.socket] = []

    class Watched(socket.socket):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # whatever the caller gave
            opened.append(self)

    monkeypatch.setattr(socket, "socket", Watched)
    EgressPolicy(own_ports=frozenset({80})).permits("192.0.2.1", 80)
    assert opened
    assert all(each.fileno() == -1 for each in opened)
