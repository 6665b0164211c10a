"""Which addresses may be connected to.

A dashboard for internal sources must reach private hosts, so what is denied is what no source can be: this machine's
metadata service, link-local, unspecified, broadcast and multicast addresses, and the dashboard's own doors. A name is
resolved once, here; connectors dial the addresses this module returned, so that nothing can be rebound in between.
"""

import socket
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any
from weakref import ref

from core.errors import EgressDenied, Unreachable
from core.models import FieldError, Message
from core.safety.addresses import DENIED, Address, is_local, read, same_machine
from core.safety.allow_list import listed
from core.safety.look_ups import addresses_of
from core.safety.names import ascii_name, plain_name

REASONS = (*dict.fromkeys(reason for reason, _ in DENIED), "embedded", "own", "not_allowed", "unix_socket")
"""Of an EgressDenied from these rules."""


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
        found = read(address)
        if found.denied:
            return found.denied
        if self._has_own(port) and any(self._is_own(each, port) for each in found.all):
            return "own"
        if found.embeds_denied:
            return "embedded"
        return None if not self.allow or self._allowed(found.address, host) else "not_allowed"

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

    def _has_own(self, port: int) -> bool:
        return port in self.own_ports or bool(self.own)

    def _is_own(self, address: Address, port: int) -> bool:
        if port in self.own_ports and is_local(address):
            return True
        pairs = (own for own, own_port in self.own if own_port == port)
        return any(same_machine(own, address) for own in pairs)

    def _allowed(self, address: Address, host: str) -> bool:
        # Of the embedding forms only a mapped address is surely carried to the IPv4 address in it.
        dialled = (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
        return listed(tuple(self.allow)).admits(dialled, plain_name(host))


class Dialling:
    """What is dialled on behalf of one source, under its rules.

    A socket's address does not tell the name that led there: `admit` keeps it, for an allow-list that holds names.
    """

    __slots__ = ("_dialled", "_names", "_policy", "_sockets")

    def __init__(self, policy: EgressPolicy) -> None:
        self._policy = policy
        self._names: dict[tuple[str, int], set[str]] = {}
        self._dialled: set[tuple[str, int]] = set()
        self._sockets: set[ref[socket.socket]] = set()

    def of_its_own(self) -> "Dialling":
        """The same rules, names and addresses for a client whose sockets are told apart from those of others."""
        other = Dialling(self._policy)
        other._names, other._dialled = self._names, self._dialled
        return other

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

    def dials(self, found: socket.socket) -> None:
        """A socket that begins to connect."""
        self._sockets.add(ref(found, self._sockets.discard))

    def hang_up(self) -> None:
        """Closes whatever a driver that has ended left open. Its transports must be gone, or aborted.

        PyMongo, cancelled while it connects, leaves the socket to the garbage collector: until that comes the kernel
        goes on knocking.
        """
        for each in tuple(self._sockets):
            if (found := each()) is not None:
                found.close()

    def is_revoked(self) -> bool:
        """Whether an address that was dialled may no longer be: the rules have changed since."""
        return any(self._reason(*address) for address in self._dialled)

    def forget(self) -> None:
        """No connection is left."""
        self._dialled.clear()
        self._names.clear()

    def _reason(self, address: str, port: int) -> str | None:
        reason = self._policy.refusal(address, port)
        if reason is None:
            return None
        named = self._names.get((address, port), ())
        return None if any(self._policy.refusal(address, port, host) is None for host in named) else reason


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
        return await addresses_of(ascii_name(name))
    except socket.gaierror as err:
        temporary = err.errno in (socket.EAI_AGAIN, socket.EAI_FAIL)
        raise _unreachable("name_lookup" if temporary else "unknown_host", host, port) from err
    except UnicodeError as err:
        raise _unreachable("unknown_host", host, port) from err


def _egress_denied(reason: str, host: str, port: int) -> EgressDenied:
    fields = (FieldError("config.host", Message("error.egress_denied")),)
    return EgressDenied(reason, fields=fields, host=host, port=port)


def _unreachable(reason: str, host: str, port: int) -> Unreachable:
    fields = (FieldError("config.host", Message(f"error.unreachable.{reason}", {"host": host, "port": port})),)
    return Unreachable(reason, fields=fields, host=host, port=port)
