"""Incidents: from when to when sources were in trouble together, and what they had in common."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.models.messages import Diagnosis


class Cause(StrEnum):
    """What the sources of an incident have in common; `source` while there is only one."""

    SOURCE = "source"
    CERTIFICATE = "certificate"
    HOST = "host"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class IncidentSource:
    """A source in an incident; `closed_at` is None while it is in trouble. `diagnosis` is what it began with."""

    id: UUID
    name: str
    kind: str
    opened_at: datetime
    closed_at: datetime | None
    diagnosis: Diagnosis | None


@dataclass(frozen=True, slots=True)
class Incident:
    """Open while `closed_at` is None.

    `cause_key` says which host (its name), certificate (its fingerprint, or the host that shows it) or class of failure
    (`code.reason`) it is; of a source by itself its id. `code` is the first failure's. `sources` in the order in which
    they failed.
    """

    id: UUID
    cause: Cause
    cause_key: str
    code: str
    opened_at: datetime
    closed_at: datetime | None
    sources: tuple[IncidentSource, ...]
