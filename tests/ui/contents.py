"""What the fake sources hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import Unreachable
from core.models import CatalogEntry, Column, Sample, SampleResult, TypeShare
from core.services.contents import CatalogLevel
from core.services.drift import CatalogChange

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
CHANGED: dict[str, Any] = {
    "changes": (
        CatalogChange("removed", "price", "numeric", None),
        CatalogChange("type", "total", "integer", "bigint"),
        *(CatalogChange("added", f"extra_{number}", None, "text") for number in range(5)),
    ),
    "changed_after": START,
    "changed_before": START + timedelta(minutes=5),
}
LEVELS = {
    "": (CatalogEntry("public", "public", "schema", None, True), CatalogEntry("sales", "sales", "schema", None, True)),
    "public": (
        CatalogEntry("flights", "public.flights", "table", "New York, 2013", True, rows=12_000, bytes=3_565_158),
        CatalogEntry("airports", "public.airports", "table", None, True),
    ),
    "public.flights": (
        CatalogEntry("carrier", "public.flights.carrier", "text", marks=("primary_key", "not_null")),
        CatalogEntry(
            "gate",
            "public.flights.gate",
            "int | string",
            "50 %",
            share=0.5,
            types=(TypeShare("int", 0.75), TypeShare("string", 0.25)),
            marks=("conflict",),
        ),
    ),
    "sales": (),
}


def level(path: str) -> CatalogLevel:
    if path not in LEVELS:
        raise Unreachable("refused", host="10.4.1.20", port=5432)
    found = CatalogLevel(path, LEVELS[path], START)
    return replace(found, **CHANGED) if path == "public.flights" else found


def sample_request(entry: CatalogEntry) -> dict[str, Any]:
    return {"table": entry.path, "limit": 50} if entry.type == "table" else {}
