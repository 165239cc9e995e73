"""Preparatory steps that several tests share."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from tests.loop.place import BETTER, SKILL, Place, contested, text
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_intent import Release, Releasing, in_production
from tinyarms.loop.testing.ballots import prepare_ballot
from tinyarms.loop.testing.create import Created, create_variants
from tinyarms.loop.testing.vote_view import VoteView
from tinyarms.loop.testing.votes import vote
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import BallotRecord
from tinyarms.store.db.tables import sessions


def create(place: Place, context: Context, *prompts: Prompt) -> Created:
    """A session with the prompts as variants A, B …"""
    files: list[Path] = [
        place.prompt_file(f"variant-{number}.md", prompt) for number, prompt in enumerate(prompts)
    ]
    return create_variants(context, SKILL, files)


def begin(place: Place, *prompts: Prompt) -> Context:
    """A project whose skill is in its live test."""
    context = place.open()
    assert create(place, context, *(prompts or (BETTER,))).gate.started
    return context


def ask(context: Context, number: int) -> BallotRecord:
    """A ballot on a task on which the prompt in production and the better one differ."""
    return prepare_ballot(context, SKILL, {"text": text(contested(number))}, f"task-{number}")


def letter_of(context: Context, ballot: BallotRecord, variant: str) -> str:
    """Where a variant ("" for the incumbent) stands on a ballot."""
    with context.store.read() as work:
        by_id = {v.id: v.variant_letter for v in work.experiments.variants(ballot.session_id)}
    return next("ABC"[o.position] for o in ballot.options if by_id[o.variant_id] == variant)


def pick(context: Context, number: int, variant: str, vote_id: str | None = None) -> VoteView:
    """A ballot on a task, and a vote for the variant."""
    ballot = ask(context, number)
    letter = letter_of(context, ballot, variant)
    return vote(context, ballot.id, letter, vote_id=vote_id or f"vote-{number}")


def leave_unfinished(context: Context, prompt: Prompt = BETTER) -> None:
    """Decide on a release as a process that is killed right afterwards."""
    with context.store.unit_of_work() as work:
        planned = Release(
            skill=SKILL,
            prompt=prompt,
            cause="promotion_by_hand",
            expected_version=in_production(work, SKILL).number,
            reason="Asked for by hand",
            source="test",
        )
        Releasing(context, work).plan(planned)


def began_at_version(context: Context, session_id: str, number: int) -> None:
    """Let a session have begun at another version than the one in production."""
    changed = update(sessions).where(sessions.c.id == session_id).values(base_version=number)
    with context.store.unit_of_work() as work:
        work.sessions._connection.execute(changed)
