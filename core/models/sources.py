"""Sources, whose they are, and what is known about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from core.models.messages import Diagnosis, Message
from core.models.states import BreakerAction, BreakerState, Proof, Role, Status


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a person's session or a token. `roles` maps an organisation's slug to the role held there.

    `scopes` are a token's rights beside a role: in the organisation `scoped_to`, or in all of them where it is None.
    `address` is where a request came from; None for the command line. `session_id` names the session, if it is one.
    """

    name: str
    roles: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))
    user_id: int | None = None
    server_admin: bool = False
    scopes: frozenset[str] = frozenset()
    scoped_to: str | None = None
    address: str | None = None
    session_id: UUID | None = None

    @property
    def operator(self) -> bool:
        """The command line on the data directory: no person, and an administrator of every organisation."""
        return self.server_admin and self.user_id is None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where somebody signs in from: the address, and what their browser calls itself."""

    address: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The seven figures of a source. Latencies are milliseconds or None without a call; times are UTC."""

    calls_total: int = 0
    errors_total: int = 0
    avg_latency_ms: float | None = None
    p95_ms: float | None = None
    last_ok_ts: datetime | None = None
    last_err_ts: datetime | None = None
    state: BreakerState = BreakerState.CLOSED


@dataclass(frozen=True, slots=True)
class BreakerConfig:
    """When a source's breaker opens and for how long.

    The defaults (5 failures in a row, 30 s) are the product's promise to its users; see docs/Decisions.md, ADR-0004.
    """

    failure_threshold: int = 5
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Hold:
    """What a person last set on a breaker: who, why and when. `revision` only grows, so that an old one is known."""

    action: BreakerAction
    reason: str
    actor: str
    ts: datetime
    revision: int

    def __lt__(self, other: "Hold") -> bool:
        """Whether it was set before the other one, on the same source."""
        return self.revision < other.revision


@dataclass(frozen=True, slots=True)
class Maintenance:
    """When somebody works on a source: scheduled checks of it rest, and incidents too."""

    start: datetime
    until: datetime

    def covers(self, moment: datetime) -> bool:
        return self.start <= moment < self.until


@dataclass(frozen=True, slots=True)
class Note:
    """What a person says about a source to whoever looks at it; without `until` it counts until somebody takes it
    away."""

    text: str
    author: str
    ts: datetime
    until: datetime | None = None

    def counts(self, moment: datetime) -> bool:
        return self.until is None or moment < self.until

    @property
    def said(self) -> dict[str, str | None]:
        """What it says and until when, as JSON values: as it is given, and written into events and the trail."""
        return {"text": self.text, "until": self.until.isoformat() if self.until else None}


@dataclass(frozen=True, slots=True)
class Source:
    """A data source as outsiders see it: `config` holds `{"set": True}` in the place of every secret.

    `retry_after_s` is the wait until the breaker admits a call again (None unless it refuses now, and while a
    person holds it);
    `evidence_ts` and `evidence_by` say when and by what its state was last proven,
    `state_since` is when the evidence last changed, `breaker_since` when the breaker did (None while it never has in
    this process). `failures` is the breaker's count; `hold` is there while a person holds it.
    """

    id: UUID
    org: str
    name: str
    kind: str
    description: str
    tags: tuple[str, ...]
    config: Mapping[str, Any]
    status: Status
    figures: Figures
    paused: bool
    check_interval_s: float | None
    breaker: BreakerConfig
    diagnosis: Diagnosis | None
    message: Message | None
    evidence_ts: datetime | None
    state_since: datetime | None
    retry_after_s: float | None
    version: int
    created_at: datetime
    updated_at: datetime
    breaker_since: datetime | None = None
    failures: int = 0
    hold: Hold | None = None
    maintenance: Maintenance | None = None
    note: Note | None = None
    evidence_by: Proof | None = None

    @property
    def state(self) -> BreakerState:
        return self.figures.state


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """What a person or program gives to create a source; `config` is plain, secrets included, not yet validated."""

    kind: str
    name: str
    config: Mapping[str, Any] = field(repr=False)
    description: str = ""
    tags: tuple[str, ...] = ()
    check_interval_s: float | None = None
    paused: bool = False
    breaker: BreakerConfig = BreakerConfig()
    maintenance: Maintenance | None = None


@dataclass(frozen=True, slots=True)
class SourcePage:
    items: tuple[Source, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class HealthSummary:
    """Counts by status over an organisation's sources, and the sources themselves."""

    org: str
    counts: Mapping[Status, int]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a source: a state change, a failure with its diagnosis."""

    ts: datetime
    type: str
    data: Mapping[str, Any]
