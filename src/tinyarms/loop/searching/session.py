"""Begin the evolution session of a search, or resume the open one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from tinyarms.core.errors import ExperimentError
from tinyarms.core.ids import derived_id
from tinyarms.evolution.problem import ManualPrompt
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.cross_skill import inherit
from tinyarms.loop.searching.manual import first_population
from tinyarms.loop.searching.writer_abilities import known_abilities
from tinyarms.skills.example_set import inputs_keys
from tinyarms.store.db.records import Cost, SessionRecord, SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork

RECENT_FAILURES = 20
"""Most failed tasks, newest first, that are matched with `search` examples. Higher: older failures
count too."""


def open_session(
    context: Context,
    fresh: SessionRecord,
    restart: bool,
    manual: Sequence[ManualPrompt] = (),
    *,
    usable_ids: Collection[str],
) -> tuple[SessionRecord, bool]:
    """The unfinished session, or `fresh` as a new one, and whether it is resumed.

    `manual`: people's prompts for a new session; an unfinished one keeps its own. `usable_ids`: the
    ids of the examples that may be read now. An unfinished session is cancelled by `restart`, by
    another prompt in production, or if one of its examples is gone. Raises `ExperimentError` while
    a live test is open, and `UsageError` if a given prompt is the one in production.
    """
    plan, version = fresh.search_plan, active_version(context, fresh.skill)
    contract = context.skill(fresh.skill).skill.contract
    learning = context.project.settings.cross_skill_learning and fresh.preset == "default"
    with context.store.unit_of_work(durable=True) as work:
        unfinished = work.sessions.open(fresh.skill)
        if unfinished and not unfinished.in_search:
            raise _live_test_is_open(unfinished)
        changed = unfinished and (
            unfinished.original_prompt_hash != version.prompt.hash
            or not set(unfinished.search_plan.example_ids or ()) <= set(usable_ids)
        )
        if unfinished and (restart or changed):
            end_session(context, work, unfinished.id, SessionState.CANCELLED, "Begun anew.")
            unfinished = None
        if unfinished:
            return unfinished, True
        # The id is the same after a kill, and so is everything derived from it, even the order of
        # options on a ballot.
        earlier = len(work.sessions.all(fresh.skill))
        session = replace(
            fresh,
            id=derived_id("session", fresh.skill, earlier),
            # A search that no person begins has a seed of its own: an earlier one would find the
            # same prompts again.
            seed=fresh.seed if fresh.trigger_reason == "manual" else earlier,
            original_prompt_hash=version.prompt.hash,
            base_version=version.number,
            search=replace(
                plan,
                cost=known_cost(work, fresh.skill),
                failures=_recent_failures(work, fresh.skill),
                abilities=known_abilities(context, work, fresh.optimizer, plan.writer),
                inherited=inherit(work, fresh.skill, contract) if learning else (),
                manual=first_population(manual, work.versions.all(fresh.skill), version),
            ),
        )
        work.sessions.add(session)
        return session, False


def _live_test_is_open(session: SessionRecord) -> ExperimentError:
    name = session.skill
    return ExperimentError(
        f"A live test of {name} is open (session {session.id[:8]}).",
        f"Vote: tinyarms prompt vote {name}; or end it: tinyarms prompt cancel {name}",
    )


def _recent_failures(work: UnitOfWork, name: str) -> tuple[str, ...]:
    """Ids of the `search` examples that tasks have recently failed on, newest first."""
    examples = work.examples.all(name, "search")
    failed = work.tasks.recent(name, success=False, limit=RECENT_FAILURES)
    by_skill_prompt = [task for task in failed if task.prompt_version is not None]
    inputs = [e.inputs for e in examples] + [task.inputs for task in by_skill_prompt]
    keys = inputs_keys(inputs)
    by_inputs = {key: e.id for key, e in zip(keys, examples, strict=False)}
    ids = map(by_inputs.get, keys[len(examples) :])
    return tuple(dict.fromkeys(example_id for example_id in ids if example_id))


def known_cost(work: UnitOfWork, name: str) -> Cost:
    """The mean cost of the skill's evaluations, or else of its tasks."""
    evaluated = work.calls.mean_cost(name)
    return work.tasks.mean_cost(name) if evaluated.seconds is None else evaluated
