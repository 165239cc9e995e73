"""What is known about the skills: one question a route."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from tinyarms.web.answers import answer, page_of
from tinyarms.web.rest.parameters import Cursor, Limit, SkillName
from tinyarms.web.security.access import Arms, Viewer

router = APIRouter(prefix="/v1", tags=["skills"])


@router.get("/skills")
def skills(caller: Viewer, arms: Arms) -> Response:
    """The skills, and those that cannot be used because of a mistake in `config.yaml`."""
    return answer({"skills": arms.skills, "mistakes": arms.mistakes})


@router.get("/skills/{skill}/stats")
def stats(caller: Viewer, arms: Arms, skill: SkillName) -> Response:
    """A skill's accuracy, health and next step."""
    return answer(arms.stats(skill))


@router.get("/skills/{skill}/results")
def results(caller: Viewer, arms: Arms, skill: SkillName) -> Response:
    """The skill's latest evolution session."""
    return answer(arms.results(skill))


@router.get("/skills/{skill}/history")
def history(
    caller: Viewer, arms: Arms, skill: SkillName, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """The versions that were in production, oldest first."""
    return page_of(arms.history(skill), cursor, limit)


@router.get("/skills/{skill}/failures")
def failures(caller: Viewer, arms: Arms, skill: SkillName) -> Response:
    """The skill's failures of the last seven days, grouped by what they share."""
    return answer(arms.failures(skill))


@router.get("/skills/{skill}/diff")
def diff(
    caller: Viewer,
    arms: Arms,
    skill: SkillName,
    old: Annotated[int | None, Query(ge=1, le=10**9)] = None,
    new: Annotated[int | None, Query(ge=1, le=10**9)] = None,
) -> Response:
    """The difference of two prompt versions; by default the latest change."""
    return answer(arms.diff(skill, old, new))
