from collections import Counter
from functools import cache

import pytest

from tests.evolution.world import FRAME, LABELS, PATTERN, World, candidate, problem, quality
from tinyarms.core.settings import Evolution
from tinyarms.evolution.guards.rules import GuardContext, verdict
from tinyarms.evolution.optimizers.population_search import Part
from tinyarms.evolution.optimizers.promptbreeder import PromptBreeder
from tinyarms.evolution.protocol import Evaluate, Write
from tinyarms.skills.prompt import Prompt

LARGE = problem(search=120, selection=60, calls=900)


@cache
def run() -> tuple[PromptBreeder, World]:
    """One search with room for it; the tests below look at it from several sides."""
    search = PromptBreeder(LARGE)
    return search, World(LARGE).run(search)


@pytest.mark.slow
def test_it_finds_what_makes_the_worker_better() -> None:
    search, _ = run()
    best = search.outcome.finalists[0]
    assert search.outcome.incumbent is not None
    before, n = search.outcome.incumbent
    assert best.accuracy > before + 0.1
    assert search.outcome.best == (best.accuracy, n)
    assert best.n == n > 30
    assert best.fixes > best.breaks
    fitness = [finalist.fitness for finalist in search.outcome.finalists]
    assert fitness == sorted(fitness, reverse=True)


@pytest.mark.slow
def test_it_improves_free_text_too() -> None:
    given = problem(PATTERN, search=120, selection=60, calls=900)
    search = PromptBreeder(given)
    World(given).run(search)
    assert quality(search.outcome.finalists[0].prompt) > quality(given.incumbent) + 0.05
    assert all(not finalist.prompt.calibration for finalist in search.outcome.finalists)


@pytest.mark.slow
def test_label_calibration_alone_is_a_candidate() -> None:
    search, _ = run()
    incumbent, calibration = search.outcome.candidates[:2]
    assert (incumbent.operator, calibration.operator) == ("incumbent", "calibration")
    assert search.board.calibrated(calibration).calibration["negative"] > 0
    assert search.board.accuracy(calibration) > search.board.accuracy(incumbent)


@pytest.mark.slow
def test_demonstrations_come_from_examples_that_nobody_is_evaluated_on() -> None:
    search, world = run()
    met = {r.example.inputs["text"] for r in world.requests if isinstance(r, Evaluate)}
    shown = {d.inputs["text"] for c in search.outcome.candidates for d in c.prompt.demonstrations}
    assert shown
    assert not shown & met


@pytest.mark.slow
def test_manual_prompts_are_in_the_population() -> None:
    manual = (candidate("Classify it with a label.").prompt, Prompt(f"Guess at it.\n\n{FRAME}"))
    given = problem(manual=manual)
    search = PromptBreeder(given)
    World(given).run(search)
    found = [c.prompt for c in search.outcome.candidates if c.operator == "manual"]
    assert found == list(manual)


@pytest.mark.slow
def test_selection_examples_are_met_by_finalists_only_at_the_end() -> None:
    _, world = run()
    flags = [r.selection for r in world.requests if isinstance(r, Evaluate)]
    assert flags == sorted(flags)
    met = Counter(r.candidate.id for r in world.requests if isinstance(r, Evaluate) and r.selection)
    assert len(met) == 4
    assert len(set(met.values())) == 1
    assert all(
        r.example.split == ("selection" if r.selection else "search")
        for r in world.requests
        if isinstance(r, Evaluate)
    )


@pytest.mark.slow
def test_the_incumbent_never_leaves_the_population() -> None:
    for seed in range(5):
        few = Evolution(population_size=4)
        given = problem(PATTERN, search=60, selection=10, calls=600, seed=seed, settings=few)
        search = PromptBreeder(given)
        World(given).run(search)
        assert len(search.outcome.candidates) > len(search.population)
        assert search.outcome.candidates[0] in search.population


@pytest.mark.slow
def test_finalists_are_chosen_as_they_would_be_released() -> None:
    _, world = run()
    met = {
        r.candidate.operator == "incumbent": r.prompt.calibration
        for r in world.requests
        if isinstance(r, Evaluate) and r.selection
    }
    assert met[True] == {}
    assert set(met[False]) == set(LABELS.labels)


def test_a_budget_for_next_to_nothing_hands_over_nothing() -> None:
    given = problem(calls=5)
    search = PromptBreeder(given)
    world = World(given, limit=1000).run(search)
    assert world.calls <= 5
    assert search.outcome.finalists == []


