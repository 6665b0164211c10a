"""What the fake sources hold."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import Unreachable
from core.models import CatalogEntry, Column, Sample, SampleResult
from core.services.contents import CatalogLevel

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
