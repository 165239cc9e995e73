"""What people decide about prompts, and what whoever owns the project does to its data."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from tinyarms.web.answers import answer
from tinyarms.web.repeats import CountsOnce
from tinyarms.web.rest.bodies import Forget, Promote, Prune, Review, Rollback
from tinyarms.web.rest.parameters import SkillName
from tinyarms.web.security.access import Arms, Editor, Releaser

router = APIRouter(prefix="/v1", tags=["decisions"], route_class=CountsOnce)


@router.post("/skills/{skill}/promote")
def promote(caller: Releaser, arms: Arms, skill: SkillName, body: Promote) -> Response:
    """Put a variant of the latest session into production by hand."""
    return answer(arms.promote(skill, body.variant))


@router.post("/skills/{skill}/review")
def review(caller: Releaser, arms: Arms, skill: SkillName, body: Review) -> Response:
    """Approve or refuse a prompt that waits for a person."""
    say = arms.approve if body.answer == "approve" else arms.refuse
    return answer(say(skill, body.proposal, user=caller.user, vouched=caller.is_vouched))


@router.post("/skills/{skill}/rollback")
def rollback(caller: Releaser, arms: Arms, skill: SkillName, body: Rollback) -> Response:
    """Put an earlier text into production again."""
    return answer(arms.rollback(skill, body.to))


@router.post("/skills/{skill}/reset")
def reset(caller: Releaser, arms: Arms, skill: SkillName) -> Response:
    """Put the text of version 1 into production again."""
    return answer(arms.reset(skill))


@router.post("/skills/{skill}/cancel")
def cancel(caller: Editor, arms: Arms, skill: SkillName) -> Response:
    """Cancel the skill's open session, and withdraw an unfinished release."""
    return answer(arms.cancel(skill))


@router.post("/forget")
def forget(caller: Releaser, arms: Arms, body: Forget) -> Response:
    """Delete one user's data, and replace their texts in prompts."""
    return answer(arms.forget(body.user, dry_run=body.dry_run))


@router.post("/prune")
def prune(caller: Releaser, arms: Arms, body: Prune) -> Response:
    """Delete raw rows that are older than `retention_days`."""
    return answer(arms.prune(dry_run=body.dry_run))
