"""The breaker against its state table, by random walks; and the walks against broken breakers."""

from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from core.errors import BreakerOpen
from core.models import BreakerConfig, BreakerState, Outcome
from core.resilience.breaker import Breaker, Permit

THRESHOLD, OPEN_S, LEASE_S, NEEDED = 3, 30.0, 10.0, 2  # small and uneven, to reach more states sooner
TICKS = st.sampled_from([0.5, 9.99, 10.0, 29.99, 30.0])
MANUAL = {
    "force_open": BreakerState.FORCED_OPEN,
    "disable": BreakerState.DISABLED,
    "reset": BreakerState.CLOSED,
}
PROFILE = settings(
    max_examples=300, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


class BreakerMachine(RuleBasedStateMachine):
    """Keeps its own idea of the breaker, written from the table, and compares after every step."""

    breaker_class: ClassVar[type[Breaker]] = Breaker
    permits: Bundle[Any] = Bundle("permits")

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        config = BreakerConfig(THRESHOLD, OPEN_S)
        self.breaker = self.breaker_class(config, lease_s=LEASE_S, success_threshold=NEEDED, clock=lambda: self.now)
        self.told: list[tuple[BreakerState, BreakerState]] = []
        self.breaker.listen(lambda before, after: self.told.append((before, after)))
        self.state, self.generation = BreakerState.CLOSED, 0
        self.failures = self.successes = 0
        self.until = self.probe_until = 0.0
        self.live_probe: Permit | None = None
        self.settled: list[Permit] = []

    def move(self, state: BreakerState) -> None:
        if state is BreakerState.OPEN:
            self.until = self.now + OPEN_S
        self.state, self.generation = state, self.generation + 1
        self.failures = self.successes = 0
        self.live_probe = None

    @initialize(target=permits, place=st.sampled_from(["new", "ready to probe", "after a dead holder"]))
    def begin(self, place: str) -> Any:
        """Most walks begin where the rare transitions are: OPEN with its time up, or HALF_OPEN with a second probe."""
        if place == "new":
            return multiple()
        for _ in range(THRESHOLD):
            self.settle(self.acquire(), Outcome.FAIL)
        self.now += OPEN_S
        if place == "ready to probe":
            return multiple()
        late = self.acquire()
        self.now += LEASE_S
        return multiple(late, self.acquire())

    @rule(seconds=TICKS)
    def tick(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=permits)
    def acquire(self) -> Permit | None:
        if self.state is BreakerState.OPEN and self.now >= self.until:
            self.move(BreakerState.HALF_OPEN)
        flows = self.state in (BreakerState.CLOSED, BreakerState.DISABLED)
        lease_free = self.live_probe is None or self.now >= self.probe_until
        admitted = flows or (self.state is BreakerState.HALF_OPEN and lease_free)
        if not admitted:
            with pytest.raises(BreakerOpen) as refusal:
                self.breaker.acquire()
            assert refusal.value.state is self.state
            assert refusal.value.retry_after is not None
            assert refusal.value.retry_after > 0
            return None
        permit = self.breaker.acquire()
        if self.state is BreakerState.HALF_OPEN:
            self.live_probe, self.probe_until = permit, self.now + LEASE_S
        return permit

    @rule(permit=permits, outcome=st.sampled_from(list(Outcome)))
    def settle(self, permit: Permit | None, outcome: Outcome) -> None:
        if permit is None:
            return
        first = not any(permit is other for other in self.settled)
        if first and permit.generation == self.generation:
            self.settled.append(permit)
            self.count(permit, outcome)
        self.breaker.settle(permit, outcome)

    def count(self, permit: Permit, outcome: Outcome) -> None:
        good = outcome in (Outcome.OK, Outcome.REACHED)
        if self.state is BreakerState.CLOSED:
            if outcome is Outcome.FAIL:
                self.failures += 1
                if self.failures == THRESHOLD:
                    self.move(BreakerState.OPEN)
            elif good:
                self.failures = 0
        elif self.state is BreakerState.HALF_OPEN and permit is self.live_probe:
            self.live_probe = None
            if outcome is Outcome.FAIL:
                self.move(BreakerState.OPEN)
            elif good:
                self.successes += 1
                if self.successes == NEEDED:
                    self.move(BreakerState.CLOSED)

    @rule(state=st.sampled_from([BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN]), wait_s=TICKS)
    def adopt(self, state: BreakerState, wait_s: float) -> None:
        """What other processes found: either calls flow, or they are held back for a while."""
        self.breaker.adopt(state, wait_s)
        if self.state in (BreakerState.FORCED_OPEN, BreakerState.DISABLED):
            return
        becomes = BreakerState.CLOSED if state is BreakerState.CLOSED else BreakerState.OPEN
        if becomes is not self.state:
            self.move(becomes)
        if becomes is BreakerState.OPEN:
            self.until = self.now + wait_s

    @rule(permit=permits, wait_s=TICKS)
    def withdraw(self, permit: Permit | None, wait_s: float) -> None:
        """Other processes have the one probe out: this one was not sent."""
        if permit is None:
            return
        live = permit is self.live_probe
        assert self.breaker.is_live(permit) is live
        assert self.breaker.withdraw(permit, wait_s) is live
        if live:
            self.move(BreakerState.OPEN)
            self.until = self.now + wait_s

    @rule(wait_s=TICKS)
    def hasten(self, wait_s: float) -> None:
        self.breaker.hasten(wait_s)
        if self.state is BreakerState.OPEN:
            self.until = min(self.until, self.now + wait_s)

    @rule(verb=st.sampled_from(sorted(MANUAL)))
    def manual(self, verb: str) -> None:
        getattr(self.breaker, verb)()
        self.move(MANUAL[verb])

    @rule()
    def renew(self) -> None:
        """Another destination: as new, but a person's hold stays."""
        self.breaker.renew()
        self.move(
            self.state if self.state in (BreakerState.FORCED_OPEN, BreakerState.DISABLED) else BreakerState.CLOSED
        )

    @invariant()
    def agrees(self) -> None:
        assert self.breaker.state is self.state
        assert self.breaker.generation == self.generation
        assert self.breaker.failures == self.failures < THRESHOLD
        if self.state is BreakerState.OPEN:
            assert self.breaker.retry_after() == max(0.0, self.until - self.now)
        assert all(before is not after for before, after in self.told)


def test_the_breaker_follows_its_table() -> None:
    run_state_machine_as_test(BreakerMachine, settings=PROFILE)


class NoGenerationCheck(Breaker):
    def settle(self, permit: Permit, outcome: Outcome) -> None:
        permit.generation = self.generation
        super().settle(permit, outcome)


class NoProbeCheck(Breaker):
    def _count_probe(self, permit: Permit, outcome: Outcome) -> None:
        permit.probe = self._probe
        super()._count_probe(permit, outcome)


class NoLiveProbeGate(Breaker):
    def _wait(self) -> float:
        return 0.0 if self._state is BreakerState.HALF_OPEN else super()._wait()


class VoidResets(Breaker):
    def _count_closed(self, outcome: Outcome) -> None:
        super()._count_closed(Outcome.OK if outcome is Outcome.VOID else outcome)


class FollowsAgainstAPerson(Breaker):
    def adopt(self, state: BreakerState, wait_s: float) -> None:
        with self._lock:
            self._follow(state, wait_s)


class WithdrawsWhatIsStale(Breaker):
    def _is_live(self, permit: Permit) -> bool:
        return self._probe != 0


class HastensToLater(Breaker):
    def hasten(self, wait_s: float) -> None:
        if self._state is BreakerState.OPEN:
            self._until = self._clock() + wait_s


LOCAL = [NoGenerationCheck, NoProbeCheck, NoLiveProbeGate, VoidResets]
SHARED = [FollowsAgainstAPerson, WithdrawsWhatIsStale, HastensToLater]


@pytest.mark.parametrize("broken", LOCAL + SHARED)
def test_the_machine_notices_a_broken_breaker(broken: type[Breaker]) -> None:
    machine = type("Broken", (BreakerMachine,), {"breaker_class": broken})
    # The same walks each time: whether they notice must not be a matter of luck.
    walks = settings(PROFILE, max_examples=2000, phases=[Phase.generate], derandomize=True)
    with pytest.raises((AssertionError, ExceptionGroup, pytest.fail.Exception)):
        run_state_machine_as_test(machine, settings=walks)
