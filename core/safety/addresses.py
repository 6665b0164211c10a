"""What an IP address is: what no source can have, what it embeds, whether it is this machine's."""

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

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
    (IPv6Network("2002::/16"), 80),  # 6to4, RFC 3056
    (IPv6Network("2001::/32"), 64),  # Teredo's server, RFC 4380
)
_TEREDO = IPv6Network("2001::/32")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215
_ISATAP = 0x0000_5EFE  # RFC 5214


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says of where it leads: the address, those that it embeds, and why no source can be there, if so."""

    address: Address
    embedded: tuple[IPv4Address, ...]
    denied: str | None
    embeds_denied: bool

    @property
    def all(self) -> tuple[Address, ...]:
        return self.address, *self.embedded


@lru_cache(maxsize=4096)
def read(text: str) -> Reading:
    """Every dial asks several times, for few addresses. Raises ValueError for text that is no IP address."""
    address = ip_address(text.partition("%")[0])  # a zone chooses an interface, not another address
    inner = tuple(embedded(address))
    return Reading(address, inner, denied(address), any(map(denied, inner)))


def denied(address: Address) -> str | None:
    """The reason why no source can be at an address; None where one can."""
    for reason, networks in DENIED:
        if any(address in network for network in networks):
            return reason
    return None


def embedded(address: Address) -> Iterator[IPv4Address]:
    """Every IPv4 address that an IPv6 address may stand for."""
    if not isinstance(address, IPv6Address) or int(address) == 1:  # ::1 is loopback, not the compatible 0.0.0.1
        return
    for network, shift in _EMBEDDED:
        if address in network:
            yield _ipv4(int(address) >> shift)
    if address in _LOCAL_NAT64:
        yield from _local_nat64(int(address))
    if address in _TEREDO:
        yield _ipv4(~int(address))
    if (int(address) >> 32) & 0xFDFF_FFFF == _ISATAP:
        yield _ipv4(int(address))


def _local_nat64(bits: int) -> Iterator[IPv4Address]:
    """RFC 6052, 2.2: an address after 96 bits, or after 48, 56 or 64 and then split around bits 64 to 71.

    Nothing in the address says which. Read with the wrong length, most good addresses start with a zero: a reading
    in 0.0.0.0/8 counts only where no other one is left.
    """
    without_u = (bits >> 64) << 56 | bits & (2**56 - 1)
    readings = [_ipv4(bits), *(_ipv4(without_u >> (88 - length)) for length in (48, 56, 64))]
    yield from [reading for reading in readings if int(reading) >> 24] or readings


def _ipv4(bits: int) -> IPv4Address:
    return IPv4Address(bits & 0xFFFF_FFFF)


def same_machine(own: str, address: Address) -> bool:
    if own == ANY_LOCAL:
        return is_local(address)
    try:
        mine = ip_address(own)
    except ValueError:
        return False
    return mine == address or ((mine.is_unspecified or is_local(mine)) and is_local(address))


def is_local(address: Address) -> bool:
    """Whether this machine has the address: only then may a socket be bound to it. Sends nothing."""
    if address.is_loopback:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError as err:
        return err.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True
