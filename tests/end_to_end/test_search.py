"""The spending and the stored rows of a search, on the simulated model."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.end_to_end.project import CONFIG, SKILL, open_project, recording, write_project
from tinyarms.core.errors import ConfigError, ModelUnavailable
from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.problem import Inherited, Problem
from tinyarms.evolution.protocol import (
    Evaluate,
    Evaluated,
    Finalist,
    Steps,
    StepwiseOptimizer,
    Write,
    Written,
)
from tinyarms.loop.project.listener import Estimate, Progress, Silent
from tinyarms.loop.searching import driver as search_module
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import OperatorRecord, SessionRecord, SessionState

pytestmark = pytest.mark.slow

CALLS = 60


@pytest.fixture
def gated(tmp_path: Path, migrated: Path) -> Iterator[Path]:
    """A project with enough examples for the offline gate."""
    made = tmp_path / "project"
    write_project(made)
    shutil.copy(migrated, made)
    with recording(made):
        yield made


@pytest.fixture
def root(gated: Path) -> Path:
    """The same with too few, which is faster."""
    examples = gated / "examples.jsonl"
    kept = [line for line in examples.read_text().splitlines() if '"test"' not in line]
    examples.write_text("\n".join(kept) + "\n")
    return gated


class Hears(Silent):
    """Keeps the notes of a search."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class Plain(StepwiseOptimizer):
    """Three written candidates and the incumbent, each on all examples: 120 task calls."""

    def search(self) -> Steps:
        outcome, incumbent = self.outcome, Candidate("c0", self.problem.incumbent, "incumbent")
        outcome.candidates.append(incumbent)
        for number in (2, 3, 1):  # what the made-up model writes first is best
            request = ModelRequest(completion="Instruction:", max_tokens=16, seed=number)
            (answer,) = yield [Write("plain", (incumbent.id,), request)]
            if isinstance(answer, Written):
                child = Candidate(f"c{number}", Prompt(answer.text), "plain", (incumbent.id,))
                outcome.candidates.append(child)
                outcome.proposals.append(Proposal("plain", child.parents, "accepted", child))
        for candidate in outcome.candidates:
            right = 0
            for example in (*self.problem.search, *self.problem.selection):
                selection = example.split == "selection"
                (met,) = yield [Evaluate(candidate, candidate.prompt, example, selection)]
                if not isinstance(met, Evaluated):
                    return
                right += met.score == 1
            accuracy = right / 30
            if candidate is incumbent:
                outcome.incumbent = (accuracy, 30)
            elif len(outcome.finalists) < self.problem.variants:
                outcome.finalists.append(
                    Finalist(candidate, candidate.prompt, accuracy, accuracy, 30, 0, 0)
                )


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "make_optimizer", lambda name, problem: Plain(problem))


def search(root: Path, **options: Any) -> EvolveView:
    with open_project(root) as arms:
        return arms.evolve(options.pop("skill", SKILL), **options)


def estimate(root: Path, **options: Any) -> Estimate:
    with open_project(root) as arms:
        return arms.estimate(SKILL, **options)


@pytest.mark.parametrize("tokens", [200, 1500])
def test_tokens_are_never_overshot(root: Path, tokens: int) -> None:
    found = search(root, budget_calls=CALLS, budget_tokens=tokens)
    assert found.spent["tokens"] <= tokens
    assert (found.estimate.tokens or 0) <= tokens


@pytest.mark.parametrize("seconds", [0.15, 0.3])
def test_seconds_of_the_model_are_never_overshot(root: Path, seconds: float) -> None:
    found = search(root, budget_calls=CALLS, budget_seconds=seconds)
    assert 0 < found.spent["seconds"] <= seconds + 0.05  # rounded to a tenth


