"""A skill: how good it is over time, what went wrong, and its prompt."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tinyarms.skills.verbalizer_text import summary
from tinyarms.web.assets.charting import course_chart
from tinyarms.web.pages.show import PageRoute, show
from tinyarms.web.rest.parameters import SkillName, Version
from tinyarms.web.security.access import Arms, Viewer

router = APIRouter(route_class=PageRoute, include_in_schema=False)

RANGES = (30, 90, 365)
"""Days that the picture of the accuracy may go back."""


@router.get("/skills/{skill}")
def skill(
    request: Request,
    caller: Viewer,
    arms: Arms,
    skill: SkillName,
    days: Annotated[int, Query(ge=1, le=3650)] = 90,
) -> Response:
    """Its accuracy with the versions marked, recent failures, and the prompt in production."""
    view = arms.course(skill, days)
    return show(
        request,
        caller,
        "skill.html",
        skill,
        skill=skill,
        every_s=15,
        charts=True,
        days=days,
        ranges=RANGES,
        course=view,
        chart=course_chart(view),
        stats=arms.stats(skill),
        groups=arms.failures(skill).groups,
        prompt=arms.show(skill),
        versions=[row.version for row in reversed(arms.history(skill))],
        waits=arms.waits(skill, caller.user),
    )


@router.get("/skills/{skill}/prompt")
def prompt(
    request: Request,
    caller: Viewer,
    arms: Arms,
    skill: SkillName,
    version: Version = None,
    against: Version = None,
) -> Response:
    """A version of the prompt, and its difference from any other."""
    shown = arms.show(skill, version)
    history = list(reversed(arms.history(skill)))
    return show(
        request,
        caller,
        "prompt.html",
        f"{skill}: prompt {shown.number}",
        skill=skill,
        shown=shown,
        against=against,
        history=history,
        difference=None if against is None else arms.diff(skill, against, shown.number),
        memory=arms.memory(skill, shown.number),
        weighed=None if shown.prompt.verbalizer is None else summary(shown.prompt.verbalizer),
    )
