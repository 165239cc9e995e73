"""Ballots, votes, and whether users want to be asked."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from tinyarms.core.ids import LONGEST_ID
from tinyarms.loop.api import TinyArms
from tinyarms.loop.testing.ballots import BallotView
from tinyarms.web.answers import answer
from tinyarms.web.refusal import Refused
from tinyarms.web.repeats import CountsOnce, RequestId
from tinyarms.web.rest.bodies import Annoyance, ForUser, Vote
from tinyarms.web.rest.parameters import AnyId, known_skill
from tinyarms.web.security.access import Application, Arms, Viewer, Voter, require
from tinyarms.web.security.caller import Caller

router = APIRouter(prefix="/v1", tags=["votes"], route_class=CountsOnce)

VOTE_S = 5.0
"""Seconds that a vote waits for the database, before the caller is told to send it again. Higher:
fewer votes are refused while others write much, and people wait longer."""
Name = Annotated[str | None, Query(min_length=1, max_length=LONGEST_ID)]


@router.get("/ballot")
def ballot(caller: Voter, arms: Arms, skill: Name = None, user: Name = None) -> Response:
    """The ballot of a skill, or of any, that has waited longest; `why_not_asked` if none."""
    asked = caller.acts_for(user)
    if skill is None:
        waiting = arms.next_of_all(asked)
    else:
        waiting = arms.ballot(known_skill(arms, skill), asked)
    why_not = arms.why_not_asked(skill, asked) if waiting is None else None
    return answer({"ballot": waiting, "why_not_asked": why_not})


def _its_ballot(request: Request) -> tuple[str, str]:
    return "ballot", str(request.path_params["ballot_id"])


BallotVoter: TypeAlias = Annotated[Caller, require("vote", "application", embedded=_its_ballot)]


def _waiting(arms: TinyArms, ballot_id: str, user: str | None) -> BallotView:
    found = arms.waiting_ballot(ballot_id, user)
    if found is None:
        raise Refused(404, "not_found", "No ballot of this id waits.", "Ask for the next one.")
    return found


@router.get("/ballots/{ballot_id}")
def one_ballot(caller: BallotVoter, arms: Arms, ballot_id: AnyId, user: Name = None) -> Response:
    """A ballot that waits, with its inputs, and its outputs in the order in which it has them."""
    return answer({"ballot": _waiting(arms, ballot_id, caller.acts_for(user))})


@router.post("/ballots/{ballot_id}/token")
def token(caller: Application, arms: Arms, ballot_id: AnyId, body: ForUser) -> Response:
    """A token for a page, with which it may show this ballot and answer it, for a day."""
    _waiting(arms, ballot_id, body.user)
    by = caller.token_id or ""
    return answer(arms.add_widget_token("ballot", ballot_id, by=by, user=body.user))


@router.post("/ballots/{ballot_id}/vote")
def vote(caller: BallotVoter, arms: Arms, id: RequestId, ballot_id: AnyId, body: Vote) -> Response:
    """Answer a ballot. The vote is on the disk when this answers; 503: send it again later."""
    choice = None if body.choice is None or body.choice.lower() == "skip" else body.choice
    with arms.impatient(VOTE_S):
        voted = arms.vote(
            ballot_id,
            choice,
            skill=body.skill,
            vote_id=caller.id_of(body.vote_id, id),
            user=caller.acts_for(body.user),
        )
    return answer(voted)


@router.post("/snooze")
def snooze(caller: Voter, arms: Arms, id: RequestId, body: ForUser) -> Response:
    """Turn questions off for a day for this user."""
    return answer({"snoozed_until": arms.snooze(caller.acts_for(body.user))})


@router.delete("/snooze")
def end_snooze(caller: Voter, arms: Arms, user: Name = None) -> Response:
    """Turn questions on again for this user."""
    arms.end_snooze(caller.acts_for(user))
    return answer({"snoozed_until": None})


@router.get("/annoyance")
def annoyance(caller: Viewer, arms: Arms) -> Response:
    """Users' answers of the last 90 days whether the vote dialog was annoying."""
    return answer(arms.annoyance())


@router.post("/annoyance")
def note_annoyance(caller: Voter, arms: Arms, body: Annoyance) -> Response:
    """Store whether voting was annoying."""
    arms.note_annoyance(body.annoyed, user=caller.acts_for(body.user))
    return answer({"annoyed": body.annoyed})
