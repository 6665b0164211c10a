"""How an entry of a list is spelt, and what a list admits."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.safety.allow_list import AlwaysDenied, NotAnEntry, canonical, listed

ONE_SPELLING = {
    "10.1.2.3": "10.1.2.3", " 10.1.2.3 ": "10.1.2.3", "10.1.2.3/32": "10.1.2.3", "10.1.2.3/8": "10.0.0.0/8",
    "۱۰.۰.۰.۰/۸": "10.0.0.0/8", "٤.٤.٤.٤": "4.4.4.4", "１０.0.0.1": "10.0.0.1", "0.0.0.0/0": "0.0.0.0/0",
    "FD00:0:0::1": "fd00::1", "fd00::1/64": "fd00::/64", "::/0": "::/0", "::1": "::1",
    "::FFFF:10.0.0.1": "10.0.0.1", "::ffff:0a00:1": "10.0.0.1", "::ffff:10.0.0.0/104": "10.0.0.0/8",
    "DB.Example.org": "db.example.org", "db.example.org.": "db.example.org", "my_db-1": "my_db-1", "db1": "db1",
    "آب.test": "xn--hgbm.test", "XN--HGBM.test": "xn--hgbm.test", "آب。test": "xn--hgbm.test",
    "localhost": "localhost", "1.db.test": "1.db.test",
}  # fmt: skip

NO_ENTRY = (
    "", " ", ".", "a..b", ".a", "-a.b", "a-.b", "a" * 64, ".".join(["a" * 60] * 5), "a b", "a,b", "a/b", "*.x.y", "*",
    "a:5432", "10.0.0.1:5432", "[::1]", "[::1]:80", "http://a.b", "u@h", "a\0b", "a\tb", "/var/run", "@abstract",
    "127.1", "2130706433", "0x7f.1", "0x7f000001", "0X7F000001", "010.0.0.1", "1.2.3.4.5", "256.1.1.1", "a.0x1", "db.7",
    "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/-8", "10.0.0.0/ 8", "10.0.0.0/255.0.0.0", "10.0.0.0/0.0.0.255",
    "10.0.0.0/8/8", "10.0.0.0/8.0", "fd00::1%eth0", "fe80::1%lo", "fd00::1%1/64", "fd00::/129", "%31", "\ud800",
)  # fmt: skip

ALWAYS_DENIED = ("169.254.169.254", "169.254.0.0/24", "fe80::1", "FE80::/16", "0.0.0.0", "::", "::/128",  # noqa: S104
                 "255.255.255.255", "224.0.0.1", "ff02::1", "::ffff:169.254.169.254", "100.100.100.200",
                 "fd00:ec2::254")  # fmt: skip


@pytest.mark.parametrize(("entry", "spelling"), ONE_SPELLING.items())
def test_an_entry_has_one_spelling(entry: str, spelling: str) -> None:
    assert (canonical(entry), canonical(spelling)) == (spelling, spelling)


@pytest.mark.parametrize("entry", NO_ENTRY)
def test_what_is_neither_name_nor_address_nor_network_is_refused(entry: str) -> None:
    with pytest.raises(NotAnEntry):
        canonical(entry)


@pytest.mark.parametrize("entry", ALWAYS_DENIED)
def test_what_no_list_opens_is_refused(entry: str) -> None:
    with pytest.raises(AlwaysDenied):
        canonical(entry)


@given(st.text(max_size=40) | st.from_regex(r"[0-9a-fx.:/]{1,30}", fullmatch=True))
def test_whatever_is_typed_is_refused_or_has_one_spelling(text: str) -> None:
    try:
        spelling = canonical(text)
    except (NotAnEntry, AlwaysDenied):
        return
    assert canonical(spelling) == spelling
    assert spelling.isascii()
    assert len(spelling) <= 253


@given(st.lists(st.ip_addresses(), max_size=5), st.integers(0, 128), st.ip_addresses())
def test_a_list_admits_what_its_networks_hold(
    bases: list[IPv4Address | IPv6Address], bits: int, asked: IPv4Address | IPv6Address
) -> None:
    entries = tuple(f"{base}/{max(0, base.max_prefixlen - bits)}" for base in bases)
    networks = [ip_network(entry, strict=False) for entry in entries]
    assert listed(entries).admits(asked, "") == any(asked in network for network in networks)
    assert all(listed(entries).admits(base, "") for base in bases)


def test_a_list_admits_the_names_on_it_and_no_others() -> None:
    found, elsewhere = listed(("db.test", "آب.test", "10.0.0.0/8")), ip_address("192.0.2.1")
    assert [found.admits(elsewhere, name) for name in ("db.test", "xn--hgbm.test")] == [True, True]
    assert not any(found.admits(elsewhere, name) for name in ("", "a.db.test", "db.test.org", "10.0.0.1", "10.0.0.0/8"))
