"""An organisation's incidents, as pages and programs read them."""

from datetime import datetime

from core.models import Actor, Incident, IncidentSource, Role
from core.services.evidence import diagnosis_from_json
from core.services.rights import require
from core.storage.incident_list import IncidentRecord, IncidentRepository, MemberRecord

LISTED_MAX = 1_000


class Incidents:
    """Raises NotFound for an organisation that the actor does not belong to."""

    def __init__(self, kept: IncidentRepository) -> None:
        self._kept = kept

    async def of_org(
        self,
        actor: Actor,
        org: str,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = LISTED_MAX,
    ) -> tuple[Incident, ...]:
        """Newest first; with `since` those that are open or ended after it, with `until` those that began before."""
        require(actor, org, Role.VIEWER)
        return tuple(map(incident_of, await self._kept.of_org(org, limit, since, until)))


def incident_of(record: IncidentRecord) -> Incident:
    """The incident as outsiders see it."""
    cause = record.cause, record.cause_key, record.code
    members = tuple(map(_source, record.members))
    return Incident(record.uid, *cause, record.opened_at, record.closed_at, members)


def _source(member: MemberRecord) -> IncidentSource:
    diagnosis = diagnosis_from_json(member.diagnosis) if member.diagnosis else None
    return IncidentSource(member.uid, member.name, member.kind, member.opened_at, member.closed_at, diagnosis)
