"""Frozen values and enums that cross layers. Nothing here does I/O or knows a language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

NO_ARGS: Mapping[str, Any] = MappingProxyType({})


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


class Status(StrEnum):
    """What a source is to a reader: the one rule that derives it is `core.services.status`."""

    HEALTHY = "healthy"
    ERROR = "error"
    UNKNOWN = "unknown"
    SUSPENDED = "suspended"


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


@dataclass(frozen=True, slots=True)
class Message:
    """A catalogue key and its arguments; `core.i18n` turns it into a sentence of the reader's language."""

    key: str
    args: Mapping[str, Any] = field(default_factory=lambda: NO_ARGS)

    @classmethod
    def literal(cls, text: str) -> "Message":
        """Words that a source said itself (a server's version, say): shown as they are in every language."""
        return cls("literal", {"text": text})


@dataclass(frozen=True, slots=True)
class FieldError:
    """One refused input: the dotted name of the field (`config.port`) and why."""

    field: str
    message: Message


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What went wrong, made once from the error and carried unchanged to page, HTTP, audit and alerts."""

    code: str
    failure: FailureKind
    message: Message
    advice: Message
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One rung of the ladder; `ms` is how long it took, in milliseconds."""

    step: str
    status: CheckStatus
    ms: float = 0.0
    evidence: Message | None = None
    advice: Message | None = None
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A sample's column; `type` is one of `core.values.TYPES`."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A bounded look at real data, in the source's own types.

    `rows` holds one tuple a row, in the order of `columns`. `truncated_by` is None or `limit`, `bytes`, `time`,
    `cell`, `columns`. `executed` is what was sent to the source, without secrets.
    """

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]
    truncated_by: str | None = None
    bytes_read: int = 0
    executed: str = ""
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """Something that can be sampled, or a level above it. `detail` says more in words of the source."""

    name: str
    path: str
    type: str
    detail: str | None = None
    expandable: bool = False


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
class Actor:
    """Who asks: a person's session or a token. `roles` maps an organisation's slug to the role held there."""

    name: str
    roles: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))
    user_id: int | None = None
    server_admin: bool = False
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Organisation:
    id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Source:
    """A data source as outsiders see it: `config` holds `{"set": True}` in the place of every secret.

    `retry_after_s` is the wait until the breaker admits a call again (None unless it refuses now);
    `state_since` is when the breaker or the evidence last changed.
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

    @property
    def state(self) -> BreakerState:
        return self.figures.state


@dataclass(frozen=True, slots=True)
class PingResult:
    """The answer to one ping of one source; `diagnosis` is there whenever `ok` is false."""

    ok: bool
    message: Message
    latency_ms: float
    attempts: int
    state: BreakerState
    status: Status
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True)
class SampleResult:
    sample: Sample
    latency_ms: float


@dataclass(frozen=True, slots=True)
class TestResult:
    """What trying a configuration showed. Nothing of it is stored."""

    __test__ = False  # pytest would otherwise collect it as a test class

    ok: bool
    message: Message
    checks: tuple[Check, ...]
    latency_ms: float


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


@dataclass(frozen=True, slots=True)
class CallPoint:
    """One finished call, for the chart of recent calls."""

    ts: datetime
    latency_ms: float
    ok: bool


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One input of a kind's form, made from the kind's configuration model; members of a nested value are dotted.

    `type` is `text`, `multiline`, `integer`, `number`, `boolean`, `choice`, `list` (of texts), `mapping` (of names to
    texts) or `secret`. `shown_when` names other inputs and the values of theirs with which this one counts.
    `secret_keys`: of a mapping, those values are secrets whose names suggest it.

    Words for it stand in the catalogues: `kind.<kind>.field.<name>` and `kind.<kind>.help.<name>`, or for all kinds
    `field.label.<name>` and `field.help.<name>`.
    """

    name: str
    type: str
    required: bool
    default: Any = None
    choices: tuple[str, ...] = ()
    section: str = "connection"
    example: Any = None
    shown_when: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    secret_keys: bool = False


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A kind of source as forms and documents need it; `placeholder` is a fitting first sample request."""

    name: str
    fields: tuple[FieldSpec, ...]
    placeholder: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KindSchemas:
    """JSON Schemas of a kind's configuration and of its sample parameters, and of what these refer to."""

    name: str
    config: Mapping[str, Any]
    params: Mapping[str, Any]
    definitions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """What a person or program gives to create a source; `config` is plain, secrets included, not yet validated."""

    kind: str
    name: str
    config: Mapping[str, Any]
    description: str = ""
    tags: tuple[str, ...] = ()
    check_interval_s: float | None = None
    paused: bool = False
    breaker: BreakerConfig = BreakerConfig()


@dataclass(frozen=True, slots=True)
class PingRow:
    """One source's answer inside ping all. `code` is the error's, None when it is well."""

    id: UUID
    name: str
    ok: bool
    message: Message
    status: Status
    state: BreakerState
    latency_ms: float | None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class PingAllView:
    """A moment of a ping-all job: `rows` in the order in which answers came."""

    id: UUID
    total: int
    rows: tuple[PingRow, ...]
    finished: bool
    cancelled: bool
    elapsed_ms: float

    @property
    def ok(self) -> int:
        return sum(row.ok for row in self.rows)

    @property
    def suspended(self) -> int:
        return sum(row.code == "circuit_open" for row in self.rows)

    @property
    def failed(self) -> int:
        return len(self.rows) - self.ok - self.suspended
