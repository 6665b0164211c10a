"""What the processes of one installation share about a source's breaker: its trips, and the lease of one probe.

Each source has one record. The local breaker always decides; it is told what the others found, and asks only before it
sends a probe. `core.resilience.gate` is the one user of this port, `core.resilience.redis_records` keeps it in Redis.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core.models import BreakerState


class SharedTrouble(Exception):
    """The shared records cannot be read or written now: the last known state stands."""


@dataclass(frozen=True, slots=True)
class View:
    """A record as it is: CLOSED, OPEN or HALF_OPEN, and the seconds until its next probe may be asked for.

    Each change of state has a higher generation than the one before, 0 is that of a record that is not there.
    """

    state: BreakerState
    generation: int
    wait_s: float


ABSENT = View(BreakerState.CLOSED, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a request was carried out, and the record as it is now."""

    done: bool
    view: View


@dataclass(frozen=True, slots=True)
class Place:
    """Whose record, the generation up to which the asker knows it, and the seconds that a changed record is kept."""

    source: str
    known: int
    keep_s: float


class SharedRecords(Protocol):
    """The records of all sources. Every request is bounded and raises SharedTrouble; nothing is ever tried twice."""

    @property
    def degraded(self) -> bool:
        """Whether the records are out of reach, so that each process decides alone."""
        ...

    def watch(self, source: str, seen: Callable[[View], None]) -> None:
        """`seen` is called with every change of the record, and with the record itself about each second."""
        ...

    def unwatch(self, source: str) -> None: ...

    async def view(self, source: str) -> View: ...

    async def lease(self, place: Place, probe: str, lease_s: float) -> Answer:
        """The right to send the one probe. Refused while another one is out, before its time, and when a newer
        generation is CLOSED. A refusal leaves the record as it is."""
        ...

    async def settle(self, place: Place, probe: str, becomes: BreakerState, open_s: float) -> Answer:
        """Ends a lease: CLOSED, OPEN for `open_s`, or HALF_OPEN without a probe. Only its holder may: `place.known` is
        the generation of the lease."""
        ...

    async def trip(self, place: Place, open_s: float) -> Answer:
        """OPEN for `open_s`. Refused where a newer generation is known to others, a window is still open or a probe is
        out: neither is ever extended."""
        ...

    async def reset(self, place: Place) -> Answer:
        """CLOSED by a person. Refused for a generation that this person did not see."""
        ...
