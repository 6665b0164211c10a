"""Which addresses may be connected to.

A dashboard for internal sources must reach private hosts, so what is denied is what no source can be: this machine's
metadata service, link-local, unspecified, broadcast and multicast addresses, and the dashboard's own doors. A name is
resolved once, here; connectors dial the addresses this module returned, so that nothing can be rebound in between.
"""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import idna

from core.errors import EgressDenied, Unreachable

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ANY_LOCAL = "*"
"""In `EgressPolicy.own`: any address of this machine."""

_DENIED: tuple[tuple[str, tuple[str, ...]], ...] = (
    # Metadata services: AWS, GCP, Azure, Alibaba, Oracle and others, each as its provider documents it.
    ("metadata", ("169.254.169.254/32", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32")),
    ("metadata", ("fd00:ec2::/32", "fd20:ce::254/128", "fd00:42::42/128")),
    ("link_local", ("169.254.0.0/16", "fe80::/10")),
    ("unspecified", ("0.0.0.0/8", "::/128")),
    ("broadcast", ("255.255.255.255/32",)),
    ("multicast", ("224.0.0.0/4", "ff00::/8")),
)
DENIED = tuple((reason, tuple(map(ip_network, networks))) for reason, networks in _DENIED)

# How many bits from the right the embedded IPv4 address ends, by the network that embeds it.
_EMBEDDED: tuple[tuple[IPv6Network, int], ...] = (
    (IPv6Network("::ffff:0:0/96"), 0),  # mapped, RFC 4291
    (IPv6Network("::/96"), 0),  # compatible, RFC 4291
    (IPv6Network("::ffff:0:0:0/96"), 0),  # SIIT, RFC 2765
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (IPv6Network("64:ff9b:1::/48"), 0),  # local NAT64, RFC 8215, with a /96 prefix
    (IPv6Network("2002::/16"), 80),  # 6to4, RFC 3056
    (IPv6Network("2001::/32"), 64),  # Teredo's server, RFC 4380
)
_TEREDO = IPv6Network("2001::/32")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_ISATAP = 0x0000_5EFE


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """The address rules of one organisation in one process.

    `allow` holds host names, addresses and CIDRs; empty means every address that is not denied. `own_ports` are ports
    of the dashboard itself on any address of this machine; `own` holds further (address, port) pairs, such as its
    database: one whose address is this machine's is denied on all of this machine's addresses.
    """

    allow: tuple[str, ...] = ()
    own: frozenset[tuple[str, int]] = frozenset()
    own_ports: frozenset[int] = frozenset()

    def permits(self, address: Address | str, port: int, host: str = "") -> str | None:
        """None when `address` may be connected to, else why not: the reason of an EgressDenied.

        `host` is the name that led to the address, for an allow-list that holds names. Raises ValueError for text
        that is no IP address.
        """
        judged = tuple(_forms(ip_address(str(address))))
        for form in judged:
            if reason := _denied(form):
                return reason
        if any(self._is_own(form, port) for form in judged):
            return "own"
        return None if self._allowed(judged, host) else "not_allowed"

    async def resolve(self, host: str, port: int) -> tuple[Address, ...]:
        """The addresses of `host` that may be connected to, in the system's order.

        Raises Unreachable("unknown_host") for a name without addresses and EgressDenied when none of them is left.
        """
        return self.select(await look_up(host, port), port, host)

    def select(self, addresses: tuple[Address, ...], port: int, host: str) -> tuple[Address, ...]:
        """Those of a host's addresses that may be connected to. Raises EgressDenied when none is left."""
        verdicts = {address: self.permits(address, port, host) for address in addresses}
        kept = tuple(address for address, reason in verdicts.items() if reason is None)
        if not kept:
            raise EgressDenied(str(next(iter(verdicts.values()))), host=host, port=port)
        return kept

    def _is_own(self, address: Address, port: int) -> bool:
        if port in self.own_ports and _is_local(address):
            return True
        pairs = (own for own, own_port in self.own if own_port == port)
        return any(_same_machine(own, address) for own in pairs)

    def _allowed(self, forms: tuple[Address, ...], host: str) -> bool:
        if not self.allow:
            return True
        name = host.rstrip(".").lower()
        for entry in self.allow:
            network = _network(entry)
            if network is None and name == entry.rstrip(".").lower():
                return True
            if network is not None and any(form in network for form in forms):
                return True
        return False


async def look_up(host: str, port: int) -> tuple[Address, ...]:
    """Every address the system knows for `host`: the very spellings `connect` would take, such as 0x7f.1, included.

    Raises Unreachable: `unknown_host` when there is none, `name_lookup` when the name service itself failed.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(_ascii(host), port, type=socket.SOCK_STREAM)
    except socket.gaierror as err:
        temporary = err.errno in (socket.EAI_AGAIN, socket.EAI_FAIL)
        raise Unreachable("name_lookup" if temporary else "unknown_host", host=host, port=port) from err
    except (UnicodeError, ValueError, OSError) as err:
        raise Unreachable("unknown_host", host=host, port=port) from err
    return tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in found))


def _ascii(host: str) -> str:
    # Plain ASCII is left alone: names of containers hold underscores, which IDNA does not know.
    return host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")


def _denied(address: Address) -> str | None:
    for reason, networks in DENIED:
        if any(address in network for network in networks):
            return reason
    return None


def _forms(address: Address) -> Iterator[Address]:
    """The address and every IPv4 address that it may stand for."""
    yield address
    if not isinstance(address, IPv6Address) or int(address) == 1:  # ::1 is loopback, not the compatible 0.0.0.1
        return
    for network, shift in _EMBEDDED:
        if address in network:
            yield _ipv4(int(address) >> shift)
    if address in _LOCAL_NAT64:
        yield from _around_the_u_octet(int(address))
    if address in _TEREDO:
        yield _ipv4(~int(address))
    if (int(address) >> 32) & 0xFDFF_FFFF == _ISATAP:
        yield _ipv4(int(address))


def _around_the_u_octet(bits: int) -> Iterator[IPv4Address]:
    """RFC 6052, 2.2: with prefixes of 48, 56 and 64 bits the address is split around bits 64 to 71, which are zero."""
    without = (bits >> 64) << 56 | bits & (2**56 - 1)
    readings = (_ipv4(without >> (120 - prefix - 32)) for prefix in (48, 56, 64))
    # Nothing says which prefix is in use: read with the wrong one, every good address starts with zeros.
    yield from (reading for reading in readings if int(reading) >> 24)


def _ipv4(bits: int) -> IPv4Address:
    return IPv4Address(bits & 0xFFFF_FFFF)


def _same_machine(own: str, address: Address) -> bool:
    if own == ANY_LOCAL:
        return _is_local(address)
    try:
        mine = ip_address(own)
    except ValueError:
        return False
    return mine == address or ((mine.is_unspecified or _is_local(mine)) and _is_local(address))


def _is_local(address: Address) -> bool:
    """Whether this machine has the address: only then may a socket be bound to it. Sends nothing."""
    if address.is_loopback:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


def _network(entry: str) -> Network | None:
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None
