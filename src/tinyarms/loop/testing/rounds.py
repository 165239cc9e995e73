"""Handle more prompts by people than a ballot shows: by an offline cut, or in several rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from string import ascii_uppercase

from tinyarms.core.ids import content_hash
from tinyarms.experiments.arms import Arm
from tinyarms.experiments.offline_gate import pairs_needed
from tinyarms.experiments.registry import make_rule
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener
from tinyarms.loop.testing.gate_answers import CUT, gate_answers, interrupted
from tinyarms.skills.example import Example
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import Preset, SessionRecord, VariantRecord

MIN_CUT_EXAMPLES = 100
"""Gold `search` and `selection` examples that a cut needs: with fewer, it would drop too many good
prompts. A larger number tests more prompts in rounds, which take votes instead of model calls."""
MAX_CUT_EXAMPLES = 200
"""The most examples that a cut reads. With more, the cut is more accurate; each costs a model call
per prompt."""


@dataclass(frozen=True)
class Place:
    """The number of a session's round, and of all rounds."""

    round: int
    """From 1."""
    rounds: int
    """The most rounds. Each has an equal share of the bound on false promotions."""


def seats(context: Context, preset: Preset, challengers: int) -> int:
    """How many of the challengers a live test shows."""
    settings = context.project.settings
    rule = make_rule(preset, settings.ab_testing, mode=settings.experiment.mode)
    arms = [Arm("", "", "incumbent")]
    arms += [Arm(letter, letter, "challenger") for letter in ascii_uppercase[:challengers]]
    return sum(arm.role == "challenger" for arm in rule.arms_shown(arms))


def cut_examples(context: Context, skill: Skill, preset: Preset) -> list[Example]:
    """The gold examples that a cut reads, always the same ones, and none of them held out.

    Empty with too few examples, without a scorer, and in the original preset.
    """
    if preset != "default" or context.scorer(skill) is None:
        return []
    gold = [e for e in context.examples(skill) if e.split != "test" and e.origin == "gold"]
    chosen = sorted(gold, key=lambda example: content_hash(example.id))[:MAX_CUT_EXAMPLES]
    return chosen if len(chosen) >= MIN_CUT_EXAMPLES else []


def narrow(
    context: Context,
    session: SessionRecord,
    variants: Sequence[VariantRecord],
    caller: Caller | None,
    listener: Listener,
) -> tuple[list[VariantRecord], Caller | None]:
    """Mark the variants that this test does not show. Returns them, and the caller for more calls.

    With enough examples, the best prompts on them continue, and the others get the status `cut`.
    Otherwise the first prompts continue, and the others get `waiting`. The variants of a search do
    not change. Raises `GateInterrupted` if too many calls fail.
    """
    challengers = [v for v in variants if v.role == "challenger" and v.status == "open"]
    places = seats(context, session.preset, len(challengers))
    if session.author != "people" or len(challengers) <= places:
        return list(variants), caller
    skill = context.skill(session.skill).skill
    examples, scorer = cut_examples(context, skill, session.preset), context.scorer(skill)
    if not examples or scorer is None:
        later = {variant.id: replace(variant, status="waiting") for variant in challengers[places:]}
        return [later.get(variant.id, variant) for variant in variants], caller
    caller = caller or Caller(context, session.id, skill, scorer)
    measured = _measured(caller, challengers, examples, session.seed, listener)
    measured.sort(key=lambda variant: -(variant.accuracy or 0.0))
    cut = [replace(variant, status="cut") for variant in measured[places:]]
    marked = {variant.id: variant for variant in (*measured[:places], *cut)}
    return [marked.get(variant.id, variant) for variant in variants], caller


def _measured(
    caller: Caller,
    challengers: Sequence[VariantRecord],
    examples: Sequence[Example],
    seed: int,
    listener: Listener,
) -> list[VariantRecord]:
    """The challengers, with their accuracies on the examples that all of them have answered."""
    successes = gate_answers(caller, challengers, examples, seed, listener, "selection").successes
    shared = set.intersection(*(set(of_variant) for of_variant in successes.values()))
    if len(shared) < pairs_needed(len(examples)):
        details = f"with {len(shared)} of {len(examples)} examples answered by every prompt."
        raise interrupted(caller.skill.name, details, step=CUT)
    return [
        replace(
            v,
            accuracy=sum(successes[v.id][i] for i in shared) / len(shared),
            accuracy_n=len(shared),
        )
        for v in challengers
    ]


def place_of(context: Context, session: SessionRecord, variants: Sequence[VariantRecord]) -> Place:
    """The session's round, from its letters: round 2 of A to E begins with C."""
    challengers = [variant for variant in variants if variant.role == "challenger"]
    letters = sorted(ascii_uppercase.index(v.variant_letter) for v in challengers)
    in_rounds = letters[0] > 0 or any(v.status == "waiting" for v in challengers)
    if session.author != "people" or not in_rounds:
        return Place(1, 1)
    places = seats(context, session.preset, letters[-1] + 1)
    return Place(letters[0] // places + 1, ceil((letters[-1] + 1) / places))


def sentence_ahead(context: Context, skill: Skill, preset: Preset, challengers: int) -> str | None:
    """How a test handles too many prompts, in words; `None` if a ballot can show all of them."""
    places = seats(context, preset, challengers)
    if challengers <= places:
        return None
    n = len(cut_examples(context, skill, preset))
    if n:
        return (
            f"At most {places} of {challengers} prompts are tested at once: the best {places} on "
            f"{n} examples of the search and the selection continue."
        )
    return (
        f"At most {places} of {challengers} prompts are tested at once: the others wait for a "
        f"later round, against the prompt in production then. (With a scorer and "
        f"{MIN_CUT_EXAMPLES} examples of the search and the selection, a cut would compare them "
        "first.)"
    )
