"""What was proven about a source, in memory and as it is stored."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.models import Diagnosis, FailureKind, Message, Proof
from core.storage.status_rows import StatusRecord
from core.values import json_value


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the last admitted ping or sample proved, when, and since when it has been so.

    `by` is None for what was stored before it was written down.
    """

    healthy: bool
    ts: datetime
    since: datetime
    message: Message
    diagnosis: Diagnosis | None = None
    by: Proof | None = None

    @property
    def refused_us(self) -> bool:
        """Whether the source did not accept our credentials."""
        return self.diagnosis is not None and self.diagnosis.failure is FailureKind.AUTH


def evidence_columns(evidence: Evidence | None) -> dict[str, Any]:
    """The columns of `source_status` that hold it."""
    names = ("evidence", "evidence_ts", "evidence_by", "state_since", "message", "diagnosis")
    if evidence is None:
        return dict.fromkeys(names)
    word = "healthy" if evidence.healthy else "error"
    diagnosis = evidence.diagnosis and diagnosis_to_json(evidence.diagnosis)
    by = evidence.by and evidence.by.value
    told = word, evidence.ts, by, evidence.since, message_to_json(evidence.message), diagnosis
    return dict(zip(names, told, strict=True))


def evidence_of(kept: StatusRecord) -> Evidence | None:
    """The evidence that a stored row holds, None without any."""
    if kept.evidence is None or kept.evidence_ts is None:
        return None
    return Evidence(
        kept.evidence == "healthy",
        kept.evidence_ts,
        kept.state_since or kept.evidence_ts,
        message_from_json(kept.message or {}),
        diagnosis_from_json(kept.diagnosis) if kept.diagnosis else None,
        Proof(kept.evidence_by) if kept.evidence_by else None,
    )


def message_to_json(message: Message) -> dict[str, Any]:
    # A kind from elsewhere may say anything, and what JSON does not hold would keep every source from being stored.
    return {"key": message.key, "args": json_value(dict(message.args))}


def message_from_json(data: dict[str, Any]) -> Message:
    return Message(data.get("key", "literal"), data.get("args", {"text": ""}))


def diagnosis_to_json(diagnosis: Diagnosis) -> dict[str, Any]:
    messages = {"message": message_to_json(diagnosis.message), "advice": message_to_json(diagnosis.advice)}
    return {"code": diagnosis.code, "failure": diagnosis.failure.value, "fields": list(diagnosis.fields), **messages}


def diagnosis_from_json(data: dict[str, Any]) -> Diagnosis:
    message, advice = message_from_json(data["message"]), message_from_json(data["advice"])
    return Diagnosis(data["code"], FailureKind(data["failure"]), message, advice, tuple(data["fields"]))
