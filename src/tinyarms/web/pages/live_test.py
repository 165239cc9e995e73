"""A skill's live test: what the votes show, what ends it, and voting itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from tinyarms.core.errors import ExperimentError
from tinyarms.core.ids import LONGEST_ID, new_id
from tinyarms.web.assets.charting import lead_chart, posterior_chart, unit_of
from tinyarms.web.pages.show import PageRoute, back, show
from tinyarms.web.rest.parameters import SkillName
from tinyarms.web.security.access import Arms, Releaser, Viewer, require
from tinyarms.web.security.caller import Caller

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Person = Annotated[Caller, require("vote")]
ProposalId = Annotated[str, Form(alias="proposal", min_length=1, max_length=LONGEST_ID)]


@router.get("/skills/{skill}/test")
def live_test(request: Request, caller: Viewer, arms: Arms, skill: SkillName) -> Response:
    """The variants, both gates against their boundaries, and what ends the test."""
    try:
        view = arms.results(skill)
    except ExperimentError:
        view = None
    course = None if view is None else arms.vote_course(skill)
    unit = "vote" if view is None else unit_of(view)
    reviews = arms.review(skill)
    return show(
        request,
        caller,
        "test.html",
        f"{skill}: test",
        skill=skill,
        every_s=5,
        charts=True,
        view=view,
        course=course,
        reviews=reviews,
        unit=unit,
        lead=None if view is None else lead_chart(view),
        posterior=None if course is None else posterior_chart(course, unit),
        waits=arms.waits(skill, caller.user),
    )


@router.get("/vote")
def next_skill(caller: Person, arms: Arms) -> Response:
    """To the ballot of any skill that has waited longest."""
    ballot = arms.next_of_all(caller.user)
    skill = ballot.skill if ballot else next(iter(arms.skills), None)
    return RedirectResponse("/" if skill is None else f"/skills/{skill}/vote", 303)


@router.get("/skills/{skill}/vote")
def ballot(request: Request, caller: Person, arms: Arms, skill: SkillName) -> Response:
    """The outputs to choose from. Nothing tells which prompt leads."""
    found = arms.ballot(skill, caller.user)
    return show(
        request,
        caller,
        "vote.html",
        f"{skill}: choose",
        skill=skill if caller.role != "vote" else None,
        name=skill,
        every_s=None if found else 10,
        ballot=found,
        vote_id=new_id(),
        why_not=None if found else arms.why_not_asked(skill, caller.user),
    )


@router.post("/skills/{skill}/vote")
def vote(
    caller: Person,
    arms: Arms,
    skill: SkillName,
    ballot: Annotated[str, Form(min_length=1, max_length=LONGEST_ID)],
    choice: Annotated[str, Form(min_length=1, max_length=10)],
    vote_id: Annotated[str, Form(min_length=1, max_length=LONGEST_ID)],
) -> Response:
    """Answer a ballot, and go on to the next one. A form that is sent twice counts once."""
    chosen = None if choice == "skip" else choice
    arms.vote(ballot, chosen, skill=skill, vote_id=vote_id, user=caller.user)
    return back(f"/skills/{skill}/vote", "voted")


@router.post("/skills/{skill}/promote")
def promote(
    caller: Releaser,
    arms: Arms,
    skill: SkillName,
    variant: Annotated[str, Form(min_length=1, max_length=LONGEST_ID)],
) -> Response:
    """Put a variant of the latest session into production by hand."""
    arms.promote(skill, variant)
    return back(f"/skills/{skill}/history", "promoted")


@router.post("/skills/{skill}/approve")
def approve(caller: Releaser, arms: Arms, skill: SkillName, proposal: ProposalId) -> Response:
    """Put a prompt that waits for a person into production."""
    arms.approve(skill, proposal, user=caller.user, vouched=caller.is_vouched)
    return back(f"/skills/{skill}/history", "approved")


@router.post("/skills/{skill}/refuse")
def refuse(caller: Releaser, arms: Arms, skill: SkillName, proposal: ProposalId) -> Response:
    """Keep the prompt in production."""
    arms.refuse(skill, proposal, user=caller.user, vouched=caller.is_vouched)
    return back(f"/skills/{skill}/test", "refused")
