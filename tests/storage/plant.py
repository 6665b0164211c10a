"""Sources of one organisation and a process that proves things about them, on a database."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import SourceError, Unreachable
from core.metrics.figures import SourceFigures
from core.metrics.streak import extended
from core.models import Organisation, SourceDraft
from core.services.evidence import diagnosis_to_json
from core.storage.database import Database
from core.storage.incident_list import IncidentRecord, IncidentRepository
from core.storage.sources import SourceRecord, SourceRepository
from core.storage.status import StatusRepository
from core.storage.status_rows import EVIDENCE, StatusRecord, Unwritten, columns

NOW = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)
REFUSED = Unreachable("refused", host="db1", port=5432)


@dataclass
class Plant:
    """Sources of one organisation, and a process that proves things about them."""

    database: Database
    sources: SourceRepository
    org: Organisation

    def __post_init__(self) -> None:
        self.statuses, self.shown = StatusRepository(self.database), IncidentRepository(self.database)

    async def add(self, name: str) -> SourceRecord:
        return await self.sources.add(self.org, SourceDraft("postgres", name, {}), {})

    async def prove(self, source: SourceRecord, *proofs: bool, late_s: float = 0, **how: Any) -> None:
        """Saved as one batch, `late_s` seconds on. `how` may hold err, host and state."""
        now = NOW + timedelta(seconds=late_s)
        await self.statuses.save([await self.unwritten(source, proofs, now, **how)], now)

    async def fail(self, source: SourceRecord, late_s: float = 0, **how: Any) -> None:
        await self.prove(source, False, False, late_s=late_s, **how)

    async def recover(self, source: SourceRecord, late_s: float = 0) -> None:
        await self.prove(source, True, True, late_s=late_s)

    async def unwritten(
        self,
        source: SourceRecord,
        proofs: tuple[bool, ...],
        now: datetime,
        err: SourceError = REFUSED,
        host: str = "db1",
        state: str = "closed",
    ) -> Unwritten:
        kept = await self.statuses.get(source.id) or _empty(source.id)
        last = proofs[-1]
        row = replace(
            kept,
            streak=extended(kept.streak, proofs),
            state=state,
            state_since=kept.state_since if kept.evidence == ("healthy" if last else "error") else now,
            evidence="healthy" if last else "error",
            evidence_ts=now,
            diagnosis=None if last else diagnosis_to_json(err.diagnosis()),
            updated_at=now,
        )
        return Unwritten(row, proofs=proofs, host=host)

    async def incidents(self, since: datetime | None = None, limit: int = 50) -> list[IncidentRecord]:
        """Oldest first."""
        return list(reversed(await self.shown.of_org(self.org.slug, limit, since)))

    async def told(self, source: SourceRecord) -> list[tuple[str, int]]:
        """What the source's timeline says of incidents, oldest first."""
        events = [each for each in await self.statuses.events(source.id) if each.type == "incident"]
        return [(each.data["to"], each.data["sources"]) for each in reversed(events)]


def _empty(source_id: int) -> StatusRecord:
    figures = columns(SourceFigures(None, lambda: NOW).dump())
    nothing = dict.fromkeys((*EVIDENCE, "state_since", "trouble_since"))
    facts = {"seq": 0, "writer": 0, "state": "closed", "streak": 0, "updated_at": NOW, "config_version": 1}
    return StatusRecord(source_id=source_id, **facts, **nothing, **figures)
