"""The circuit breaker: one for each source, decided locally, without timers and without I/O.

CLOSED ──failure_threshold FAILs in a row──► OPEN ──timeout_seconds──► HALF_OPEN ──probe OK / REACHED──► CLOSED
                                              ▲                            │
                                              └──────── probe FAIL ────────┘
A permit carries the generation it was given in and, in HALF_OPEN, the number of its probe; a settlement that comes
too late matches neither and changes nothing. `tests/resilience/test_breaker_machine.py` holds this to its table.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import BreakerOpen
from core.models import BreakerConfig, BreakerState, Outcome

FORCED_OPEN_RETRY_S = 60.0
"""What a caller is told to wait while a person holds the breaker open: nobody knows how long that is."""

# Bound once: looking a member up in its class takes longer than the rest of the comparison.
CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN
FORCED_OPEN, DISABLED = BreakerState.FORCED_OPEN, BreakerState.DISABLED
FAIL, VOID = Outcome.FAIL, Outcome.VOID

MANUAL = frozenset({FORCED_OPEN, DISABLED})
"""Set by a person; only a person ends them."""

ALREADY = -math.inf
"""The time of an admission that nothing holds up."""

Listener = Callable[[BreakerState, BreakerState], None]


@dataclass(slots=True, eq=False)
class Permit:
    """Leave for one attempt. `probe` is 0 except in HALF_OPEN."""

    generation: int
    probe: int = 0
    settled: bool = field(default=False, repr=False)
    lease: "Lease | None" = None


@dataclass(frozen=True, slots=True)
class Lease:
    """The one probe that all processes together have out: its generation and name in their shared record."""

    generation: int
    probe: str


class Breaker:
    """States and counts of one source. Thread-safe; the lock is never held across I/O, an await or a listener.

    `lease_s` is how long a probe may be out before another one is admitted in its place: it covers a holder that died.
    """

    def __init__(
        self,
        config: BreakerConfig | None = None,
        *,
        lease_s: float = 11.0,
        success_threshold: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config or BreakerConfig()
        self._lease_s = lease_s
        self._success_threshold = success_threshold
        self._clock = clock
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._state = CLOSED
        self._generation = 0
        self._failures = 0
        self._successes = 0
        self._until = ALREADY
        """When the next attempt is admitted: the end of an open window, or of the lease of the probe that is out."""
        self._probe = 0
        self._probes_given = 0
        self.stale_settlements = 0

    @property
    def state(self) -> BreakerState:
        """The state as it stands; reading it moves nothing, so an OPEN whose time is up reads OPEN until a call."""
        return self._state

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def failures(self) -> int:
        return self._failures

    @property
    def open_s(self) -> float:
        return self._config.timeout_seconds

    @property
    def lease_s(self) -> float:
        return self._lease_s

    def retry_after(self) -> float | None:
        """Seconds until the next admission (0 when the next call would be admitted); None while calls flow."""
        with self._lock:
            return None if self._state is CLOSED or self._state is DISABLED else self._wait()

    def listen(self, listener: Listener) -> None:
        """`listener(before, after)` is called after each change of state, outside the lock."""
        self._listeners.append(listener)

    def configure(self, config: BreakerConfig | None = None, *, lease_s: float | None = None) -> None:
        """New thresholds or another lease for what comes; a window that is already open keeps its end."""
        with self._lock:
            self._config = config or self._config
            # A threshold below what was counted opens at the next failure, not by itself.
            self._failures = min(self._failures, self._config.failure_threshold - 1)
            self._lease_s = lease_s or self._lease_s

    def acquire(self) -> Permit:
        """Leave for one attempt. Raises BreakerOpen with the true state and the wait in seconds."""
        with self._lock:
            before = self._state
            if wait := self._wait():
                raise BreakerOpen(wait, before)
            permit, after = self._admit(), self._state
        if before is not after:
            self._tell(before, after)
        return permit

    def settle(self, permit: Permit, outcome: Outcome) -> None:
        """Reports what the attempt proved. Each permit counts once; a stale one counts nothing."""
        with self._lock:
            before = self._state
            if permit.settled or permit.generation != self._generation:
                self.stale_settlements += 1
            else:
                permit.settled = True
                self._count(permit, outcome)
            after = self._state
        if before is not after:
            self._tell(before, after)

    def adopt(self, state: BreakerState, wait_s: float) -> None:
        """What other processes found: CLOSED, or calls held back for `wait_s`. What a person set outranks it."""
        with self._lock:
            before = self._state
            if before not in MANUAL:
                self._follow(state, wait_s)
            after = self._state
        self._tell(before, after)

    def withdraw(self, permit: Permit, wait_s: float) -> bool:
        """Takes back a probe that was not sent: OPEN for `wait_s`. False, and nothing else, for a stale permit."""
        with self._lock:
            before = self._state
            live = self._is_live(permit)
            if live:
                self._move(OPEN)
                self._until = self._clock() + wait_s
            after = self._state
        self._tell(before, after)
        return live

    def hasten(self, wait_s: float) -> None:
        """An OPEN ends after `wait_s` at the latest; never later than it would have."""
        with self._lock:
            if self._state is OPEN:
                self._until = min(self._until, self._clock() + wait_s)

    def is_live(self, permit: Permit) -> bool:
        """Whether this permit is the one probe that is out."""
        with self._lock:
            return self._is_live(permit)

    def force_open(self) -> None:
        """Refuses every call until `reset`."""
        self._set(FORCED_OPEN)

    def disable(self) -> None:
        """Admits every call and counts nothing until `reset`."""
        self._set(DISABLED)

    def reset(self) -> None:
        """CLOSED with nothing counted; whatever is under way no longer matters."""
        self._set(CLOSED)

    def renew(self) -> None:
        """As new, for another destination: nothing counted, nothing under way matters; what a person set stays."""
        held = self._state in MANUAL
        self._set(self._state if held else CLOSED)

    def _admit(self) -> Permit:
        """For whom there is no wait."""
        if self._state is OPEN:
            self._move(HALF_OPEN)
        if self._state is not HALF_OPEN:
            return Permit(self._generation)
        self._probes_given += 1
        self._probe = self._probes_given
        self._until = self._clock() + self._lease_s
        return Permit(self._generation, self._probe)

    def _wait(self) -> float:
        """Seconds until the next attempt is admitted; 0 while calls flow."""
        if self._state is FORCED_OPEN:
            return FORCED_OPEN_RETRY_S
        left = self._until - self._clock()
        return left if left > 0 else 0.0

    def _is_live(self, permit: Permit) -> bool:
        return permit.generation == self._generation and permit.probe == self._probe != 0

    def _follow(self, state: BreakerState, wait_s: float) -> None:
        if state is CLOSED:
            if self._state is not CLOSED:
                self._move(CLOSED)
            return
        if self._state is not OPEN:
            self._move(OPEN)
        self._until = self._clock() + wait_s

    def _count(self, permit: Permit, outcome: Outcome) -> None:
        if self._state is CLOSED:
            self._count_closed(outcome)
        elif self._state is HALF_OPEN:
            self._count_probe(permit, outcome)

    def _count_closed(self, outcome: Outcome) -> None:
        if outcome is FAIL:
            self._failures += 1
            if self._failures >= self._config.failure_threshold:
                self._move(OPEN)
        elif outcome is not VOID:
            self._failures = 0

    def _count_probe(self, permit: Permit, outcome: Outcome) -> None:
        if permit.probe != self._probe:
            self.stale_settlements += 1
            return
        self._probe, self._until = 0, ALREADY
        if outcome is FAIL:
            self._move(OPEN)
        elif outcome is not VOID:
            self._successes += 1
            if self._successes >= self._success_threshold:
                self._move(CLOSED)

    def _move(self, state: BreakerState) -> None:
        self._state = state
        self._generation += 1
        self._failures = self._successes = self._probe = 0
        self._until = self._clock() + self._config.timeout_seconds if state is OPEN else ALREADY

    def _set(self, state: BreakerState) -> None:
        with self._lock:
            before = self._state
            self._move(state)
        self._tell(before, state)

    def _tell(self, before: BreakerState, after: BreakerState) -> None:
        if before is not after:
            for listener in self._listeners:
                listener(before, after)
