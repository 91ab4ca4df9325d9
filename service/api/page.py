"""The page at `/`: files as they lie in `service/web`, with no build step and nothing from another host."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

WEB = Path(__file__).parent.parent / "web"
router = APIRouter()
router.mount("/static", StaticFiles(directory=WEB))


@router.get("/", include_in_schema=False)
async def page() -> FileResponse:
    """Try a text, score a file, review what the model is unsure of."""
    return FileResponse(WEB / "index.html")
