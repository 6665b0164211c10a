"""Which addresses may be connected to.

A dashboard for internal sources must reach private hosts, so what is denied is what no source can be: this machine's
metadata service, link-local, unspecified, broadcast and multicast addresses, and the dashboard's own doors. A name is
resolved once, here; connectors dial the addresses this module returned, so that nothing can be rebound in between.
"""

import asyncio
import errno
import re
import socket
from collections.abc import Collection, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import idna

from core.errors import EgressDenied, Unreachable
from core.models import FieldError, Message

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

REASONS = (*dict.fromkeys(reason for reason, _ in _DENIED), "embedded", "own", "not_allowed", "unix_socket")
"""Of an EgressDenied from these rules."""

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
_HOST = re.compile(r"[A-Za-z0-9._:%-]+")


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """The address rules of one organisation in one process.

    `own_ports` are ports of the dashboard itself on any address of this machine. `allow` holds host names, addresses
    and CIDRs; empty means every address that is not denied. It is read at every judgement: a list that changes is
    obeyed by the next request, over connections that stand already too. `own` holds further (address, port) pairs,
    such as the dashboard's database: one whose address is this machine's is denied on all of this machine's addresses.
    """

    own_ports: frozenset[int] = frozenset()
    allow: Collection[str] = ()
    own: frozenset[tuple[str, int]] = frozenset()

    def refusal(self, address: str, port: int, host: str = "") -> str | None:
        """None when `address` may be connected to, else the reason of an EgressDenied.

        `host` is the name that led to the address, for an allow-list that holds names. Raises ValueError for text
        that is no IP address.
        """
        outer = ip_address(address.partition("%")[0])  # a zone chooses an interface, not another address
        inner = tuple(_embedded(outer))
        if reason := _denied(outer):
            return reason
        if any(self._is_own(each, port) for each in (outer, *inner)):
            return "own"
        if any(map(_denied, inner)):
            return "embedded"
        return None if self._allowed(outer, host) else "not_allowed"

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of `host` that may be connected to, as numeric text, in the system's order.

        Raises Unreachable for a name without addresses (see `look_up`) and EgressDenied when none of them is left.
        """
        return self.select(await look_up(host, port), port, host)

    def select(self, addresses: tuple[str, ...], port: int, host: str) -> tuple[str, ...]:
        """Those of a host's addresses that may be connected to. Raises EgressDenied when none is left."""
        verdicts = {address: self.refusal(address, port, host) for address in addresses}
        kept = tuple(address for address, reason in verdicts.items() if reason is None)
        if not kept:
            raise _egress_denied(str(next(iter(verdicts.values()))), host, port)
        if (dialling := current.get()) is not None:
            dialling.admit(host, kept, port)
        return kept

    def _is_own(self, address: Address, port: int) -> bool:
        if port in self.own_ports and _is_local(address):
            return True
        pairs = (own for own, own_port in self.own if own_port == port)
        return any(_same_machine(own, address) for own in pairs)

    def _allowed(self, address: Address, host: str) -> bool:
        if not self.allow:
            return True
        # Of the embedding forms only a mapped address is surely carried to the IPv4 address in it.
        dialled = (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
        name = _name(host)
        return any(_matches(entry, dialled, name) for entry in self.allow)


class Dialling:
    """What is dialled on behalf of one source, under its rules.

    A socket's address does not tell the name that led there: `admit` keeps it, for an allow-list that holds names.
    """

    def __init__(self, policy: EgressPolicy) -> None:
        self._policy = policy
        self._names: dict[tuple[str, int], set[str]] = {}
        self._dialled: set[tuple[str, int]] = set()

    def admit(self, host: str, addresses: tuple[str, ...], port: int) -> None:
        for address in addresses:
            self._names.setdefault((address, port), set()).add(host)

    def refusal(self, address: Any) -> str | None:
        """The reason of an EgressDenied, or None. `address` is what a socket's `connect` was given."""
        if not isinstance(address, tuple):
            return "unix_socket"
        found = str(address[0]).partition("%")[0], address[1]
        try:
            reason = self._reason(*found)
        except ValueError:
            # A name: the socket would look it up itself, and nobody would see to what.
            return "not_allowed"
        if reason is None:
            self._dialled.add(found)
        return reason

    def is_revoked(self) -> bool:
        """Whether an address that was dialled may no longer be: the rules have changed since."""
        return any(self._reason(*address) for address in self._dialled)

    def forget(self) -> None:
        """No connection is left."""
        self._dialled.clear()
        self._names.clear()

    def _reason(self, address: str, port: int) -> str | None:
        reasons = [self._policy.refusal(address, port, host) for host in ("", *self._names.get((address, port), ()))]
        return None if None in reasons else reasons[0]


current: ContextVar[Dialling | None] = ContextVar("dialling", default=None)
"""Set by `guarded_dialling`."""


async def look_up(host: str, port: int) -> tuple[str, ...]:
    """Every address the system knows for `host`: the very spellings `connect` would take, such as 0x7f.1, included.

    Raises Unreachable: `unknown_host` when there is none, `name_lookup` when the name service itself failed; and
    EgressDenied("unix_socket") for the path of a socket, which libpq would take for a host.
    """
    name = host.removesuffix(".")
    if name.startswith(("/", "@")):
        raise _egress_denied("unix_socket", host, port)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(ascii_name(name), port, type=socket.SOCK_STREAM)
    except socket.gaierror as err:
        temporary = err.errno in (socket.EAI_AGAIN, socket.EAI_FAIL)
        raise _unreachable("name_lookup" if temporary else "unknown_host", host, port) from err
    except UnicodeError as err:
        raise _unreachable("unknown_host", host, port) from err
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _egress_denied(reason: str, host: str, port: int) -> EgressDenied:
    fields = (FieldError("config.host", Message("error.egress_denied")),)
    return EgressDenied(reason, fields=fields, host=host, port=port)


def _unreachable(reason: str, host: str, port: int) -> Unreachable:
    fields = (FieldError("config.host", Message(f"error.unreachable.{reason}", {"host": host, "port": port})),)
    return Unreachable(reason, fields=fields, host=host, port=port)


def ascii_name(name: str) -> str:
    """A host's name as the name service takes it. Raises UnicodeError for what can be none.

    Plain ASCII is left alone: names of containers hold underscores, which IDNA does not know.
    """
    plain = name if name.isascii() else idna.encode(name, uts46=True).decode("ascii")
    # The resolver stops reading at a NUL and takes `*` for this machine: it must see names only.
    if not _HOST.fullmatch(plain):
        raise UnicodeError("not a host name")
    return plain


def _denied(address: Address) -> str | None:
    for reason, networks in DENIED:
        if any(address in network for network in networks):
            return reason
    return None


def _embedded(address: Address) -> Iterator[IPv4Address]:
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
    except OSError as err:
        return err.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    return True


def _matches(entry: str, address: Address, name: str) -> bool:
    try:
        return address in ip_network(entry, strict=False)
    except ValueError:
        return bool(name) and _name(entry) == name


def _name(host: str) -> str:
    """One spelling of a name: small ASCII letters, without the dot of the root."""
    plain = host.removesuffix(".")
    try:
        return ascii_name(plain).lower()
    except UnicodeError:
        return ""