def test_a_gate_that_the_budget_reaches_in_part(gated: Path, plain: None) -> None:
    found = search(gated, budget_tokens=7500)
    assert 7000 < found.spent["tokens"] <= 7500
    assert found.gate is not None and found.gate.gate_ran
    assert [line.n for line in found.gate.challengers] == [100, 30]
    assert found.gate.challengers[0].shown
    assert found.gate.challengers[1].reason == "The budget ended before it was measured."


def test_a_gate_that_the_budget_does_not_reach(gated: Path, plain: None) -> None:
    found = search(gated, budget_tokens=6000)
    assert found.spent["tokens"] <= 6000
    assert found.gate is not None and not found.gate.gate_ran
    assert found.gate.reason.startswith("No offline gate: the budget ended")
    assert found.gate.rule == "taste_only"
    assert all(line.shown for line in found.gate.challengers)


def test_an_interrupted_search_on_tokens_goes_on_to_the_same_end(
    root: Path, tmp_path: Path
) -> None:
    undisturbed = search(
        shutil.copytree(root, tmp_path / "undisturbed"), budget_calls=CALLS, budget_tokens=4000
    )

    class StopsOnce(Silent):
        def progress(self, progress: Progress) -> None:
            if progress.done >= 20:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(root, budget_calls=CALLS, budget_tokens=4000, listener=StopsOnce())
    resumed = search(root)
    assert resumed.resumed
    assert resumed.spent == undisturbed.spent
    assert [v.prompt for v in resumed.variants] == [v.prompt for v in undisturbed.variants]


def without_memory(root: Path) -> None:
    constants = root / "config" / "constants.yaml"
    constants.write_text(f"{constants.read_text()}  evolution: {{memory: false}}\n")


def test_the_estimate_of_prompts_with_a_memory_is_higher(gated: Path) -> None:
    with open_project(gated) as arms:
        arms.run(SKILL, text="comment 1")
    remembering = estimate(gated)
    without_memory(gated)
    plain = estimate(gated)
    assert plain.tokens is not None and plain.seconds is not None
    assert remembering.tokens is not None and remembering.seconds is not None
    # Four more examples, each about as long as the whole prompt, which has half of the tokens: the
    # chat template, which has the other half, is sent once.
    assert 2 < remembering.tokens / plain.tokens < 3.5
    assert 2 < remembering.seconds / plain.seconds < 4


def test_the_estimate_is_in_all_units_once_they_are_known(gated: Path, plain: None) -> None:
    without_memory(gated)
    first = estimate(gated)
    assert (first.task_calls, first.test_calls) == (600, 300)
    assert (first.tokens, first.seconds, first.writer_calls) == (None, None, None)
    with open_project(gated) as arms:
        arms.run(SKILL, text="comment 1")
    ran = estimate(gated)
    assert (ran.tokens, ran.writer_calls) == (900 * 21, None)
    assert ran.seconds == pytest.approx(900 * 0.004)
    search(gated, budget_calls=120)  # too few for a probe
    with open_project(gated) as arms:
        arms.cancel(SKILL)
    after_a_search = estimate(gated)
    assert after_a_search.writer_calls == 600 * 3 / 120
    assert after_a_search.tokens == 900 * 21 + 15 * 132
    assert after_a_search.seconds == pytest.approx(900 * 0.004 + 15 * 0.009)
    tight = estimate(gated, budget_tokens=3000)
    assert tight.task_calls < 100
    assert tight.tokens == 3000


def test_sessions_of_a_skill_share_what_is_known_and_count_it_apart(root: Path) -> None:
    without_memory(root)
    first = search(root, budget_calls=CALLS)
    with open_project(root) as arms:
        arms.cancel(SKILL)
    again = search(root, budget_calls=CALLS)
    assert first.spent["task_calls"] <= CALLS
    assert again.spent["cache_hits"] >= first.spent["cache_hits"] + 20  # the incumbent's
    with open_project(root) as arms:
        assert arms.results(SKILL).spent["cache_hits"] == again.spent["cache_hits"]


