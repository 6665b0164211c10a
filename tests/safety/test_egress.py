"""Which addresses a connector may dial."""

import socket
from ipaddress import IPv4Address, IPv6Address

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EgressDenied, Unreachable
from core.i18n import LANGUAGES, translator
from core.safety.egress import REASONS, EgressPolicy, look_up

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
    "Teredo server": "2001:0:a9fe:a9fe::f7f7:f7f7",
    "Teredo client": "2001:0:808:808::5601:5601",
    "ISATAP": "2001:db8::5efe:169.254.169.254",
    "ISATAP of a global address": "2001:db8::200:5efe:169.254.169.254",
}

ALLOWED = ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.5", "172.16.0.9", "8.8.8.8", "2606:4700::1111", "fd12:3456::1",
           "64:ff9b:1::10.0.0.5", "64:ff9b:1:c0a8:1:100::", "2002:0808:0808::1", "::ffff:0:10.1.1.1",
           "2001:0:808:808::f7f7:f7f7",
           "::ffff:10.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::8.8.8.8", "fd00:42::43"]  # fmt: skip


@pytest.mark.parametrize(("address", "reason"), DENIED.items())
def test_addresses_that_no_source_can_have_are_denied(address: str, reason: str) -> None:
    assert OPEN.refusal(address, 5432) == reason


@pytest.mark.parametrize("address", EMBEDDING.values(), ids=EMBEDDING)
def test_a_denied_address_inside_an_ipv6_address_is_denied(address: str) -> None:
    assert OPEN.refusal(address, 5432) == "embedded"


@pytest.mark.parametrize("address", ALLOWED)
def test_private_and_public_addresses_are_permitted(address: str) -> None:
    assert OPEN.refusal(address, 5432) is None


@given(st.ip_addresses(v=4, network="169.254.0.0/16"), st.sampled_from([96 * "0", "ffff", "2002", "64:ff9b"]))
def test_no_embedding_of_a_link_local_address_passes(inner: IPv4Address, form: str) -> None:
    outer = {"2002": (0x2002 << 112) | int(inner) << 80, "64:ff9b": (0x64FF9B << 96) | int(inner)}
    assert OPEN.refusal(str(IPv6Address(outer.get(form, 0xFFFF_0000_0000 | int(inner)))), 1) == "embedded"


@given(st.ip_addresses())
def test_every_address_gets_a_verdict(address: IPv4Address | IPv6Address) -> None:
    assert EgressPolicy(own_ports=frozenset({80})).refusal(str(address), 5432) in {
        None, "metadata", "link_local", "unspecified", "broadcast", "multicast", "embedded"
    }  # fmt: skip


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"])
def test_the_dashboards_own_port_is_denied_on_every_loopback_address(address: str) -> None:
    policy = EgressPolicy(own_ports=frozenset({8501}))
    assert policy.refusal(address, 8501) == "own"
    assert policy.refusal(address, 8502) is None


def test_the_dashboards_own_port_is_denied_on_every_interface() -> None:
    policy = EgressPolicy(own_ports=frozenset({8501}))
    families = (socket.AF_INET, socket.AF_INET6)
    found = [each.address for card in psutil.net_if_addrs().values() for each in card if each.family in families]
    assert found
    assert {policy.refusal(address, 8501) for address in found} <= {"own", "link_local"}


def test_the_same_port_of_another_machine_is_permitted() -> None:
    assert EgressPolicy(own_ports=frozenset({8501})).refusal("192.0.2.7", 8501) is None


def test_an_own_service_on_this_machine_is_denied_under_all_its_addresses() -> None:
    policy = EgressPolicy(own=frozenset({("127.0.0.1", 5432), ("192.0.2.7", 6379)}))
    assert [policy.refusal(a, 5432) for a in ("127.0.0.1", "::1", "192.0.2.7")] == ["own", "own", None]
    assert [policy.refusal(a, 6379) for a in ("127.0.0.1", "192.0.2.7")] == [None, "own"]


def test_a_zone_makes_no_other_address() -> None:
    assert EgressPolicy(own=frozenset({("fd12::7", 6379)})).refusal("fd12::7%1", 6379) == "own"


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_has_its_own_words(lang: str, reason: str) -> None:
    error, speak = EgressDenied(reason, host="h", port=1), translator(lang, strict=True).message
    assert speak(error.message) != speak(EgressDenied().message)
    assert speak(error.advice)


