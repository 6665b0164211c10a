"""Every kind, and every way to write down a place where no source can be: nothing is dialled.

The dashboard's own port and database, metadata services, unspecified, link-local, multicast and broadcast addresses, in
each kind's own field and in pasted connection strings.
"""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from core.connectors.pasted import from_pasted
from core.errors import InvalidInput
from core.safety.egress import EgressPolicy
from tests.safety.trap import HERE, KINDS, WEB, Trap, config, dialled, name, one_said, trap

pytestmark = pytest.mark.anyio

Rules = Callable[[int], EgressPolicy]
GOOD, BESIDE = "good.test", "127.0.0.3"

METADATA = (
    # decimal, octal, hexadecimal, short and mixed
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0XA9FEA9FE", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376",
    "025177524776", "0251.254.0xa9.254", "169.254.43518", "169.16689662", "0xa9.16689662", "0251.0376.43518",
    "00169.254.169.254", "0000251.0000376.0000251.0000376", "169.254.169.254.", "0x00000000a9fea9fe",
    # inside IPv6
    "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::FFFF:A9FE:A9FE", "0:0:0:0:0:ffff:169.254.169.254",
    "0000:0000:0000:0000:0000:ffff:a9fe:a9fe", "::169.254.169.254", "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::169.254.169.254", "2002:a9fe:a9fe::1",
    "2002:A9FE:A9FE::", "2001:0:a9fe:a9fe::f7f7:f7f7", "2001:0:808:808::5601:5601", "2001:db8::5efe:169.254.169.254",
    "::ffff:169.254.169.254%1", "::ffff:169.254.169.254%lo", "fd00:ec2::254", "fd00:0ec2:0:0::254", "fd20:ce::254",
    # other scripts and dots
    "１６９.254.169.254", "۱۶۹.۲۵۴.۱۶۹.۲۵۴", "١٦٩.٢٥٤.١٦٩.٢٥٤", "①⑥⑨.254.169.254", "169。254。169。254",
    "169．254．169．254", "169｡254｡169｡254", "𝟏𝟔𝟗.254.169.254", "169.254\u200b.169.254",
    "１６９。２５４。１６９。２５４",
    # other providers
    "100.100.100.200", "168.63.129.16", "0x646464c8", "192.0.0.192",
)  # fmt: skip
ELSEWHERE = (
    "0.0.0.0", "0", "0x0", "00", "0.0", "000.000.000.000", "::", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0", "::ffff:0:0",  # noqa: S104 - judged, not bound
    "0.1.2.3", "64:ff9b::", "٠", "fe80::1", "fe80::1%lo", "fe80::1%1", "FE80:0:0::1", "169.254.1.1", "0xa9fe0101",
    "224.0.0.1", "0xe0000001", "224.1", "ff02::1", "FF02::1%lo", "239.255.255.250", "255.255.255.255", "4294967295",
    "0xffffffff", "0377.0377.0377.0377", "255.255.65535", "::ffff:255.255.255.255",
)  # fmt: skip
LOOPBACK = (
    "127.0.0.1", "localhost", "LOCALHOST", "LocalHost", "localhost.", "ip6-localhost", "127.1", "127.0.1", "2130706433",
    "0x7f000001", "0X7F.1", "0x7f.0.0.0x1", "0177.1", "0177.0.0.01", "017700000001", "127.000.000.001", "127.0.0.1.",
    "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "::0001", "::1%lo", "::127.0.0.1", "::ffff:127.0.0.1",
    "::ffff:7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "ｌｏｃａｌｈｏｓｔ", "ⓛocalhost",
    "１２７.0.0.1", "۱۲۷.۰.۰.۱", "127。0。0。1", "127｡1",
)  # fmt: skip
TRICKS = (
    f"{GOOD}@127.0.0.1", f"{GOOD}:80@127.0.0.1", f"{GOOD}%40127.0.0.1", f"{GOOD}\\@127.0.0.1", f"127.0.0.1\\@{GOOD}",
    f"127.0.0.1#{GOOD}", f"127.0.0.1#@{GOOD}", f"127.0.0.1/{GOOD}", f"127.0.0.1?{GOOD}", f"{GOOD}#@127.0.0.1",
    f"127.0.0.1%00.{GOOD}", f"127.0.0.1\0.{GOOD}", f"127.0.0.1 {GOOD}", f"127.0.0.1\t{GOOD}", "127.0.0\t.1",
    "127.0.0.1\n", "\n127.0.0.1", " 127.0.0.1", "127.0.0.1 ", "127.0.0.1\r\n", "127%2e0%2e0%2e1", "%31%32%37.0.0.1",
    "127.0.0.1%2500", "%6cocalhost", "%6c%6f%63%61%6c%68%6f%73%74", "[127.0.0.1]", "[::1]", "[[::1]]", "::1]",
    f"{GOOD},127.0.0.1", f"127.0.0.1,{GOOD}", f"{GOOD};127.0.0.1", f"{GOOD}&127.0.0.1", "127.0.0.1..", "..127.0.0.1",
    "127..0.1", "*", "v1.127.0.0.1", "127.0.0.1\u200c", "\u202e127.0.0.1", "\ufeff127.0.0.1", "127.0.0.1\u00ad",
)  # fmt: skip
SPELLINGS = {"metadata": METADATA, "elsewhere": ELSEWHERE, "loopback": LOOPBACK, "tricks": TRICKS}
REFUSED = {"form", "unreachable.unknown_host", "unreachable.name_lookup"}


