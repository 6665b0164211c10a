"""The last line before the network: every address that Python code connects to is judged once more, as it is dialled.

Drivers find further members by themselves (a replica set names them in its answers), and some have no hook of their
own. `sys.addaudithook` sees each `socket.connect` of Python's own sockets, and each datagram that names where it goes,
with the address that will truly be used. What is implemented in C with sockets of its own (libpq) is not seen, nor are
threads that a driver starts without its caller's context.
"""

import functools
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES
from typing import Any

from core.errors import EgressDenied
from core.safety.egress import REASONS, Dialling, EgressPolicy, current

_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_REASON = re.compile(rf"egress denied: ({'|'.join(REASONS)})\b")


class DialRefused(OSError):
    """What the socket's `connect` raises; `egress_denied` finds the reason in whatever a driver makes of its text.

    An OSError, because drivers take those for an address that does not answer: they close the socket and go on.
    """

    def __init__(self, reason: str, address: Any) -> None:
        super().__init__(EACCES, f"egress denied: {reason}")
        self.reason, self.address = reason, address

    def denied(self) -> EgressDenied:
        """The same for a connector's caller."""
        host, port = self.address[:2] if isinstance(self.address, tuple) else (str(self.address), 0)
        return EgressDenied(self.reason, host=str(host), port=port)


def egress_denied(text: str, host: str, port: int) -> EgressDenied | None:
    """The error behind a driver's words about a connection that failed; None when it failed by itself."""
    found = _REASON.search(text)
    return EgressDenied(found[1], host=host, port=port) if found else None


class guarded_dialling:  # noqa: N801 - a context manager, written out: it is in every call of every source
    """Judges every connection that its block, and every task begun in it, opens. Outside of it nothing is judged."""

    __slots__ = ("_dialling", "_token")

    def __init__(self, dialling: Dialling | EgressPolicy) -> None:
        self._dialling = dialling if isinstance(dialling, Dialling) else Dialling(dialling)

    def __enter__(self) -> Dialling:
        _install()
        self._token = current.set(self._dialling)
        return self._dialling

    def __exit__(self, *_exception: object) -> None:
        current.reset(self._token)


@contextmanager
def unjudged() -> Iterator[None]:
    """For what this machine dials by its own settings, whatever the rules for a source: its name servers."""
    token = current.set(None)
    try:
        yield
    finally:
        current.reset(token)


@functools.cache
def _install() -> None:
    # Once a process: an audit hook can never be taken out again.
    sys.addaudithook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event not in _EVENTS:
        return
    guard, address = current.get(), args[1]
    # A message without an address goes to where its socket is connected already.
    if guard is None or address is None:
        return
    if reason := guard.refusal(address):
        raise DialRefused(reason, address)
    if event == "socket.connect":
        guard.dials(args[0])
