"""The input of a session's search: prompts, examples and a limit on calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from tinyarms.evolution.abilities import Ability
from tinyarms.evolution.optimizers.registry import original_calls
from tinyarms.evolution.problem import Problem
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.searching.manual import accepted_prompts
from tinyarms.memory.memory import Memory
from tinyarms.skills.example import Example, remembered
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.score_reasons import why_wrong
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import SessionRecord


def max_task_calls(session: SessionRecord) -> int:
    """Most task calls of the session's search."""
    plan = session.search_plan
    if session.optimizer == "original" or plan.budget.calls is None:
        return original_calls(plan.evolution)
    return plan.budget.calls


def problem_of(
    session: SessionRecord, skill: Skill, incumbent: Prompt, examples: Sequence[Example]
) -> Problem:
    """The problem of a session that has begun; its `calls` are all that the budget allows.

    It has only the examples from the session's start: later ones would change the path of a resumed
    search.
    """
    calls, plan = max_task_calls(session), session.search_plan
    ids = set(plan.example_ids or ())
    search = tuple(e for e in examples if e.split == "search" and e.id in ids)
    by_id = {example.id: example for example in search}
    problem = Problem(
        skill=skill.name,
        description=skill.description,
        contract=skill.contract,
        incumbent=incumbent,
        search=search,
        selection=tuple(e for e in examples if e.split == "selection" and e.id in ids),
        success_at=skill.success_at,
        calls=calls,
        settings=plan.evolution,
        variants=plan.variants,
        failures=tuple(by_id[i] for i in plan.failures if i in by_id),
        seed=session.seed,
        inherited=plan.inherited,
        namespace=session.id,
        memory_share=skill.memory_share,
    )
    if plan.evolution.memory and session.optimizer != "original":
        rows = remembered(search, "search")
        problem = replace(problem, memory=Memory.of(rows, skill.contract.labels) if rows else None)
    if not plan.manual:
        return problem
    return replace(problem, manual=accepted_prompts(plan.manual, problem))


def for_writer(
    problem: Problem, caller: Caller, writer: str, abilities: tuple[Ability, ...]
) -> Problem:
    """The problem with what decides the requests to this writer."""
    return replace(
        problem,
        abilities=abilities,
        writer_masks=caller.context.masks_for(writer),
        explain=partial(why_wrong, caller.scorer),
    )