@pytest.mark.slow
def test_children_know_their_parents() -> None:
    search, _ = run()
    known = {c.id: place for place, c in enumerate(search.outcome.candidates)}
    for place, child in enumerate(search.outcome.candidates):
        assert all(known[parent] < place for parent in child.parents)
    alone = {"rewrite", "hypermutate", "describe", "word_contract", "choose_demonstrations"}
    parents = {c.operator: len(c.parents) for c in search.outcome.candidates}
    assert all(parents.get(name, 1) == 1 for name in alone)
    assert {p.beat_parent for p in search.outcome.proposals} == {True, False, None}


@pytest.mark.slow
def test_without_a_writer_the_other_operators_go_on() -> None:
    world = World(LARGE, write=lambda request: "")
    search = PromptBreeder(LARGE)
    world.run(search)
    made = Counter(p.operator for p in search.outcome.proposals if p.verdict == "accepted")
    wrote = {r.operator for r in world.requests if isinstance(r, Write)}
    assert wrote and not wrote & set(made)
    assert len(made) >= 3
    assert search.outcome.finalists


@pytest.mark.slow
def test_instructions_and_demonstrations_that_were_found_apart_are_put_together() -> None:
    search, _ = run()
    known = {candidate.id: candidate.prompt for candidate in search.outcome.candidates}
    crossed = [
        c
        for c in search.outcome.candidates
        if c.operator == "cross_demonstrations" and c.generation == 0
    ]
    assert len(crossed) > 3
    for child in crossed:
        one, other = (known[parent] for parent in child.parents)
        assert child.prompt.text in (one.text, other.text)
        assert child.prompt.demonstrations in (one.demonstrations, other.demonstrations)
        assert child.prompt.text != LARGE.incumbent.text
        assert child.prompt.demonstrations
    yielded = [p for p in search.outcome.proposals if p.candidate in crossed]
    assert all(proposal.beat_parent is not None for proposal in yielded)


@pytest.mark.slow
def test_where_the_guards_refuse_them_all_crossing_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(prompt: Prompt, context: GuardContext, mutation_prompt: str, quotes: None) -> str:
        both = prompt.text != LARGE.incumbent.text and prompt.demonstrations
        return "refused" if both else verdict(prompt, context, mutation_prompt, quotes)

    monkeypatch.setattr("tinyarms.evolution.optimizers.population_search.verdict", refuse)
    search = PromptBreeder(LARGE)
    World(LARGE).run(search)
    first = next(
        place
        for place, proposal in enumerate(search.outcome.proposals)
        if proposal.operator == "cross_demonstrations"
    )
    refused = 0
    for proposal in search.outcome.proposals[first:]:
        if proposal.verdict != "refused" or proposal.operator != "cross_demonstrations":
            break
        refused += 1
    assert 3 < refused < 40


@pytest.mark.slow
def test_tournaments_without_a_new_leader_start_the_population_afresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tinyarms.evolution.optimizers.promptbreeder.PLATEAU_TOURNAMENTS", 4)
    starts = []

    class Watched(PromptBreeder):
        def _start_afresh(self, generation: int) -> Part:
            before, leader = list(self.population), self._ranked(self.population)[0]
            tried = Counter(proposal.operator for proposal in self.outcome.proposals)
            known = len(self.outcome.candidates)
            yield from super()._start_afresh(generation)
            starts.append((before, leader, list(self.population)))
            incumbent = before[0]
            fresh = self.outcome.candidates[known:]
            kept = [incumbent] if leader is incumbent else [incumbent, leader]
            assert self.population == [*kept, *fresh]
            assert all(c.parents[0] == incumbent.id for c in fresh)
            assert all(c.generation == generation for c in fresh)
            share = [(tried[c.operator] + 1) / self._weights[c.operator] for c in fresh]
            assert share == sorted(share)

    given = problem(search=120, selection=60, calls=2500)
    search = Watched(given)
    World(given).run(search)
    assert len(starts) > 1
    assert search.used <= given.calls
    assert search.outcome.finalists


@pytest.mark.slow
def test_where_the_guards_refuse_all_of_a_fresh_start_the_population_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    search, world = PromptBreeder(LARGE), World(LARGE)
    world.run(search)
    before = list(search.population)
    monkeypatch.setattr(
        "tinyarms.evolution.optimizers.population_search.verdict", lambda *_: "refused"
    )
    search.spent = False
    steps = search._start_afresh(generation=99)
    asked = next(steps, [])
    while asked:
        try:
            asked = steps.send([world.answer(request) for request in asked])
        except StopIteration:
            break
    assert search.population == before
