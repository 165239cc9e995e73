"""Open the evolution session of a search, or go on with the one that is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinyarms.core.errors import ExperimentError
from tinyarms.core.ids import derived_id
from tinyarms.evolution.problem import ManualPrompt
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.cross_skill import inherit
from tinyarms.loop.searching.manual import first_population
from tinyarms.store.db.records import Cost, SessionRecord, SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork

RECENT_FAILURES = 20
"""How many of a skill's latest failed tasks a search looks at, at most."""


def open_session(
    context: Context,
    fresh: SessionRecord,
    restart: bool,
    manual: Sequence[ManualPrompt] = (),
) -> tuple[SessionRecord, bool]:
    """The unfinished session to go on with, or a new one.

    `manual`: prompts by people for a new one; one that goes on keeps those that it began with.
    """
    version = active_version(context, fresh.skill)
    contract = context.skill(fresh.skill).skill.contract
    learning = context.project.settings.cross_skill_learning and fresh.preset == "default"
    with context.store.unit_of_work(durable=True) as work:
        found = work.sessions.open(fresh.skill)
        if found and not found.in_search:
            raise ExperimentError(
                f"A live test of {fresh.skill} is open (session {found.id[:8]}).",
                f"Vote: tinyarms prompt vote {fresh.skill}; or end it: tinyarms prompt cancel "
                f"{fresh.skill}",
            )
        if found and (restart or found.original_prompt_hash != version.prompt.hash):
            end_session(context, work, found.id, SessionState.CANCELLED, "Begun anew.")
            found = None
        if found:
            return found, True
        # The same after a kill: what is derived from it, down to the order on a ballot, stays.
        session = replace(
            fresh,
            id=derived_id("session", fresh.skill, len(work.sessions.all(fresh.skill))),
            original_prompt_hash=version.prompt.hash,
            base_version=version.number,
            search=replace(
                fresh.search_plan,
                cost=known_cost(work, fresh.skill),
                failures=_recent_failures(work, fresh.skill),
                example_ids=tuple(example.id for example in work.examples.all(fresh.skill)),
                inherited=inherit(work, fresh.skill, contract) if learning else (),
                manual=first_population(manual, work.versions.all(fresh.skill), version),
            ),
        )
        work.sessions.add(session)
        return session, False


def _recent_failures(work: UnitOfWork, name: str) -> tuple[str, ...]:
    """Ids of the `search` examples that tasks have failed on lately, newest first."""
    known = {tuple(sorted(e.inputs.items())): e.id for e in work.examples.all(name, "search")}
    failed = work.tasks.recent(name, success=False, limit=RECENT_FAILURES)
    of_the_prompt = (task for task in failed if task.prompt_version is not None)
    found = (known.get(tuple(sorted(task.inputs.items()))) for task in of_the_prompt)
    return tuple(dict.fromkeys(example_id for example_id in found if example_id))


def known_cost(work: UnitOfWork, name: str) -> Cost:
    """What a task call of the skill costs, by its evaluations, or else by its tasks."""
    evaluated = work.calls.mean_cost(name)
    return work.tasks.mean_cost(name) if evaluated.seconds is None else evaluated
