"""The first page: all skills, and what waits for whoever looks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from tinyarms.core.errors import TinyArmsError
from tinyarms.core.roles import may
from tinyarms.loop.api import TinyArms
from tinyarms.loop.reporting.course import CourseView
from tinyarms.loop.reporting.daemon_status import SkillStanding
from tinyarms.loop.reporting.waits import WaitsView
from tinyarms.web.pages.show import PageRoute, show
from tinyarms.web.security.access import Arms, require, service_of
from tinyarms.web.security.caller import Caller

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_DAYS = 90
"""Days that the small pictures go back."""


@dataclass(frozen=True)
class SkillCard:
    """What the first page says about a skill."""

    standing: SkillStanding
    course: CourseView | None
    """`None`: its prompt cannot be used."""
    waits: WaitsView | None
    """`None`: what waits is not known."""


@router.get("/")
def overview(
    request: Request, caller: Annotated[Caller, require("view", "vote")], arms: Arms
) -> Response:
    """The skills, how good they are, what happens next, and what waits for the caller."""
    if not may(caller.role, frozenset({"view"})):
        return RedirectResponse("/vote", 303)
    status = arms.status()
    changes = service_of(request).config_changes
    cards = [_card(arms, standing, caller.user) for standing in status.skills]
    return show(
        request,
        caller,
        "overview.html",
        "Overview",
        every_s=10,
        status=status,
        cards=cards,
        waiting=[card for card in cards if card.waits is not None and not card.waits.nothing],
        mistakes=(*arms.mistakes, *filter(None, [changes.problem])),
        notices=arms.notices,
        outage=arms.outage,
    )


def _card(arms: TinyArms, standing: SkillStanding, user: str | None) -> SkillCard:
    course = waits = None
    with suppress(TinyArmsError):
        waits = arms.waits(standing.skill, user)
    with suppress(TinyArmsError):
        course = arms.course(standing.skill, _DAYS)
    return SkillCard(standing, course, waits)