def test_a_list_that_changes_is_read_anew() -> None:
    allow = ["10.0.0.0/8"]
    policy = EgressPolicy(allow=allow)
    before = policy.refusal("192.0.2.1", 1)
    allow.append("192.0.2.0/24")
    assert (before, policy.refusal("192.0.2.1", 1)) == ("not_allowed", None)


def test_with_an_allow_list_only_its_hosts_and_networks_are_permitted() -> None:
    policy = EgressPolicy(allow=("10.1.0.0/16", "db.example.org", "169.254.0.0/16"))
    assert policy.refusal("10.1.2.3", 1) is None
    assert policy.refusal("::ffff:10.1.2.3", 1) is None
    assert policy.refusal("10.2.2.3", 1) == "not_allowed"
    assert policy.refusal("10.2.2.3", 1, "DB.example.org.") is None
    assert policy.refusal("169.254.1.1", 1) == "link_local", "an allow-list opens nothing that is always denied"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("2852039166", "metadata"), ("0xa9fea9fe", "metadata"), ("0XA9.0xFE.0xA9.0xFE", "metadata"),
        ("0251.0376.0251.0376", "metadata"), ("025177524776", "metadata"), ("169.254.43518", "metadata"),
        ("169.16689662", "metadata"), ("169.254.169.254.", "metadata"), ("１６９.254.169.254", "metadata"),
        ("169。254。169。254", "metadata"), ("①⑥⑨.254.169.254", "metadata"), ("169.254.1.1", "link_local"),
        ("0", "unspecified"), ("0x0", "unspecified"), ("00.0.0.0", "unspecified"), ("::", "unspecified"),
        ("4294967295", "broadcast"), ("224.1", "multicast"), ("ff02::1", "multicast"),
        ("::FFFF:A9FE:A9FE", "embedded"), ("0:0:0:0:0:ffff:169.254.169.254", "embedded"),
        ("64:ff9b::a9fe:a9fe", "embedded"), ("2002:A9FE:A9FE::", "embedded"),
        ("127.0.0.1", "own"), ("127.1", "own"), ("2130706433", "own"), ("0x7f.1", "own"), ("0177.0.0.1", "own"),
        ("::1", "own"), ("0:0:0:0:0:0:0:1", "own"), ("localhost", "own"), ("::ffff:7f00:1", "own"),
        ("/var/run/postgresql", "unix_socket"), ("@abstract", "unix_socket"),
    ],
)  # fmt: skip
async def test_odd_spellings_are_judged_by_what_would_be_connected_to(host: str, reason: str) -> None:
    with pytest.raises(EgressDenied) as caught:
        await EgressPolicy(own_ports=frozenset({8501})).resolve(host, 8501)
    assert caught.value.reason == reason
    assert caught.value.arguments["host"] == host
    assert [error.field for error in caught.value.fields] == ["config.host"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "127.0.0.1"), ("127.0.0.1.", "127.0.0.1"), ("::1", "::1"), ("127.1", "127.0.0.1"),
     ("10.1", "10.0.0.1"), ("::ffff:10.0.0.1", "::ffff:10.0.0.1")],
)  # fmt: skip
async def test_an_allowed_literal_resolves_to_its_usual_spelling(host: str, address: str) -> None:
    assert await OPEN.resolve(host, 80) == (address,)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "host",
    ["no-such-host.invalid", "نمونه.invalid", "a..b", "x" * 64 + ".invalid", "\u200c.invalid", "bad host", "", ".", "*",
     "a,b", "u@h", "a/b", "169.254.169.254\0.x", "10.0.0.1\0", "10.0.0.1 x", "[::1]", "256.1.1.1", "\ud800", "h\n"],
)  # fmt: skip
async def test_a_name_without_an_address_is_unreachable(host: str) -> None:
    with pytest.raises(Unreachable) as caught:
        await look_up(host, 80)
    assert caught.value.reason in {"unknown_host", "name_lookup"}
    assert [error.field for error in caught.value.fields] == ["config.host"]


def test_only_the_denied_addresses_of_a_name_are_dropped() -> None:
    addresses = ("169.254.169.254", "10.0.0.1", "::ffff:169.254.169.254")
    assert OPEN.select(addresses, 80, "db") == ("10.0.0.1",)


def test_judging_leaves_no_socket_open(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[socket.socket] = []

    class Watched(socket.socket):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # whatever the caller gave
            opened.append(self)

    monkeypatch.setattr(socket, "socket", Watched)
    EgressPolicy(own_ports=frozenset({80})).refusal("192.0.2.1", 80)
    assert opened
    assert all(each.fileno() == -1 for each in opened)
