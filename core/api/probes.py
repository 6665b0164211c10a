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
    """Every part that work needs; 503 names the one that is not ready."""
    ready = await runtime_of(request).ready()
    parts: list[dict[str, Any]] = [{"name": name, "ok": ok} for name, ok in ready.items()]
    well = all(ready.values())
    return JSONResponse({"status": "ok" if well else "unavailable", "parts": parts}, 200 if well else 503)