def test_a_writer_of_its_own(root: Path, plain: None) -> None:
    config = CONFIG.replace("models:\n", "models:\n  big: {kind: replay, model: big}\n")
    (root / "config.yaml").write_text(config)
    asked: list[str] = []

    @dataclass
    class Named:
        slots = 1
        name: str
        inner: Any

        def complete(self, request: Any) -> Any:
            asked.append(f"{self.name} {'writes' if request.completion else 'works'}")
            return self.inner.complete(request)

        def close(self) -> None:
            pass

    with open_project(root) as arms:
        inner = arms._context.model("small")
        arms._context._models |= {"big": Named("big", inner), "small": Named("small", inner)}
        found = arms.evolve(SKILL, budget_calls=CALLS, writer="big")
    assert set(asked) == {"big writes", "small works"}
    assert found.writer == "big"
    with pytest.raises(ConfigError, match=r"no models\.huge"):
        search(root, writer="huge", restart=True)


def test_prompts_by_people_join_the_first_population(root: Path) -> None:
    """They are stored with the session: a search that goes on does not need the files."""
    good, link = root / "good.md", root / "link.md"
    good.write_text("Decide from the words of the comment whether the person is happy with it.\n")
    link.write_text("See https://example.org before you say whether it is good or bad.\n")
    listener = Hears()
    begun = search(
        root, manual=[good, link], optimizer="random_search", budget_calls=CALLS, listener=listener
    )
    left_out = f"The search leaves out {link}: the guard `address` rejects it."
    assert listener.notes.count(left_out) == 1
    with open_project(root) as arms, arms._context.store.read() as work:
        [session] = work.sessions.all(SKILL)
        made = [c for c in work.candidates.all(session.id) if c.mutation_type == "manual"]
    assert begun.session_id == session.id
    [good_candidate] = made
    assert good_candidate.prompt.text == good.read_text().strip()
    tried, rejected = begun.manual
    assert (tried.name, tried.score, tried.n) == (
        str(good),
        good_candidate.fitness_score,
        good_candidate.evaluated_n,
    )
    assert tried.stage in ("screened_out", "raced") and tried.letter is None
    assert (rejected.name, rejected.stage, rejected.score) == (str(link), "not_admitted", None)
    assert rejected.reason == "The guard `address` rejects it."


def test_a_variant_by_a_person_says_so(root: Path) -> None:
    mine = root / "mine.md"
    mine.write_text(
        "---\n"
        "demonstrations:\n"
        "- inputs: {text: comment 101}\n"
        "  output: bad\n"
        "---\n"
        "Weigh the praise and the blame, and say which of them wins in the end.\n"
    )
    found = search(root, manual=[mine], optimizer="random_search", force=True)
    reasons = [variant.reasoning for variant in found.variants]
    [place] = [
        index
        for index, reason in enumerate(reasons)
        if reason.startswith(f"Written by hand: {mine}; 1 demonstration")
    ]
    [view] = found.manual
    assert view.stage == ("finalist" if place else "winner")
    assert view.letter == found.variants[place].letter
    assert view.n > 0 and view.score is not None


def test_a_slow_writer_is_said_once(root: Path, plain: None) -> None:
    constants = root / "config" / "constants.yaml"
    constants.write_text(
        constants.read_text().replace("smollm2: {", "smollm2: {latency_budget_ms: 5, ")
    )

    listener = Hears()
    search(root, budget_calls=CALLS, listener=listener)
    slow = [note for note in listener.notes if "latency_budget_ms" in note]
    assert slow == ["A writing call took 9 ms; smollm2.latency_budget_ms is 5."]


