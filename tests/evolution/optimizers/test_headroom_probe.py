from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.evolution.world import LABELS, PATTERN, World, problem, uniform
from tinyarms.evolution.optimizers.headroom_probe import Probe, ProbeReport, probe_calls
from tinyarms.skills.contract import Contract, Labels
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply
from tinyarms.skills.prompt import Prompt

CALLS = 1000


def probed(work: object, contract: Contract, seed: int = 0) -> ProbeReport:
    given = problem(contract, search=200, calls=CALLS, seed=seed)
    probe = Probe(given)
    world = World(given, work=work).run(probe)  # type: ignore[arg-type]
    assert world.calls == probe.report.calls <= probe_calls(CALLS) == 50
    return probe.report


def answers(right: float) -> object:
    """A worker that is right so often, whatever the prompt: each answer is drawn on its own."""

    def work(contract: Contract, prompt: Prompt, shown: Example) -> ModelReply:
        luck = uniform("alike", prompt.text, len(prompt.demonstrations), shown.id)
        return ModelReply(shown.expected if luck < right else "xxx", 10, 5, 1.0)

    return work


def leaning(separation: float, bias: float) -> Callable[[Contract, Prompt, Example], ModelReply]:
    """A worker with label probabilities: how far they follow the truth, and lean to one label."""

    def work(contract: Contract, prompt: Prompt, shown: Example) -> ModelReply:
        luck = uniform("label", prompt.text, len(prompt.demonstrations), shown.id)
        noise = math.log((luck + 0.001) / (1.001 - luck)) / 2
        toward = bias + noise + separation * (1 if shown.expected == "positive" else -1)
        chances = {
            "negative": -math.log1p(math.exp(toward)),
            "positive": -math.log1p(math.exp(-toward)),
        }
        text = max(chances, key=lambda label: chances[label])
        return ModelReply(text, 10, 5, 1.0, label_logprobs=chances)

    return work


@pytest.mark.slow
def test_where_prompts_score_alike_it_seldom_says_worth_it() -> None:
    verdicts = Counter(probed(answers(0.7), PATTERN, seed).verdict for seed in range(50))
    assert verdicts["worth_it"] <= 5
    assert verdicts["cannot_tell"] >= 40


def test_demonstrations_that_help_are_seen() -> None:
    def work(contract: Contract, prompt: Prompt, shown: Example) -> ModelReply:
        right = bool(prompt.demonstrations) and uniform("d", shown.id) < 0.8
        return ModelReply(shown.expected if right else "xxx", 10, 5, 1.0)

    report = probed(work, PATTERN)
    assert report.verdict == "worth_it"
    assert "right on 0 of 20 examples" in report.reason
    assert report.numbers["wins"] > 6
    assert report.numbers["losses"] == 0


@pytest.mark.slow
def test_a_leaning_worker_is_worth_a_calibration() -> None:
    report = probed(leaning(separation=1.5, bias=4.0), LABELS)
    assert report.verdict == "worth_it"
    assert report.numbers["separation"] > 0.9


@pytest.mark.slow
def test_labels_told_apart_no_better_than_chance() -> None:
    verdicts = Counter(probed(leaning(0.0, 0.5), LABELS, seed).verdict for seed in range(7))
    assert verdicts["not_worth_it"] > verdicts["worth_it"]
    told = Counter(probed(leaning(0.8, 0.0), LABELS, seed).verdict for seed in range(7))
    assert told["not_worth_it"] == 0


@pytest.mark.slow
def test_of_many_labels_chance_is_no_verdict() -> None:
    more = Labels((*LABELS.labels, "mixed", "neutral", "none"))
    unlikely = dict.fromkeys(more.labels[2:], -9.0)

    def work(contract: Contract, prompt: Prompt, shown: Example) -> ModelReply:
        reply = leaning(0.0, 0.5)(contract, prompt, shown)
        return replace(reply, label_logprobs={**(reply.label_logprobs or {}), **unlikely})

    reports = [probed(work, more, seed) for seed in range(7)]
    assert min(report.numbers["separation"] for report in reports) < 0.5
    assert all(report.verdict != "not_worth_it" for report in reports)


@pytest.mark.parametrize(("right", "why"), [(1.0, "right on all 30 examples"), (0.0, "never are")])
def test_no_room_above_and_no_ground_below(right: float, why: str) -> None:
    contract = LABELS if right else PATTERN
    report = probed(answers(right), contract)
    assert report.verdict == "not_worth_it"
    assert why in report.reason


@pytest.mark.parametrize("calls", [600, 300, 30])
def test_what_is_right_on_all_it_was_asked_ends_at_once(calls: int) -> None:
    given = problem(PATTERN, search=200, calls=calls)
    probe = Probe(given)
    world = World(given, work=answers(1.0)).run(probe)  # type: ignore[arg-type]
    assert probe.report.verdict == "not_worth_it"
    assert probe.report.reason == "The prompt is right on all 12 examples that it was asked."
    assert world.calls == probe.report.calls == 12


def test_a_few_right_answers_are_not_enough_unless_there_are_no_more_examples() -> None:
    for calls, search, verdict in ((8, 200, "cannot_tell"), (300, 8, "not_worth_it")):
        given = problem(PATTERN, search=search, calls=calls)
        probe = Probe(given)
        World(given, work=answers(1.0)).run(probe)  # type: ignore[arg-type]
        assert probe.report.verdict == verdict


def test_a_small_budget_asks_the_prompt_in_production_only() -> None:
    given = problem(calls=300)
    probe = Probe(given)
    world = World(given).run(probe)
    assert world.calls == 12
    assert (probe.report.verdict, probe.report.numbers) == ("cannot_tell", {})
