"""The ledger of a skill's prompts, each with its evidence, and the way back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from tinyarms.web.pages.show import PageRoute, back, show
from tinyarms.web.rest.parameters import SkillName
from tinyarms.web.security.access import Arms, Releaser, Viewer

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/skills/{skill}/history")
def history(request: Request, caller: Viewer, arms: Arms, skill: SkillName) -> Response:
    """Every version that was in production: why, what it cost, and what came of it."""
    return show(
        request,
        caller,
        "history.html",
        f"{skill}: history",
        skill=skill,
        every_s=30,
        rows=list(reversed(arms.history(skill))),
        release=arms.waiting_release(skill),
    )


@router.post("/skills/{skill}/rollback")
def rollback(
    caller: Releaser,
    arms: Arms,
    skill: SkillName,
    to: Annotated[int, Form(ge=1, le=10**9)],
) -> Response:
    """Put the text of an earlier version into production again, as a new version."""
    arms.rollback(skill, to)
    return back(f"/skills/{skill}/history", "rolled-back")