@pytest.fixture
async def own(anyio_backend: Any) -> AsyncIterator[Trap]:
    """A port of this machine where no source is, and a name that leads to a good address beside it."""
    name(GOOD, BESIDE)
    with trap(HERE, "::1") as found:
        yield found
        assert found.arrived == 0


def own_port(port: int) -> EgressPolicy:
    return EgressPolicy(own_ports=frozenset({port}))


def own_database(port: int) -> EgressPolicy:
    return EgressPolicy(own=frozenset({(HERE, port)}))


async def passes(own: Trap, kind: str, given: dict[str, Any], verb: str = "ping", rules: Rules = own_port) -> str:
    """The verdict, where it is no refusal or a denied place was dialled; else nothing.

    Some tricks lead to another place, the scheme's own port or the good name beside: those may be dialled.
    """
    dialled().clear()
    verdict = await one_said(kind, given, rules(own.port), verb)
    held = verdict in REFUSED or verdict.startswith("egress_denied.") or dialled()
    wrong = [(host, port) for host, port, *_ in dialled() if port == own.port or host not in (HERE, BESIDE)]
    return "" if held and not wrong and own.arrived == 0 else f"{verdict} {wrong}"


def test_the_table_is_long_enough_and_says_nothing_twice():
    every = [host for hosts in SPELLINGS.values() for host in hosts]
    assert len(every) == len(set(every)) >= 60


@pytest.mark.parametrize("group", SPELLINGS)
@pytest.mark.parametrize("kind", KINDS)
async def test_in_the_kinds_own_field(kind: str, group: str, own: Trap):
    ways = [("ping", own_port), ("diagnose", own_port), *([("ping", own_database)] if group == "loopback" else [])]
    passed = {
        (host, verb): verdict
        for host in SPELLINGS[group]
        for verb, rules in ways
        if (verdict := await passes(own, kind, config(kind, host, own.port), verb, rules))
    }
    assert passed == {}


@pytest.mark.parametrize("group", SPELLINGS)
@pytest.mark.parametrize("kind", KINDS)
async def test_in_a_pasted_connection_string(kind: str, group: str, own: Trap):
    passed = {
        text: verdict
        for host in SPELLINGS[group]
        for text in pasted(kind, host, own.port)
        if (given := fields(kind, text)) and (verdict := await passes(own, kind, given))
    }
    assert passed == {}


def fields(kind: str, text: str) -> dict[str, Any]:
    """What a text says, with what it leaves out; nothing where it is refused."""
    try:
        return ({"database": "app"} if kind == "mongodb" else {}) | from_pasted(text).config
    except InvalidInput:
        return {}


