"""The last line before the network: every address that Python code connects to is judged once more, as it is dialled.

Drivers find further members by themselves (a replica set names them in its answers), and some have no hook of their
own. `sys.addaudithook` sees each `socket.connect` of Python's own sockets with the address that will truly be used.
What is implemented in C with sockets of its own (libpq) is not seen.
"""

import functools
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from errno import EACCES
from typing import Any

from core.errors import EgressDenied
from core.safety.egress import EgressPolicy

_REASON = re.compile(r"egress denied: (\w+)")


class Dialling:
    """The address rules for what is dialled on behalf of one source.

    `admit` names addresses that a name on the allow-list led to: an address alone does not tell its name.
    """

    def __init__(self, policy: EgressPolicy) -> None:
        self._policy = policy
        self._admitted: set[tuple[str, int]] = set()

    def admit(self, addresses: tuple[str, ...], port: int) -> None:
        self._admitted.update((address, port) for address in addresses)

    def refusal(self, address: Any) -> str | None:
        """The reason of an EgressDenied, or None. `address` is what a socket's `connect` was given."""
        if not isinstance(address, tuple):
            return "unix_socket"
        host, port = str(address[0]).partition("%")[0], address[1]
        try:
            reason = self._policy.refusal(host, port)
        except ValueError:
            # A name: the socket would look it up itself, and nobody would see to what.
            return "not_allowed"
        return None if reason == "not_allowed" and (host, port) in self._admitted else reason


_current: ContextVar[Dialling | None] = ContextVar("dialling", default=None)


class DialRefused(OSError):
    """What the socket's `connect` raises; `egress_denied` finds the reason in whatever a driver makes of its text.

    An OSError, because drivers take those for an address that does not answer: they close the socket and go on.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(EACCES, f"egress denied: {reason}")


def egress_denied(text: str, host: str, port: int) -> EgressDenied | None:
    """The error behind a driver's words about a connection that failed; None when it failed by itself."""
    found = _REASON.search(text)
    return EgressDenied(found[1], host=host, port=port) if found else None


@contextmanager
def guarded_dialling(dialling: Dialling | EgressPolicy) -> Iterator[Dialling]:
    """Judges every connection that this block, and every task begun in it, opens. Outside of it nothing is judged."""
    _install()
    guard = dialling if isinstance(dialling, Dialling) else Dialling(dialling)
    token = _current.set(guard)
    try:
        yield guard
    finally:
        _current.reset(token)


@functools.cache
def _install() -> None:
    # Once a process: an audit hook can never be taken out again.
    sys.addaudithook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    guard = _current.get()
    if guard is not None and (reason := guard.refusal(args[1])):
        raise DialRefused(reason)
