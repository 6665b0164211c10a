"""Whether the process lives, and whether it can do its work."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from core.api.context import runtime_of

router = APIRouter(tags=["probes"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Every part that work rests on. 503 without one that it needs, `degraded` without one that it can spare."""
    parts = await runtime_of(request).ready()
    told: list[dict[str, Any]] = [{"name": part.name, "ok": part.ok} for part in parts]
    able = all(part.ok for part in parts if part.required)
    whole = all(part.ok for part in parts)
    status = "ok" if whole else "degraded" if able else "unavailable"
    return JSONResponse({"status": status, "parts": told}, 200 if able else 503)
