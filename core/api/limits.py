"""How often a token may ask, and how often an address may be wrong about who it is. Each process counts for itself."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from core.errors import TooManyRequests
from core.models import Rate
from core.settings import Settings

KEYS_MAX = 10_000
NETWORK_BITS = 64
"""Of an IPv6 address: everybody has as many addresses in their own network as they like."""


@dataclass(slots=True)
class _Count:
    window: int
    now: int
    before: int


class Counter:
    """Counts by key in a window that slides: what the window before held fades out evenly.

    At most KEYS_MAX keys are known, whoever asks; the one that was longest quiet is forgotten first.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._clock = rate, clock
        self._counts: dict[str, _Count] = {}

    def require(self, key: str) -> None:
        """Raises TooManyRequests, with the seconds until there is room again, while the key is at its limit."""
        if not self._rate.count or key not in self._counts:
            return
        window, passed = self._present()
        count = _moved(self._counts[key], window)
        if count.now + count.before * (1 - passed) >= self._rate.count:
            raise TooManyRequests(retry_after=self._wait(count, passed))

    def add(self, key: str) -> None:
        if not self._rate.count:
            return
        window, _ = self._present()
        count = _moved(self._counts.pop(key, _Count(window, 0, 0)), window)
        count.now += 1
        self._counts[key] = count
        while len(self._counts) > KEYS_MAX:
            self._counts.pop(next(iter(self._counts)))

    def take_back(self, key: str) -> None:
        """One of those that were added lately."""
        if key in self._counts:
            self._counts[key].now = max(0, self._counts[key].now - 1)

    def _present(self) -> tuple[int, float]:
        """The number of the window that runs, and which share of it has passed."""
        windows = self._clock() / self._rate.seconds
        return int(windows), windows - int(windows)

    def _wait(self, count: _Count, passed: float) -> float:
        """Until less than the rate is left: in this window, or in the next one, in which `now` fades out."""
        limit, now, before = self._rate.count, count.now, count.before
        share = 1 - (limit - now) / before if now < limit else 2 - limit / now
        return max(share - passed, 0.0) * self._rate.seconds


def _moved(count: _Count, window: int) -> _Count:
    if count.window == window:
        return count
    return _Count(window, 0, count.now if count.window == window - 1 else 0)


class Limits:
    """Tokens are known by their hash; a bad one is counted for the address that sent it."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._tokens = Counter(Rate.parse(settings.rate_limit_token), clock)
        self._addresses = Counter(Rate.parse(settings.rate_limit_address), clock)

    def require_token(self, token: str) -> None:
        """Raises TooManyRequests."""
        self._tokens.require(_digest(token))

    def used(self, token: str) -> None:
        """Of a token that is good: what nobody has given out is never remembered."""
        self._tokens.add(_digest(token))

    def require_address(self, address: str | None) -> None:
        """Raises TooManyRequests for one that was wrong too often."""
        self._addresses.require(network(address))

    def begin(self, address: str | None) -> None:
        """One more try, which counts as wrong until it is forgiven. Raises TooManyRequests."""
        self.require_address(address)
        self.wrong(address)

    def forgive(self, address: str | None) -> None:
        self._addresses.take_back(network(address))

    def wrong(self, address: str | None) -> None:
        """A failed sign-in, or a bad token."""
        self._addresses.add(network(address))


def network(address: str | None) -> str:
    """What counts as one address: an IPv4 address, or the /64 that an IPv6 address lies in."""
    if address is None or ":" not in address:
        return address or ""
    return str(int(ip_address(address.partition("%")[0])) >> (128 - NETWORK_BITS))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
