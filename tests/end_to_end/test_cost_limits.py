"""What a prompt costs for each task: limited in a search, and shown beside the accuracy."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.end_to_end.test_memory import SKILL, Parrot, project, row, write_project
from tinyarms.cli.main import cli
from tinyarms.loop.project.listener import Silent
from tinyarms.skills.execution import ModelReply, ModelRequest

pytestmark = pytest.mark.slow
TOKENS_OF_A_TURN = 20


@dataclass
class Counting(Parrot):
    """A parrot whose tokens and time grow with the turns that it reads."""

    def complete(self, request: ModelRequest) -> ModelReply:
        turns = len(request.messages) or 1
        tokens = TOKENS_OF_A_TURN * turns
        return replace(super().complete(request), prompt_tokens=tokens, latency_ms=10.0 * turns)


@dataclass
class Notes(Silent):
    said: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    made = Counting()
    monkeypatch.setattr("tinyarms.loop.project.context.make_model", lambda *_, **__: made)
    return made


def limited(root: Path, **limits: float) -> None:
    write_project(root)
    file = root / "config" / "constants.yaml"
    settings = json.loads(file.read_text())
    settings["prompt_evolution"]["evolution"]["limits"] = limits
    file.write_text(json.dumps(settings))


def test_results_have_the_cost_of_each_prompt(tmp_path: Path, counting: Counting) -> None:
    write_project(tmp_path)
    with project(tmp_path) as arms:
        view = arms.evolve(SKILL, budget_calls=300, seed=1)
        assert (view.result, view.over_limits) == ("testing", {})
        variants = {each.letter: each for each in arms.results(SKILL).variants}
    incumbent, best = variants[""], variants["A"]
    assert (incumbent.prompt_tokens, incumbent.seconds) == (TOKENS_OF_A_TURN, pytest.approx(0.01))
    # A retrieved demonstration has two turns.
    assert best.prompt_tokens is not None and best.seconds is not None
    assert best.prompt_tokens >= TOKENS_OF_A_TURN
    assert best.seconds == pytest.approx(best.prompt_tokens / TOKENS_OF_A_TURN / 100)
    environ = {"TINYARMS_HOME": str(tmp_path), "COLUMNS": "200"}
    said = CliRunner().invoke(cli, ["prompt", "results", SKILL], env=environ).stdout
    [line] = [each for each in said.splitlines() if each.startswith("Incumbent:")]
    assert f", {TOKENS_OF_A_TURN} prompt tokens and 0.01 s a task" in line


@pytest.mark.parametrize("limits", [{"prompt_tokens": 25}, {"p95_ms": 12.0}])
def test_no_variant_is_over_a_limit(
    tmp_path: Path, counting: Counting, limits: dict[str, float]
) -> None:
    """So low a limit allows no demonstration, retrieved or not."""
    limited(tmp_path, **limits)
    notes = Notes()
    with project(tmp_path) as arms:
        view = arms.evolve(SKILL, budget_calls=300, seed=1, force=True, listener=notes)
        [name] = limits
        assert list(view.over_limits) == [name]
        [told] = [text for text in notes.said if text.startswith("evolution.limits left out")]
        assert f"{view.over_limits[name]} by {name}." in told
        for variant in arms.results(SKILL).variants:
            assert variant.demonstrations == 0
            assert variant.prompt_tokens == TOKENS_OF_A_TURN
        with arms._context.store.read() as work:
            session = work.sessions.latest(SKILL)
            assert session is not None
            variants = work.experiments.variants(session.id)
            shown = [each.prompt.retrieve for each in variants if each.prompt.retrieve]
    assert all(each.demonstrations == 0 for each in shown)


def test_an_estimate_knows_that_retrieval_makes_calls_longer(
    tmp_path: Path, counting: Counting
) -> None:
    def estimates(root: Path, memory: bool) -> tuple[float, float]:
        write_project(root, memory=memory)
        with project(root) as arms:
            for number in range(5000, 5010):
                arms.run(SKILL, text=row(number)[0])
            found = arms.estimate(SKILL, budget_calls=100)
            assert found.tokens is not None and found.seconds is not None
            return found.tokens, found.seconds

    tokens, seconds = estimates(tmp_path / "without", False)
    more_tokens, more_seconds = estimates(tmp_path / "with", True)
    assert more_tokens > 2 * tokens
    assert more_seconds > 2 * seconds
    # What a search with a memory cost is known: it is not made longer again.
    with project(tmp_path / "with") as arms:
        arms.evolve(SKILL, budget_calls=100, seed=1, force=True)
        with arms._context.store.read() as work:
            known = work.calls.mean_cost(SKILL)
        if arms.results(SKILL).status == "active":
            arms.cancel(SKILL)
        found = arms.estimate(SKILL, budget_calls=100)
        assert known.tokens is not None and found.tokens is not None
        assert found.tokens < 1.2 * known.tokens * (found.task_calls + found.test_calls)
