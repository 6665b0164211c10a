"""Sources that look lived-in, for pages to show."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from core.errors import Unreachable
from core.models import BreakerConfig, BreakerState, FieldSpec, Figures, KindInfo, Message, Source, Status

DOWN = Unreachable("refused", host="10.4.1.20", port=5432)
NAMESPACE = UUID("8f2b7d8e-3c1a-4d9d-9b53-0d1f2b0c7a11")
POSTGRES = KindInfo(
    "postgres",
    (
        FieldSpec("host", "text", True, example="db.example.com"),
        FieldSpec("port", "integer", False, 5432, example=5432),
        FieldSpec("database", "text", True, example="shop"),
        FieldSpec("user", "text", True, section="auth", example="reader"),
        FieldSpec("password", "secret", False, section="auth"),
        FieldSpec("sslmode", "choice", False, "prefer", ("disable", "prefer", "require", "verify-full"), "tls"),
        FieldSpec("ca_pem", "multiline", False, section="tls"),
        FieldSpec("schema", "text", False, section="connection", example="public"),
        FieldSpec("timeout_s", "number", False, section="limits", example=10),
    ),
    {"table": "public.flights", "limit": 50},
)


def source_id(name: str) -> UUID:
    return uuid5(NAMESPACE, name)


def make_source(
    name: str, status: Status = Status.HEALTHY, *, breaker_state: BreakerState | None = None, **changes: Any
) -> Source:
    """A source that looks lived-in; `changes` replace any field."""
    now = datetime.now(UTC)
    state = breaker_state or (BreakerState.OPEN if status is Status.SUSPENDED else BreakerState.CLOSED)
    wrong = status in (Status.ERROR, Status.SUSPENDED)
    ok_ts = None if status is Status.UNKNOWN else now - timedelta(hours=2 if wrong else 0, seconds=20)
    calls = 0 if status is Status.UNKNOWN else 1240
    figures = Figures(
        calls,
        31 if wrong else 0,
        11.8 if calls else None,
        14.2 if calls else None,
        ok_ts,
        now if wrong else None,
        state,
    )
    source = Source(
        id=source_id(name),
        org="main",
        name=name,
        kind="postgres",
        description="",
        tags=(),
        config={"host": "10.4.1.20", "port": 5432, "database": "shop", "user": "reader", "password": {"set": True}},
        status=status,
        figures=figures,
        paused=False,
        check_interval_s=None,
        breaker=BreakerConfig(),
        diagnosis=DOWN.diagnosis() if wrong else None,
        message=DOWN.message if wrong else Message.literal("PostgreSQL 16.4"),
        evidence_ts=None if status is Status.UNKNOWN else now - timedelta(seconds=20),
        state_since=now - timedelta(hours=2) if wrong else None,
        retry_after_s=18.0 if status is Status.SUSPENDED else None,
        version=1,
        created_at=now - timedelta(days=12),
        updated_at=now - timedelta(days=2),
    )
    return replace(source, **changes)


def demo_sources() -> tuple[Source, ...]:
    names = {
        "پروازها": Status.HEALTHY,
        "فرودگاه‌ها": Status.HEALTHY,
        "انبار مشهد": Status.SUSPENDED,
        "پایانهٔ پرداخت": Status.ERROR,
        "هواپیماها": Status.HEALTHY,
        "بایگانی": Status.UNKNOWN,
    }
    return tuple(make_source(name, status) for name, status in names.items())
