"""Check that a skill can be searched, and collect the search's input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyarms.core.errors import NotEvolvable
from tinyarms.core.settings import EvolutionSettings
from tinyarms.evolution.problem import ManualPrompt
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.picture_inputs import check_pictures
from tinyarms.loop.searching.manual import read_manual
from tinyarms.loop.searching.pricing import check_priced, role_prices
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.skills.example import Example
from tinyarms.skills.example_set import ExampleSet
from tinyarms.skills.scorers import Scorer
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import SearchPlan, SessionRecord, SessionState


@dataclass(frozen=True)
class PreparedSearch:
    """A checked request with the input of its search."""

    skill: Skill
    scorer: Scorer
    examples: ExampleSet
    """The examples; a new search reads those whose ids are in its plan."""
    manual: tuple[ManualPrompt, ...]
    """The prompts from the request's files."""
    session: SessionRecord
    """The session to begin unless an unfinished one resumes. It is not stored yet, so its id, its
    prompt hash and its base version are empty."""


def prepare(context: Context, request: SearchRequest) -> PreparedSearch:
    """Check a request; nothing is stored and no model is called.

    Raises `UsageError` for an unknown skill, `NotEvolvable` without a scorer or examples,
    `PromptError` and `UsageError` for unusable prompt files, and `ConfigError` for an unknown
    writer, pictures that the model cannot see, or a limit of money where a price is not known.
    """
    skill = context.skill(request.skill).skill
    scorer = _scorer(context, skill)
    check_pictures(skill, context.model_settings(skill.model))
    examples = _examples(context, skill)
    manual = read_manual(request.manual, skill, context.pictures)
    session = _new_session(context, skill, request, examples.offered)
    plan = session.search_plan
    check_priced(context, skill, plan.writer, plan.budget.money, plan.prices)
    return PreparedSearch(skill, scorer, examples, manual, session)


def _scorer(context: Context, skill: Skill) -> Scorer:
    if not skill.evolvable:
        raise NotEvolvable(
            f"{skill.name} is not evolvable: {skill.reason or 'its config says so'}.",
            "To evolve it anyway, set `evolvable: true` in config.yaml.",
        )
    scorer = context.scorer(skill)
    if scorer is None:
        raise NotEvolvable(
            f"{skill.name} has no scorer, so a search cannot tell good from bad.",
            "Add `scorer:` in config.yaml, or write variants: tinyarms prompt create.",
        )
    return scorer


def _examples(context: Context, skill: Skill) -> ExampleSet:
    examples = context.example_set(skill)
    splits = {example.split for example in examples.offered}
    for split in ("search", "selection"):
        if split not in splits:
            collected = any(example.origin == "collected" for example in examples.usable)
            review = f", or review collected ones: tinyarms examples review {skill.name}"
            file = skill.examples or "its examples file"
            raise NotEvolvable(
                f"{skill.name} has no `{split}` examples.",
                f'Add rows with "split": "{split}" to {file}{review if collected else ""}.',
            )
    return examples


def _new_session(
    context: Context, skill: Skill, request: SearchRequest, examples: Sequence[Example]
) -> SessionRecord:
    settings = context.project.settings
    preset = request.preset or settings.preset
    writer = request.writer or context.writer_name(skill)
    return SessionRecord(
        id="",
        skill=skill.name,
        original_prompt_hash="",
        triggered_at=context.clock(),
        trigger_reason=request.trigger.reason,
        trigger_numbers=request.trigger.numbers,
        base_version=0,
        preset=preset,
        author="writer",
        optimizer=request.optimizer or _optimizer(preset, settings),
        seed=request.seed or 0,
        state=SessionState.SEARCHING,
        search=SearchPlan(
            variants=request.variants or settings.smollm2.variants_per_evolution,
            writer=writer,
            prices=role_prices(context, skill, writer, examples),
            budget=request.budget.applied_to(settings.evolution.budget),
            evolution=settings.evolution,
            # After a drop of the live accuracy, a few right answers on older examples prove
            # nothing.
            asks_incumbent_first=request.trigger.reason != "accuracy_drop",
            example_ids=tuple(example.id for example in examples),
        ),
    )


def _optimizer(preset: str, settings: EvolutionSettings) -> str:
    return "original" if preset == "original" else settings.evolution.optimizer
