"""Ask several prompts about the same examples, in turns, and collect the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyarms.core.errors import GateInterrupted, ModelError
from tinyarms.core.ids import derived_id, derived_random
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.calling.evaluator import EvaluationAnswer
from tinyarms.loop.calling.example_names import example_name
from tinyarms.loop.project.listener import Listener, Progress
from tinyarms.skills.example import Example
from tinyarms.skills.execution import Unanswered
from tinyarms.store.db.records import EvaluationRecord, Purpose, VariantRecord

TURN_EXAMPLES = 4
"""Examples that a prompt answers before the next prompt has its turn. Higher: the server's prefix
cache saves more, and an outage affects the prompts less evenly."""
GATE, CUT = "Offline gate", "Offline cut"
"""Names of steps. The daemon resumes these, and no refresh of a person."""

Pair = tuple[VariantRecord, Example]


@dataclass(frozen=True)
class GateAnswers:
    """The answers that the gate has collected."""

    successes: Mapping[str, Mapping[str, bool]]
    """Variant id → example id → success, without variants that the budget did not reach."""
    left_out: Mapping[str, Unanswered]
    """Id of each example that counts for no variant → why. Another call would not help."""
    records: Mapping[str, Mapping[str, EvaluationRecord]]
    """Variant id → example id → the answer, of those in `successes`."""


def in_turns(
    variants: Sequence[VariantRecord], examples: Sequence[Example], seed: int
) -> list[Pair]:
    """All pairs in the order of the calls: the variants take turns of a few examples.

    The order of the examples, and of the variants in each round, is random, so that an outage
    affects all variants alike.
    """
    rng = derived_random(seed, "offline gate")
    order = rng.sample(examples, len(examples))
    pairs: list[Pair] = []
    for begin in range(0, len(order), TURN_EXAMPLES):
        for variant in rng.sample(variants, len(variants)):
            pairs += [(variant, example) for example in order[begin : begin + TURN_EXAMPLES]]
    return pairs


def gate_answers(
    caller: Caller,
    variants: Sequence[VariantRecord],
    examples: Sequence[Example],
    seed: int,
    listener: Listener,
    purpose: Purpose = "test",
    step: str | None = None,
) -> GateAnswers:
    """Run each variant on every example. `variants`: the incumbent first.

    `purpose`: `test` for the offline gate, `selection` for the offline cut and the gate of a
    refresh. `step`: its name in reports; `None`: that of the gate or the cut.

    Where tokens, seconds or money are limited, the challengers after the first have their turns
    later: a budget that ends early has then measured the first one. Raises `GateInterrupted` if no
    model answers, and `NotScored` if too many outputs get no score.
    """
    limits = caller.budget.limits
    limited = any(limit is not None for limit in (limits.tokens, limits.seconds, limits.money))
    groups = [variants[:2], *([v] for v in variants[2:])] if limited else [variants]
    total, done = len(variants) * len(examples), 0
    step = step or (GATE if purpose == "test" else CUT)

    def progress() -> None:
        nonlocal done
        done += 1
        listener.progress(Progress(step, done, total))

    answers: list[tuple[Pair, EvaluationAnswer]] = []
    for group in groups:
        if purpose == "test":
            for variant in group:
                _log_read(caller, variant, len(examples))
        pairs = in_turns(group, examples, seed)
        requests = [(variant.prompt, example) for variant, example in pairs]
        try:
            group_answers = caller.evaluate_many(requests, purpose, progress)
        except ModelError as error:
            details = f"after {done} of {total} calls. {error.message}"
            raise interrupted(caller.skill.name, details, error.hint, step) from error
        if any(answer is None for answer in group_answers):
            break
        answers += zip(pairs, group_answers, strict=True)
    return _collected(caller, answers, listener, step)


def interrupted(skill: str, details: str, hint: str = "", step: str = GATE) -> GateInterrupted:
    """The error of an interrupted gate. `details`: how far it got, and why it stopped."""
    daemon = ", or let the daemon resume it" if step in (GATE, CUT) else ""
    resume = f"The replies are kept: run the same command again{daemon}."
    return GateInterrupted(
        f"{skill}: the {step.lower()} was interrupted {details}", f"{hint} {resume}".strip()
    )


def _collected(
    caller: Caller,
    answers: Sequence[tuple[Pair, EvaluationAnswer]],
    listener: Listener,
    step: str,
) -> GateAnswers:
    """An example that one variant cannot answer, or that cannot be scored, counts for no
    variant."""
    left_out: dict[str, Unanswered] = {}
    for (_, example), answer in answers:
        is_final = isinstance(answer, Unanswered) and answer.kind != "failed"
        if isinstance(answer, Unanswered) and is_final and example.id not in left_out:
            left_out[example.id] = answer
            name = example_name(caller.context, caller.skill, example)
            listener.note(f"The {step.lower()} continues without {name}. {answer.reason}")
    records: dict[str, dict[str, EvaluationRecord]] = {v.id: {} for (v, _), _ in answers}
    successes: dict[str, dict[str, bool]] = {id: {} for id in records}
    for (variant, example), answer in answers:
        if (
            isinstance(answer, EvaluationRecord)
            and answer.score is not None
            and example.id not in left_out
        ):
            records[variant.id][example.id] = answer
            successes[variant.id][example.id] = answer.score >= caller.skill.success_at
    return GateAnswers(successes, left_out, records)


def _log_read(caller: Caller, variant: VariantRecord, examples: int) -> None:
    """Store, before the first call, that the gate reads the test set for a variant."""
    context, read_id = caller.context, derived_id("test read", caller.session_id, variant.id)
    with context.store.unit_of_work() as work:
        work.examples.log_test_read(
            read_id,
            caller.skill.name,
            caller.session_id,
            variant.prompt.hash,
            examples,
            context.clock(),
        )
