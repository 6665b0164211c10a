"""The ladder of checks: how far it is, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.models.messages import Check, Message
from core.models.states import CheckStatus

STEPS = ("config", "dns", "egress", "tcp", "tls", "auth", "permission", "read_only", "sample")
"""Every rung in its order. The address rules come after the name lookup: they judge the addresses that it found."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as it was when all was last well; `step` is the rung that shows it."""

    step: str
    message: Message


@dataclass(frozen=True, slots=True)
class Ladder:
    """A ladder climbed to its end. `changes` tell it from the last one that held, which was climbed at `good_at`.

    `outdated`: the source's settings have been changed since.
    """

    checks: tuple[Check, ...]
    climbed_at: datetime
    changes: tuple[Change, ...] = ()
    good_at: datetime | None = None
    outdated: bool = False

    @property
    def ok(self) -> bool:
        return failed(self.checks) is None


@dataclass(frozen=True, slots=True)
class LadderView:
    """A moment of a climb. `changes` and `good_at` are there once it is finished."""

    id: UUID
    checks: tuple[Check, ...]
    finished: bool
    cancelled: bool
    elapsed_ms: float
    changes: tuple[Change, ...] = ()
    good_at: datetime | None = None

    @property
    def ok(self) -> bool:
        """Whether it came to its end and no rung failed."""
        return self.finished and not self.cancelled and failed(self.checks) is None

    @property
    def ahead(self) -> tuple[str, ...]:
        """Steps that are not yet climbed, the one under way first."""
        return steps_after(self.checks)


def failed(checks: tuple[Check, ...]) -> Check | None:
    """The first rung that did not hold."""
    return next((check for check in checks if check.status is CheckStatus.FAILED), None)


def steps_after(checks: tuple[Check, ...]) -> tuple[str, ...]:
    """The steps above the last one climbed that is one of ours."""
    climbed = [STEPS.index(check.step) for check in checks if check.step in STEPS]
    return STEPS[max(climbed, default=-1) + 1 :]
