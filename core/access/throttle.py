"""Holds up whoever guesses passwords, without shutting the owner of the account out."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from core.errors import TooManyRequests
from core.folding import fold

WINDOW_S = 15 * 60.0
FREE = 4
"""Failures of an account within the window that cost nothing; the next one makes the first wait."""
WAIT_MAX_S = 60.0
ACCOUNTS_MAX = 10_000
KNOWN_MAX = 8
"""Addresses remembered for an account, the last ones from which it signed in."""
LINES, LINES_S = 10, 60.0
"""So many refusals of one address are written down within that time: a flood must not fill the audit."""

Key = tuple[str, str | None]


class Attempt:
    """One try that was let through. It counts as a failure until it is said to have succeeded: of many at once none
    slips by, and leaving before the answer gains nothing."""

    def __init__(self, throttle: "Throttle", name: str, address: str | None, key: Key) -> None:
        self._throttle, self._name, self._address, self._key = throttle, name, address, key

    def succeeded(self) -> None:
        self._throttle.admitted(self._name, self._address, self._key)


class Throttle:
    """A wait that doubles from 1 s to 60 s with each failure of an account after the fourth in 15 minutes.

    Somebody who comes from an address from which the account signed in before has a count of their own, so that
    strangers elsewhere cannot hold them up. Names that nobody has are treated alike. Lives in this process's memory.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures: OrderedDict[Key, deque[float]] = OrderedDict()
        self._known: OrderedDict[str, deque[str]] = OrderedDict()
        self._lines: OrderedDict[str | None, deque[float]] = OrderedDict()

    def attempt(self, name: str, address: str | None) -> Attempt:
        """Raises TooManyRequests while the account waits; a refused try makes no wait longer."""
        name = fold(name)
        key = (name, address if address in self._known.get(name, ()) else None)
        failures, now = self._failures_of(key), self._monotonic()
        left = _wait_s(failures, now)
        if left > 0:
            raise TooManyRequests("sign_in", retry_after=left)
        failures.append(now)
        return Attempt(self, name, address, key)

    def admitted(self, name: str, address: str | None, key: Key) -> None:
        """The right password, from this address: the count begins anew."""
        self._failures.pop(key, None)
        self.knows(name, address)

    def knows(self, name: str, address: str | None) -> None:
        """Somebody signed in from this address, whichever way: strangers elsewhere hold it up no more."""
        name = fold(name)
        if address is not None:
            known = self._known.setdefault(name, deque(maxlen=KNOWN_MAX))
            if address in known:
                known.remove(address)
            known.append(address)
            _keep_newest(self._known, name)

    def worth_a_line(self, address: str | None) -> bool:
        """Whether one more refusal of this address is to be written down. Asked once for each."""
        lines, now = self._lines.setdefault(address, deque(maxlen=LINES)), self._monotonic()
        _keep_newest(self._lines, address)
        if len(lines) == LINES and now - lines[0] < LINES_S:
            return False
        lines.append(now)
        return True

    def _failures_of(self, key: Key) -> deque[float]:
        found = self._failures.setdefault(key, deque(maxlen=FREE + 8))
        _keep_newest(self._failures, key)
        return found


def _wait_s(failures: deque[float], now: float) -> float:
    recent = sum(1 for moment in failures if now - moment < WINDOW_S)
    if recent <= FREE:
        return 0.0
    wait_s = min(WAIT_MAX_S, 2.0 ** (recent - FREE - 1))
    return failures[-1] + wait_s - now


def _keep_newest(kept: OrderedDict[Any, Any], key: Any) -> None:
    kept.move_to_end(key)
    if len(kept) > ACCOUNTS_MAX:
        kept.popitem(last=False)
