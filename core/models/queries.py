"""Requests that were saved under a name, and which of them an organisation lets run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class QueryStatus(StrEnum):
    """Where a saved query stands: `revoked` is a request that was turned down too."""

    DRAFT = "draft"
    REQUESTED = "requested"
    APPROVED = "approved"
    REVOKED = "revoked"


class SamplePolicy(StrEnum):
    """Which samples an organisation lets run: all that are safe, or of these only what was approved."""

    OPEN = "open"
    APPROVED_ONLY = "approved_only"


@dataclass(frozen=True, slots=True)
class SampleRun:
    """A sample that somebody asked for: `code` of the error that it ended with, None when it was answered.

    `params` is None where they were too long to be kept.
    """

    ts: datetime
    params: Mapping[str, Any] | None
    code: str | None
    rows: int | None
    latency_ms: float | None


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """Parameters of a sample of one source, under a name.

    `parameters` names the type of each value that is filled in at a run; in `params` it stands as `{"$param": NAME}`.
    `owner` and those who requested and decided are named as the trail names them. `version` counts the changes.
    """

    id: UUID
    source_id: UUID
    source_name: str
    kind: str
    name: str
    params: Mapping[str, Any]
    parameters: Mapping[str, str]
    shared: bool
    owner: str
    status: QueryStatus
    requested_by: str | None
    requested_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
