"""For whoever runs the service: whether it is well, and its figures."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from tinyarms.web.answers import answer
from tinyarms.web.security.access import open_to_all

router = APIRouter(tags=["operations"])


@router.get("/healthz", dependencies=[open_to_all()], summary="Whether the service answers")
def healthz() -> Response:
    """200 while tasks are served, also while the database is away."""
    return answer({"ok": True})
