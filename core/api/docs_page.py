"""`/api/docs`: the interface's document to read, drawn by a script of our own from `/api/openapi.json`."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from core.settings import STATIC_DIR

router = APIRouter(prefix="/api", include_in_schema=False)


@router.get("/docs")
async def docs() -> FileResponse:
    return FileResponse(STATIC_DIR / "api.html", media_type="text/html; charset=utf-8")