def pasted(kind: str, host: str, port: int) -> Iterator[str]:
    """The host as it is, and with each of its letters percent-encoded."""
    place = f"[{host}]" if ":" in host and "@" not in host and "[" not in host else host
    letters = host.encode("utf-8", "surrogatepass")
    for each in (place, "".join(f"%{letter:02x}" for letter in letters)):
        yield {
            "postgres": f"postgresql://reader:secret@{each}:{port}/app?sslmode=disable",
            "mongodb": f"mongodb://{each}:{port}/app",
            "rest": f"http://{each}:{port}/",
            "graphql": f"http://{each}:{port}/graphql",
            "s3": f"s3://reports?endpoint_url=http://{each}:{port}",
        }[kind]
    if kind == "postgres":
        yield f"host='{host}' port={port} dbname=app user=reader sslmode=disable"
        yield f"host={GOOD} hostaddr={host} port={port} dbname=app user=reader sslmode=disable"


@pytest.mark.parametrize("kind", KINDS)
async def test_what_the_table_says_is_not_empty_words(kind: str):
    """Most of it would be dialled, if nothing judged it."""
    verdicts = {host: await one_said(kind, config(kind, host, 1), EgressPolicy()) for host in LOOPBACK[:25]}
    assert sum(verdict != "form" for verdict in verdicts.values()) >= 20, verdicts


# --- ports ---


def ports(port: int) -> Iterator[str]:
    """Other spellings of one port, and numbers that are it once cut to 16 bits."""
    digits = str(port)
    yield from (f"0{port}", f"000000{port}", f"+{port}", f" {port}", f"{port} ", f"\t{port}", f"{port}\0", hex(port))
    yield from (f"{port}.0", f"{port}:{port}", f"1:{port}", f"{port}@{GOOD}:1", str(port + 65536), str(port - 65536))
    yield from (f"{port}/{GOOD}", f"{port}?{GOOD}", f"{port}#{GOOD}", f"{port}\\{GOOD}", f"{port}//{GOOD}:1")
    yield digits.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    yield digits.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    yield "".join(f"%{ord(digit):02x}" for digit in digits)
    yield f"{digits[0]}_{digits[1:]}"


@pytest.mark.parametrize("kind", [*WEB, "mongodb"])
async def test_no_spelling_of_a_port_leads_past_the_rules(kind: str, own: Trap):
    for port in ports(own.port):
        given = {
            "mongodb": {"hosts": [f"{HERE}:{port}"], "database": "app"},
            "rest": {"base_url": f"http://{HERE}:{port}"},
            "graphql": {"endpoint": f"http://{HERE}:{port}/graphql"},
            "s3": {"endpoint_url": f"http://{HERE}:{port}", "bucket": "reports"},
        }[kind]
        assert (port, await passes(own, kind, given)) == (port, "")


async def test_nor_one_in_a_field_of_its_own(own: Trap):
    given = config("postgres", HERE, own.port)
    for port in (own.port + 65536, own.port - 65536, str(own.port), f" {own.port}", float(own.port), f"{own.port},1"):
        assert (port, await passes(own, "postgres", given | {"port": port})) == (port, "")


@pytest.mark.parametrize("kind", ["rest", "graphql", "s3"])
async def test_the_schemes_own_port_is_a_port_too(kind: str):
    """An address without a port leads to 80 or 443; which of them is the dashboard's own is denied."""
    for scheme, port in (("http", 80), ("https", 443)):
        field = {"rest": "base_url", "graphql": "endpoint", "s3": "endpoint_url"}[kind]
        given = config(kind, HERE, 1) | {field: f"{scheme}://localhost"}
        for verb in ("ping", "diagnose"):
            assert await one_said(kind, given, own_port(port), verb) == "egress_denied.own"


async def test_the_recorder_records():
    """What shows that nothing was dialled shows what is."""
    with trap(HERE) as found:
        await one_said("postgres", config("postgres", HERE, 1), EgressPolicy())
        with socket.create_connection((HERE, found.port)):
            assert found.arrived == 1
        assert await one_said("rest", config("rest", HERE, 1), EgressPolicy()) == "unreachable.refused"
        assert (HERE, 1) in dialled()
