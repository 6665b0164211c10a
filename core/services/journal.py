"""What happens to one breaker, noted in the moment it happens, whoever made it happen: a ping, a sample, a probe."""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from core.guarded import GuardedConnector
from core.models import BreakerState, Event
from core.services.evidence import diagnosis_to_json

WAITING_MAX = 100
"""Events of one source that wait while the database takes none; the oldest go."""


class Journal:
    """Events of one source on their way to storage. Lives on the background loop.

    `since` is when the breaker last changed, `tell` is called when something waits to be written.
    """

    def __init__(self, guard: GuardedConnector, clock: Callable[[], datetime]) -> None:
        self.since: datetime | None = None
        self.tell: Callable[[], None] = _nobody
        self._guard, self._clock = guard, clock
        self._waiting: deque[Event] = deque(maxlen=WAITING_MAX)
        self._by_person = False
        guard.breaker.listen(self._on_change)

    @property
    def waits(self) -> bool:
        return bool(self._waiting)

    def note(self, event: Event) -> None:
        self._waiting.append(event)

    def take(self) -> tuple[Event, ...]:
        """What waits, oldest first; it is the caller's now."""
        taken = tuple(self._waiting)
        self._waiting.clear()
        return taken

    def give_back(self, events: tuple[Event, ...]) -> None:
        """They could not be written: they go before what happened since."""
        self._waiting = deque((*events, *self._waiting), maxlen=WAITING_MAX)

    def by_person(self, act: Callable[[], None], when: datetime) -> None:
        """A change that a person made at `when`: it was written down where it was made, with who and why."""
        before, self._by_person = self._guard.breaker.state, True
        try:
            act()
        finally:
            self._by_person = False
        if self._guard.breaker.state is not before:
            self.since = when

    def _on_change(self, before: BreakerState, after: BreakerState) -> None:
        if self._by_person:
            return
        self.since = self._clock()
        if self._guard.adopting:
            self.tell()  # The process in which it happened writes the event.
            return
        data: dict[str, Any] = {"from": before.value, "to": after.value}
        if self._guard.cause is not None:
            data["diagnosis"] = diagnosis_to_json(self._guard.cause.diagnosis())
        self.note(Event(self.since, "breaker", data))
        self.tell()


def _nobody() -> None:
    return
