"""What is said of an incident to a program or a chat: facts, and sentences in the hook's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.i18n import Translator
from core.models import Cause, Diagnosis, Incident, IncidentSource, Status

NAMED = 5
"""Sources that a sentence names; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Told:
    """An incident at the moment of telling, which is `opened`, `grown` or `closed`; `statuses` are by source."""

    incident: Incident
    org: str
    moment: str
    statuses: Mapping[UUID, Status]
    origin: str


def incident_message(told: Told, speak: Translator) -> dict[str, Any]:
    """The message, as JSON takes it, without what is different in every attempt."""
    incident = told.incident
    return {
        "type": f"incident.{told.moment}",
        "id": str(incident.id),
        "org": told.org,
        "title": _title(told, speak),
        "text": "\n".join(_lines(told, speak)),
        "cause": incident.cause.value,
        "code": incident.code,
        "opened_at": incident.opened_at.isoformat(),
        "closed_at": _iso(incident.closed_at),
        "sources": [_source(each, told, speak) for each in incident.sources],
    }


def trial_message(org: str, speak: Translator) -> dict[str, Any]:
    """What `alerts test` sends."""
    said = {name: speak.text(f"alert.test.{name}", org=org) for name in ("title", "text")}
    return {"type": "test", "org": org, **said}


def _title(told: Told, speak: Translator) -> str:
    sources = _meant(told)
    if not sources:
        return speak.text("alert.deleted")
    return speak.plural(f"alert.{told.moment}", len(sources), names=_names(sources, speak))


def _meant(told: Told) -> Sequence[IncidentSource]:
    """Those that the sentence is of: while the incident lasts, without the ones that have recovered."""
    still = [source for source in told.incident.sources if source.closed_at is None]
    return still if still and told.moment != "closed" else told.incident.sources


def _names(sources: Sequence[IncidentSource], speak: Translator) -> str:
    names, more = [source.name for source in sources[:NAMED]], len(sources) - NAMED
    return speak.listed(names if more <= 0 else [*names, speak.plural("alert.others", more)])


def _lines(told: Told, speak: Translator) -> list[str]:
    incident = told.incident
    lines = [_title(told, speak)]
    if incident.cause is not Cause.SOURCE:
        lines.append(speak.text(f"alert.cause.{incident.cause.value}", key=incident.cause_key))
    lines.append(_span(incident.opened_at, incident.closed_at, speak))
    first = next((source.diagnosis for source in _meant(told) if source.diagnosis), None)
    if told.moment != "closed" and first is not None:
        lines += [speak.message(first.message), speak.message(first.advice)]
    return lines


def _span(opened_at: datetime, closed_at: datetime | None, speak: Translator) -> str:
    if closed_at is None:
        return speak.text("alert.since", since=speak.datetime(opened_at))
    return speak.text("alert.lasted", since=speak.datetime(opened_at), until=speak.datetime(closed_at))


def _source(source: IncidentSource, told: Told, speak: Translator) -> dict[str, Any]:
    return {
        "id": str(source.id),
        "name": source.name,
        "kind": source.kind,
        "url": f"{told.origin}/source?source={source.id}&org={told.org}",
        "status": told.statuses.get(source.id, Status.UNKNOWN).value,
        "diagnosis": _diagnosis(source.diagnosis, speak) if source.diagnosis else None,
    }


def _diagnosis(diagnosis: Diagnosis, speak: Translator) -> dict[str, str]:
    return {
        "code": diagnosis.code,
        "message": speak.message(diagnosis.message),
        "advice": speak.message(diagnosis.advice),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
