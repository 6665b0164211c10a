"""What the fake sources hold, and the fake look behind the scenes for administrators."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from core.errors import Forbidden, NotFound, Unreachable
from core.models import Actor, CatalogEntry, Column, Role, Sample, SampleResult
from core.services.administration import SystemState
from core.services.alerts import Hook
from core.services.contents import CatalogLevel
from core.services.members import Member
from core.services.tokens import Token, TokenState

START = datetime(2026, 11, 22, 6, 11, tzinfo=UTC)
FLIGHTS = SampleResult(
    Sample(
        (
            Column("id", "integer"),
            Column("carrier", "string"),
            Column("dep_time", "timestamptz"),
            Column("مسیر", "string"),
        ),
        [(i, "UA" if i % 2 else "AA", START + timedelta(minutes=i), "تهران – مشهد") for i in range(50)],
        "limit",
        48_200,
        'SELECT * FROM "public"."flights" LIMIT 50',
    ),
    23.4,
)
LEVELS = {
    "": (CatalogEntry("public", "public", "schema", None, True), CatalogEntry("sales", "sales", "schema", None, True)),
    "public": (
        CatalogEntry("flights", "public.flights", "table", "New York, 2013", True),
        CatalogEntry("airports", "public.airports", "table", None, True),
    ),
    "public.flights": (CatalogEntry("carrier", "public.flights.carrier", "text"),),
    "sales": (),
}


def level(path: str) -> CatalogLevel:
    if path not in LEVELS:
        raise Unreachable("refused", host="10.4.1.20", port=5432)
    return CatalogLevel(path, LEVELS[path], START)


def sample_request(entry: CatalogEntry) -> dict[str, Any]:
    return {"table": entry.path, "limit": 50} if entry.type == "table" else {}


@dataclass
class FakeMembers:
    """Two of them."""

    async def list(self, actor: Actor, org: str) -> tuple[Member, ...]:
        _require(actor, org)
        return Member("مریم", Role.ADMIN), Member("نگار", Role.VIEWER)


@dataclass
class FakeTokens:
    """One of each state."""

    tokens_made: list[Token] = field(
        default_factory=lambda: [
            Token(UUID(int=number), name, role, scopes, START, START + timedelta(days=90), state)
            for number, (name, role, scopes, state) in enumerate(
                (
                    ("گزارش شبانه", Role.ANALYST, (), TokenState.VALID),
                    ("prometheus", None, ("metrics",), TokenState.EXPIRED),
                    ("old", Role.VIEWER, (), TokenState.REVOKED),
                )
            )
        ]
    )

    async def list(self, actor: Actor, org: str) -> tuple[Token, ...]:
        _require(actor, org)
        return tuple(self.tokens_made)


class FakeAdministration:
    """A system on SQLite."""

    async def system(self, actor: Actor, org: str) -> SystemState:
        _require(actor, org)
        versions = {"cheshmeh": "0.1.0", "python": "3.11.2", "streamlit": "1.67.0"}
        return SystemState("sqlite", "0003", "/srv/cheshmeh/data", versions, ("postgres", "rest"), START)


@dataclass
class FakeAlerts:
    """Hooks of each kind: one that works, one that is refused, one out of reach."""

    kept: list[Hook] = field(
        default_factory=lambda: [
            Hook(UUID(int=number), host, language, START, waiting, error)
            for number, (host, language, waiting, error) in enumerate(
                (
                    ("chat.example.ir", "fa", 0, None),
                    ("ops.example.com", "en", 2, "status_500"),
                    ("old.example.com", "en", 1, "unreachable.refused"),
                )
            )
        ]
    )

    async def hooks(self, actor: Actor, org: str) -> tuple[Hook, ...]:
        _require(actor, org)
        return tuple(self.kept)


def _require(actor: Actor, org: str) -> None:
    if org not in actor.roles:
        raise NotFound()
    if actor.roles[org] < Role.ADMIN:
        raise Forbidden("role", role=Role.ADMIN.label)
