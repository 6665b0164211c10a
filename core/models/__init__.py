"""Frozen values and enums that cross layers. Nothing here does I/O or knows a language."""

from core.models.calls import KeptSample, PingAllView, PingResult, PingRow, SampleResult, TestResult
from core.models.exposition import ExposedSource, LatencyCounts
from core.models.kinds import FieldSpec, KindInfo, KindSchemas
from core.models.ladders import STEPS, Change, Ladder, LadderView, failed, steps_after
from core.models.messages import NO_ARGS, Check, Diagnosis, FieldError, Message
from core.models.samples import CatalogEntry, Column, Sample
from core.models.sources import (
    Actor,
    BreakerConfig,
    CallPoint,
    Event,
    Figures,
    HealthSummary,
    Hold,
    Maintenance,
    Organisation,
    Source,
    SourceDraft,
    SourcePage,
)
from core.models.states import BreakerAction, BreakerState, CheckStatus, FailureKind, Outcome, Part, Role, Status

__all__ = [
    "NO_ARGS",
    "STEPS",
    "Actor",
    "BreakerAction",
    "BreakerConfig",
    "BreakerState",
    "CallPoint",
    "CatalogEntry",
    "Change",
    "Check",
    "CheckStatus",
    "Column",
    "Diagnosis",
    "Event",
    "ExposedSource",
    "FailureKind",
    "FieldError",
    "FieldSpec",
    "Figures",
    "HealthSummary",
    "Hold",
    "KeptSample",
    "KindInfo",
    "KindSchemas",
    "Ladder",
    "LadderView",
    "LatencyCounts",
    "Maintenance",
    "Message",
    "Organisation",
    "Outcome",
    "Part",
    "PingAllView",
    "PingResult",
    "PingRow",
    "Role",
    "Sample",
    "SampleResult",
    "Source",
    "SourceDraft",
    "SourcePage",
    "Status",
    "TestResult",
    "failed",
    "steps_after",
]