class Stub(StepwiseOptimizer):
    """A probe that runs the incumbent on as many examples as it may, and says what it is told."""

    verdict = "worth_it"

    def __init__(self, problem: Problem, *, asks_incumbent_first: bool) -> None:
        super().__init__(problem)
        self.met = 0

    def search(self) -> Steps:
        incumbent = Candidate("probe", self.problem.incumbent, "incumbent")
        answers = yield [Evaluate(incumbent, incumbent.prompt, e) for e in self.problem.search]
        self.met = sum(isinstance(answer, Evaluated) for answer in answers)

    @property
    def report(self) -> SimpleNamespace:
        return SimpleNamespace(
            verdict=self.verdict, reason=f"Met {self.met}.", calls=self.met, numbers={"met": 1.0}
        )


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> type[Stub]:
    monkeypatch.setattr(search_module, "Probe", Stub)
    monkeypatch.setattr(search_module, "probe_calls", lambda calls: calls // 20)
    monkeypatch.setattr(Stub, "verdict", "worth_it")
    return Stub


def test_the_probe_is_paid_from_the_budget_and_its_calls_are_used_again(
    root: Path, probe: type[Stub]
) -> None:
    found = search(root, budget_calls=CALLS)
    assert found.probe is not None
    assert (found.probe.verdict, found.probe.reason) == ("worth_it", "Met 3.")
    assert found.spent["task_calls"] <= CALLS
    assert found.spent["cache_hits"] >= 3
    assert found.operators != ()


def test_not_worth_it_ends_the_session(
    root: Path, probe: type[Stub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "verdict", "not_worth_it")
    mine = root / "mine.md"
    mine.write_text("Decide from the words of the comment whether the person is happy with it.\n")
    found = search(root, budget_calls=CALLS, manual=[mine])
    assert (found.result, found.spent["task_calls"], found.variants) == ("not_worth_it", 3, ())
    [manual] = found.manual
    assert (manual.stage, manual.score, manual.n) == ("not_scored", None, 0)
    assert manual.reason is not None and "--force" in manual.reason
    with open_project(root) as arms:
        results = arms.results(SKILL)
    assert (results.status, results.result) == ("completed", "not_worth_it")
    assert results.probe == found.probe
    assert results.evidence == "A search was not worth it. Met 3."
    forced = search(root, budget_calls=CALLS, force=True)
    assert not forced.resumed
    assert forced.spent["task_calls"] > 3
    assert forced.probe is not None and forced.probe.verdict == "not_worth_it"


def test_the_probe_itself_keeps_to_its_share(root: Path, plain: None) -> None:
    """The real one: what it says is its own business."""
    found = search(root, force=True)
    assert found.probe is not None
    assert 0 < found.probe.calls <= 600 / 20
    assert found.spent["task_calls"] <= 600


def test_the_original_preset_has_no_probe(root: Path, probe: type[Stub]) -> None:
    (root / "config" / "constants.yaml").write_text(
        "prompt_evolution:\n  preset: original\n"
        "  evolution: {population_size: 3, generations: 1, evaluation_samples: 2}\n"
    )
    found = search(root)
    assert found.probe is None
    assert found.learned_from == ()


class Unscored(StepwiseOptimizer):
    """Names a best candidate before it has met an example."""

    def search(self) -> Steps:
        incumbent = Candidate("c0", self.problem.incumbent, "incumbent")
        self.outcome.best = (0.0, 0)
        request = ModelRequest(completion="Instruction:", max_tokens=16, seed=1)
        yield [Write("plain", (incumbent.id,), request)]
        (met,) = yield [Evaluate(incumbent, incumbent.prompt, self.problem.search[0])]
        assert isinstance(met, Evaluated)
        self.outcome.best = (met.score, 1)
        yield [Write("plain", (incumbent.id,), request)]


@pytest.mark.slow
def test_no_best_accuracy_is_told_before_anything_was_scored(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "make_optimizer", lambda name, problem: Unscored(problem))
    told: list[Progress] = []

    class StopsAtOnce(Hears):
        def progress(self, progress: Progress) -> None:
            if progress.label == "Searching":
                told.append(progress)
                raise KeyboardInterrupt

    listener = StopsAtOnce()
    with pytest.raises(KeyboardInterrupt):
        search(root, budget_calls=CALLS, listener=listener)
    assert [(progress.best, progress.best_n) for progress in told] == [(None, 0)]
    assert "task calls: nothing yet." in listener.notes[-1]


def test_what_was_answered_is_told_after_each_call(root: Path) -> None:
    told: list[Progress] = []

    class Listens(Silent):
        def progress(self, progress: Progress) -> None:
            told.append(progress)

    search(root, budget_calls=CALLS, listener=Listens())
    for label in ("Probing", "Searching"):
        done = [progress.done for progress in told if progress.label == label]
        assert max(after - before for before, after in itertools.pairwise(done)) <= 1


def test_the_yield_of_operators_is_there_while_it_searches_and_after(root: Path) -> None:
    class StopsOnce(Silent):
        def progress(self, progress: Progress) -> None:
            if progress.label == "Searching" and progress.done >= 30:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(root, budget_calls=CALLS, listener=StopsOnce())
    with open_project(root) as arms:
        begun = arms.results(SKILL).operators
    assert sum(each.proposals for each in begun) > 0
    done = search(root)
    with open_project(root) as arms:
        assert arms.results(SKILL).operators == done.operators
    for each in done.operators:
        assert each.proposals == each.accepted + sum(each.rejected.values())
        assert each.beat_parent <= each.accepted
    assert {each.operator for each in begun} <= {each.operator for each in done.operators}


@pytest.fixture
def two_skills(root: Path) -> Path:
    """The same skill under another name, with other labels."""
    config = CONFIG + CONFIG.partition("skills:\n")[2].replace(
        f"  {SKILL}:\n", "  mood:\n"
    ).replace("labels: [good, bad]", "labels: [bad, good, none]")
    (root / "config.yaml").write_text(config)
    return root


def learned(root: Path, session_id: str, minutes: int, won: Mapping[str, int]) -> None:
    """Let the first skill have had a search in which sentences of an operator won."""
    session = SessionRecord(
        id=session_id,
        skill=SKILL,
        original_prompt_hash="h",
        triggered_at=datetime(2024, 9, 15, 9, minutes, tzinfo=UTC),
        trigger_reason="manual",
        base_version=1,
        preset="default",
        author="writer",
        optimizer="promptbreeder",
        seed=0,
        state=SessionState.NOTHING_BETTER,
    )
    found = OperatorRecord(
        session_id=session_id,
        operator="word_contract",
        proposals=9,
        accepted=7,
        rejected={"too_similar": 2},
        beat_parent=4,
        mutation_prompts={"Said slowly": 2, "Said loudly": 3},
        sentences=won,
    )
    with open_project(root) as arms, arms._context.store.unit_of_work() as work:
        work.sessions.add(session)
        work.operators.put(found)


def test_a_search_begins_with_what_won_in_another_skill(two_skills: Path) -> None:
    learned(two_skills, "a" * 32, 1, {"Of an older search.": 9})
    won = {"Be quick.": 1, "Say whether it is {either}.": 3, "Pick: {labels}.": 2}
    learned(two_skills, "b" * 32, 2, won)
    found = search(two_skills, skill="mood", budget_calls=CALLS)
    source = f"{SKILL} (session bbbbbbbb)"
    assert found.learned_from == (source,)
    with open_project(two_skills) as arms:
        assert arms.results("mood").learned_from == (source,)
        with arms._context.store.read() as work:
            session = work.sessions.get(found.session_id)
    assert session.search_plan.inherited == (
        Inherited(
            operator="word_contract",
            tries=9,
            wins=4,
            mutation_prompts=("Said loudly", "Said slowly"),
            sentences=(
                "Say whether it is bad or good or none.",
                "Pick: bad, good, none.",
                "Be quick.",
            ),
            source=source,
        ),
    )
    assert search(two_skills, budget_calls=CALLS).learned_from == (
        f"mood (session {found.session_id[:8]})",
    )


def test_no_cross_skill_learning_where_it_is_switched_off(two_skills: Path) -> None:
    learned(two_skills, "a" * 32, 1, {"Be quick.": 1})
    constants = two_skills / "config" / "constants.yaml"
    constants.write_text(constants.read_text() + "  cross_skill_learning: false\n")
    assert search(two_skills, skill="mood", budget_calls=CALLS).learned_from == ()


class JudgeOfWords:
    """Likes the outputs of prompts whose number it is told; `say` is its whole reply."""

    name = "wise"
    slots = 1

    def __init__(self, say: Callable[[int], str]) -> None:
        self.say = say
        self.asked = 0

    def complete(self, request: ModelRequest) -> ModelReply:
        self.asked += 1
        return ModelReply(self.say(self.asked), 50, 5, 20.0)

    def close(self) -> None:
        pass


def judged(root: Path, judge: Any, outputs: int = 2) -> EvolveView:
    """A search whose variants the judge screens."""
    config = CONFIG.replace("models:\n", "models:\n  wise: {kind: replay, model: wise}\n")
    (root / "config.yaml").write_text(config)
    (root / "config" / "constants.yaml").write_text(
        "prompt_evolution:\n  smollm2: {variants_per_evolution: 2}\n"
        f"  judge: {{model: wise, rubric: Is it kind?, threshold: 0.5, outputs: {outputs}}}\n"
    )
    with open_project(root) as arms:
        arms._context._models["wise"] = judge
        return arms.evolve(SKILL)


def test_a_judge_drops_a_weak_variant_before_users_see_it(root: Path, plain: None) -> None:
    judge = JudgeOfWords(lambda asked: '{"score": 5}' if asked <= 2 else '{"score": 2}')
    found = judged(root, judge)
    assert found.judge is not None
    assert (found.judge.grades, found.judge.dropped) == ((1.0, 0.25), 1)
    assert found.spent["judge_calls"] == judge.asked == 4
    # What it likes is not promoted: users are asked.
    assert (found.result, len(found.variants)) == ("testing", 1)
    with open_project(root) as arms:
        results = arms.results(SKILL)
        assert arms.history(SKILL)[-1].version == 1
    assert results.judge == found.judge
    assert results.spent["judge_calls"] == 4
    assert results.spent["writer_calls"] == 3


def test_a_judge_that_finds_all_weak_ends_the_session(root: Path, plain: None) -> None:
    found = judged(root, JudgeOfWords(lambda asked: '{"score": 1}'))
    assert (found.result, found.variants) == ("kept", ())
    with open_project(root) as arms:
        assert arms.results(SKILL).evidence.startswith("The judge wise dropped 2 of 2 variants")


def test_a_judge_that_talks_nonsense_drops_nothing(root: Path, plain: None) -> None:
    judge = JudgeOfWords(lambda asked: '{"score": 1}' if asked == 1 else "Lovely.")
    found = judged(root, judge)
    assert found.judge is not None
    assert (found.judge.grades, found.judge.dropped) == ((None, None), 0)
    assert "could not grade all outputs of 2 of them" in found.judge.summary
    assert (found.result, len(found.variants)) == ("testing", 2)


def test_a_judge_that_cannot_be_asked_drops_nothing(root: Path, plain: None) -> None:
    def fail(asked: int) -> str:
        raise ModelUnavailable("wise: nobody is there.")

    found = judged(root, JudgeOfWords(fail))
    assert found.judge is not None
    assert found.judge.summary == (
        "The judge wise did not answer, so no variant was dropped: wise: nobody is there."
    )
    assert (found.result, len(found.variants)) == ("testing", 2)
    # It stays said: an interrupted session goes on with it.
    assert found.judge.grades == (None, None)


def test_a_judge_that_is_not_declared_is_an_error(root: Path) -> None:
    (root / "config" / "constants.yaml").write_text("prompt_evolution:\n  judge: {model: unwise}\n")
    with pytest.raises(ConfigError, match=r"judge\.model: there is no models\.unwise"):
        open_project(root)
