"""What can be told apart: roles, states, outcomes."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Role(IntEnum):
    """What a member may do in an organisation; a higher role includes the lower ones."""

    VIEWER = 1
    ANALYST = 2
    EDITOR = 3
    ADMIN = 4

    @property
    def label(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> "Role":
        """The role with this label. Raises ValueError for any other text."""
        try:
            return cls[text.upper()]
        except KeyError:
            raise ValueError(text) from None


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"


class BreakerAction(StrEnum):
    """What a person may do to a breaker."""

    FORCE_OPEN = "force_open"
    DISABLE = "disable"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Part:
    """Something that work rests on and whether it answers; without one that is not `required` work goes on, worse."""

    name: str
    ok: bool
    required: bool = True


class Status(StrEnum):
    """What a source is to a reader: the one rule that derives it is `core.services.status`."""

    HEALTHY = "healthy"
    ERROR = "error"
    UNKNOWN = "unknown"
    SUSPENDED = "suspended"


class Proof(StrEnum):
    """What proved the state of a source: a scheduled check, a ping that somebody asked for, a sample."""

    SCHEDULED = "scheduled"
    PING = "ping"
    SAMPLE = "sample"


class Outcome(StrEnum):
    """What one attempt proved about the source (not about the request)."""

    OK = "ok"
    FAIL = "fail"
    REACHED = "reached"
    VOID = "void"


class FailureKind(StrEnum):
    CONFIG = "config"
    AUTH = "auth"
    TRANSIENT = "transient"
    REFUSED = "refused"
    INTERNAL = "internal"


class CheckStatus(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNSUPPORTED = "unsupported"
