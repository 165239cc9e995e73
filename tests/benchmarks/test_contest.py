"""Contestants that search nothing, the kept figures, and the bars of the whole contest."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bars import Bar
from run import main
from search import figures as kept
from search.classifier import Classifier
from search.code_version import code_hash
from search.contest import CannotRun, Found, measure_answers
from search.contestants import all_contestants
from search.counter import Counter
from search.dataset import KNOWN, SHUFFLED, Dataset, read_file, task_request
from search.figures import Figure, Results, add_figure, read_figures
from search.model import NoModel
from search.nearest import NearestDemonstrations
from search.ours import write_settings
from search.required import Contest, required_bars
from search.skills import STARTER_SKILLS, starter_datasets
from search.stand_in import StandIn
from tinyarms.core.settings import Evolution, EvolutionSettings
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.skills.prompt import Prompt

pytestmark = pytest.mark.slow

GOOD = ("lovely", "splendid", "charming", "delightful")
BAD = ("dreadful", "boring", "clumsy", "tedious")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "mine.tsv"
    rows = [
        (f"a {words[n % 4]} film, number {n}", label)
        for n in range(40)
        for label, words in enumerate((BAD, GOOD))
    ]
    file.write_text("".join(f"{text}\t{label}\n" for text, label in rows))
    return file


@pytest.fixture
def dataset(path: Path) -> Dataset:
    pytest.importorskip("sklearn")
    return read_file(path, ("bad", "good"), "Good or bad?")


@pytest.fixture
def numbers(tmp_path: Path) -> Dataset:
    pytest.importorskip("sklearn")
    file = tmp_path / "sums.jsonl"
    rows = [{"question": f"{n} + 1?", "answer": f"#### {n + 1}"} for n in range(30)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_file(file, (), None)


class Recorder:
    """A simulated model that keeps the requests."""

    def __init__(self, dataset: Dataset) -> None:
        self._inner = StandIn([dataset])
        self.name, self.slots = self._inner.name, self._inner.slots
        self.requests: list[ModelRequest] = []

    def complete(self, request: ModelRequest) -> ModelReply:
        self.requests.append(request)
        return self._inner.complete(request)

    def close(self) -> None:
        pass


def answers(found: Found, dataset: Dataset) -> list[str | None]:
    assert found.answer is not None
    return [found.answer(example) for example in dataset.held_out]


# The classifier.


def test_the_classifier_answers_without_a_model(dataset: Dataset, tmp_path: Path) -> None:
    found = Classifier().find(dataset, NoModel(), 0, 0, tmp_path / "run")
    assert found.answer is not None
    assert all(measure_answers(dataset, found.answer))
    assert (found.prompt, found.counts.task, found.counts.tokens) == (None, 0, 0)


def test_the_classifier_learns_from_the_selection_examples_too(
    dataset: Dataset, tmp_path: Path
) -> None:
    new = [Example(f"new-{n}", {"text": f"zesty zeal {n}"}, "good", "selection") for n in range(9)]
    unknown = Example("asked", {"text": "zesty zeal"}, "good", "test")
    bad = tuple(e for e in dataset.search if e.expected == "bad")
    few_good = tuple(e for e in dataset.search if e.expected == "good")[:6]
    without = replace(dataset, search=(*bad, *few_good), selection=(), held_out=(unknown,))
    knowing = replace(without, selection=tuple(new))
    for tried, expected in ((without, "bad"), (knowing, "good")):
        found = Classifier().find(tried, NoModel(), 0, 0, tmp_path / "run")
        assert answers(found, tried) == [expected]


def test_the_classifier_is_for_labels_only(dataset: Dataset, numbers: Dataset) -> None:
    assert Classifier().fits(dataset)
    assert not Classifier().fits(numbers)


def test_without_its_library_a_contestant_says_what_to_install(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    data = read_file(path, ("bad", "good"), None)
    with pytest.raises(CannotRun, match=r"pip install '\.\[benchmarks\]'"):
        Classifier().find(data, NoModel(), 0, 0, tmp_path / "run")
    assert main(options(path, tmp_path / "work", "classifier")) == 0
    assert "Not run: mine-" in capsys.readouterr().out


# The nearest demonstrations.


def test_the_most_similar_example_is_shown_last(dataset: Dataset, tmp_path: Path) -> None:
    texts = ("one", "one two", "one two three", "one two three four", "other", "else", "thing")
    given = tuple(
        Example(text, {"text": text}, ("bad", "good")[n % 2], "search")
        for n, text in enumerate(texts)
    )
    asked = Example("asked", {"text": "one two three four five"}, "good", "test")
    small = replace(dataset, search=given, selection=(), held_out=(asked,))
    model = Recorder(small)
    found = NearestDemonstrations().find(small, model, 100, 0, tmp_path / "run")
    assert answers(found, small) != [None]
    turns = [turn.content for turn in model.requests[-1].messages]
    assert turns == [
        "Good or bad?\n\nInput: one\nOutput:",
        "bad",
        "Input: one two\nOutput:",
        "good",
        "Input: one two three\nOutput:",
        "bad",
        "Input: one two three four\nOutput:",
        "good",
        "Input: one two three four five\nOutput:",
    ]


def test_the_bias_is_fitted_on_given_examples_that_leave_themselves_out(
    dataset: Dataset, tmp_path: Path
) -> None:
    twice = replace(dataset, search=(*dataset.search, replace(dataset.search[0], id="again")))
    model = Recorder(twice)
    found = NearestDemonstrations().find(twice, model, 1000, 0, tmp_path / "run")
    given = [f"Input: {example.inputs['text']}\nOutput:" for example in twice.given]
    assert [request.messages[-1].content for request in model.requests] == given
    for request in model.requests:
        *shown, asked = (turn.content for turn in request.messages if turn.role == "user")
        assert len(shown) == 4
        assert not any(turn.endswith(asked) for turn in shown)
    assert found.counts.task == len(twice.given)
    assert found.counts.tokens == 42 * len(twice.given)
    assert found.prompt is not None
    assert set(found.prompt.calibration) == {"bad", "good"}
    # The simulated model prefers the first label.
    assert found.prompt.calibration["bad"] < found.prompt.calibration["good"]


def test_the_bias_takes_no_more_calls_than_the_budget(dataset: Dataset, tmp_path: Path) -> None:
    found = NearestDemonstrations().find(dataset, StandIn([dataset]), 7, 0, tmp_path / "run")
    assert found.counts.task == 7


def test_free_text_gets_three_demonstrations_and_no_bias(numbers: Dataset, tmp_path: Path) -> None:
    model = Recorder(numbers)
    found = NearestDemonstrations().find(numbers, model, 1000, 0, tmp_path / "run")
    assert model.requests == []
    answers(found, numbers)
    assert {len(request.messages) for request in model.requests} == {2 * 3 + 1}
    assert found.prompt == Prompt(numbers.first_prompt)


# Example skills.


def test_the_example_skills_are_data_sets(tmp_path: Path) -> None:
    datasets = starter_datasets(tmp_path / "starter")
    assert [dataset.name for dataset in datasets] == list(STARTER_SKILLS)
    for dataset in datasets:
        counter = Counter(StandIn([dataset]), dataset)
        for example in (*dataset.given[:3], *dataset.held_out[:2]):
            counter.complete(task_request(dataset, Prompt("Do it."), example.inputs))
        counts = counter.counts
        assert (counts.task, counts.test, counts.writer) == (3, 2, 0)
        assert counts.tokens == 3 * 42
    assert [Classifier().fits(dataset) for dataset in datasets] == [False, True, True]


def test_a_skill_is_searched_without_its_held_out_examples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["search", "--skills", "--stand-in", "--only", "audio-actions", "--calls", "30"]
    words += ["--seeds", "1", "--work", str(tmp_path), "--optimizers", "ours,by-hand-1"]
    assert main(words) == 0
    found = read_figures(tmp_path / "search-stand-in" / "figures.jsonl")
    assert {figure.contestant: figure.n for figure in found} == {
        "first-prompt": 120,
        "by-hand-1": 120,
        "ours": 120,
    }
    assert all(figure.task_calls is not None and figure.task_calls <= 30 for figure in found)
    assert "audio-actions: ours, mean, against the best prompt by hand" in capsys.readouterr().out


def test_ours_without_memory_sets_that_and_nothing_else(tmp_path: Path) -> None:
    for memory in (True, False):
        write_settings(tmp_path, calibration=True, memory=memory)
        text = (tmp_path / "config" / "constants.yaml").read_text()
        written = json.loads(text)["prompt_evolution"]
        EvolutionSettings.model_validate(written)
        has_memory = "memory" in Evolution.model_fields
        expected = {"label_calibration": True} | ({"memory": memory} if has_memory else {})
        assert written == {"evolution": expected}


# The kept figures.


def options(path: Path, work: Path, contestants: str, *more: str) -> list[str]:
    words = ["search", "--stand-in", "--data", str(path), "--labels", "bad,good"]
    words += ["--calls", "30", "--seeds", "1", "--optimizers", contestants, "--work", str(work)]
    return [*words, *more]


def test_a_run_that_is_finished_on_one_machine_is_not_repeated_on_another(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = (tmp_path / name for name in ("here", "there"))
    assert main(options(path, here, "ours-random-search")) == 0
    first = capsys.readouterr().out.split("\n\n")[1]
    (there / "search-stand-in").mkdir(parents=True)
    copied = there / "search-stand-in" / "figures.jsonl"
    copied.write_text((here / "search-stand-in" / "figures.jsonl").read_text())
    assert main(options(path, there, "ours-random-search")) == 0
    again = capsys.readouterr()
    assert again.err == ""
    assert again.out.split("\n\n")[1].startswith(first.rstrip())


def test_older_code_is_run_again_and_its_figure_is_kept(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "search-stand-in" / "figures.jsonl"
    old = replace(figure("ours-random-search", 0.5, dataset="mine", budget=30), code="of old")
    add_figure(file, old)
    assert main(options(path, tmp_path, "ours-random-search")) == 0
    shown = capsys.readouterr()
    assert "ours-random-search-30-seed1" in shown.err
    assert "older code" not in shown.out
    found = [f for f in read_figures(file) if f.contestant == "ours-random-search"]
    assert old in found
    assert len(found) == 2


def test_the_hash_of_the_code_changes_with_a_file_and_with_a_version(tmp_path: Path) -> None:
    root = Path(kept.__file__).parent
    one, other = root / "classifier.py", root / "nearest.py"
    assert code_hash(one) == code_hash(one)
    hashes = {code_hash(one), code_hash(other), code_hash(one, other), code_hash(one, more=("v2",))}
    assert len(hashes) == 4
    assert code_hash(root) != code_hash(root, tmp_path / "none", more=("v2",))
    assert code_hash(root) == code_hash(root, tmp_path / "none")


def test_every_contestant_has_a_hash(tmp_path: Path) -> None:
    codes = {c.name: c.code for c in all_contestants(tmp_path)}
    assert all(len(code) == 8 for code in codes.values())
    assert codes["ours"] == codes["ours-without-memory"]
    assert codes["ours"] not in {codes["gepa"], codes["classifier"], codes["human-prompts"]}


def test_figures_of_today_count_before_those_of_older_code() -> None:
    old = [figure("ours", 0.9, seed, code="old", date="2026-11-30") for seed in (1, 2)]
    new = [figure("ours", 0.6, 1, code="new", date="2026-11-29")]
    series = Results([*old, *new], {"ours": "new"}).series("sst2", "ours", 1000)
    assert series is not None
    assert (series.mean, len(series.figures), series.age) == (0.6, 1, "current")
    series = Results([*new, *old], {"ours": "newer"}).series("sst2", "ours", 1000)
    assert series is not None
    assert (series.mean, len(series.figures)) == (0.9, 2)
    assert series.age == "older code (abc1234)"


def test_figures_of_other_rows_are_left_out() -> None:
    here = figure("ours", 0.6, date="2026-11-29")
    other = replace(figure("gepa", 0.9, date="2026-11-28"), data="other rows")
    unknown = replace(figure("mipro", 0.7, date="2026-11-27"), data=None)
    results = Results([here, other, unknown], {})
    assert results.contestants("sst2", 1000) == ["ours", "mipro"]


def test_the_committed_figures_can_be_read_and_none_is_there_twice(tmp_path: Path) -> None:
    found = read_figures(kept.FIGURES)
    keys = [(*each.run, each.code, each.data, each.commit) for each in found]
    assert len(keys) == len(set(keys))
    known = {"first-prompt", *(c.name for c in all_contestants(tmp_path))}
    assert {each.contestant for each in found} <= known
    assert {each.dataset for each in found} <= {*KNOWN, *SHUFFLED, *STARTER_SKILLS}
    for each in found:
        assert 0 <= each.accuracy <= 1
        if each.right:
            assert each.accuracy == pytest.approx(each.right.count("1") / each.n, abs=1e-4)
            assert len(each.right) == each.n
        # What was entered from a text says so.
        assert (each.code is None) == (each.note.startswith("as printed in docs/"))


def test_the_report_of_the_kept_figures_needs_no_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "search-stand-in" / "figures.jsonl"
    for each in (figure("gepa", 0.61), figure("classifier", 0.7, seed=0, budget=0)):
        add_figure(file, each)
    words = ["search", "--report", "--stand-in", "--work", str(tmp_path), "--json"]
    assert main(words) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "sst2  classifier  0.700" in shown.out
    assert "older code (abc1234)" in shown.out
    assert (
        "FAILS  sst2: mean of ours, 1000 calls, against the classifier: not measured "
        "(bar: >= 0.69)" in shown.out
    )
    bars = json.loads(shown.out.splitlines()[-1])["bars"]
    assert {bar["value"] for bar in bars if "mean of ours" in bar["name"]} == {None}
    assert not any(bar["holds"] for bar in bars)
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["figures.jsonl"]


# The bars.


def figure(
    contestant: str,
    accuracy: float,
    seed: int = 1,
    budget: int = 1000,
    dataset: str = "sst2",
    code: str = "now",
    date: str = "2026-11-27",
) -> Figure:
    return Figure(
        dataset=dataset,
        contestant=contestant,
        budget=budget,
        seed=seed,
        accuracy=accuracy,
        n=200,
        task_calls=0,
        writer_calls=0,
        tokens=0,
        seconds=1.0,
        code=code,
        data="rows",
        date=date,
        commit="abc1234",
        right="1" * round(200 * accuracy) + "0" * round(200 * (1 - accuracy)),
    )


def whole(
    ours: float, classifier: float, peer: float, half: float, refreshed: float = 0.7
) -> list[Figure]:
    """The figures of a contest in which all data sets have the same accuracies."""
    found = [
        figure("ours", accuracy, seed, budget, name)
        for name in KNOWN
        for budget, accuracy in ((1000, ours), (500, half))
        for seed in (1, 2, 3)
    ]
    found += [figure("classifier", classifier, 0, 0, name) for name in KNOWN]
    found += [figure("nearest-demonstrations", 0.7, 0, 1000, name) for name in KNOWN]
    found += [figure("refreshed", refreshed, 0, 0, name) for name in KNOWN]
    found += [figure("gepa", peer, seed, 1000, name) for name in KNOWN for seed in (1, 2, 3)]
    found += [
        figure("ours", accuracy, seed, 600, name)
        for name, accuracy in (
            ("audio-actions", 0.66),
            ("markdown-analysis", 0.63),
            ("file-naming", 0.52),
        )
        for seed in (1, 2, 3)
    ]
    return [*found, *(figure("ours-uncalibrated", 0.73, seed) for seed in (1, 2, 3))]


def shuffled(gained: int) -> list[Figure]:
    """Three seeds, one of which is right on so many of 200 rows more than the first prompt."""
    first = figure("first-prompt", 0.5, 0, 0, "sst2-shuffled")
    more = [figure("ours", 0.5 + n / 200, n % 97, 1000, "sst2-shuffled") for n in (1, 2, gained)]
    return [first, *more]


def bars_of(figures: Sequence[Figure], older: Sequence[str] = ()) -> dict[str, Bar]:
    """The bars by their names. `older`: contestants whose code has changed since."""
    code_of = {each.contestant: "now" for each in figures} | dict.fromkeys(older, "newer")
    contest = Contest(
        results=Results(figures, code_of),
        datasets=tuple(KNOWN),
        peers=("gepa",),
        calls=1000,
        skill_calls=600,
        shuffled=tuple({f.dataset for f in figures if "shuffled" in f.dataset}),
    )
    return {bar.name: bar for bar in required_bars(contest)}


def failing(found: dict[str, Bar]) -> list[str]:
    return [name.partition(" [")[0] for name, bar in found.items() if not bar.holds]


def test_a_contest_that_reaches_every_bar() -> None:
    found = bars_of(whole(ours=0.81, classifier=0.76, peer=0.8, half=0.8))
    assert failing(found) == []
    assert len(found) == 3 * 4 + 2 + 3 + 1 + 1


def test_each_bar_fails_just_below_it() -> None:
    every = "sst2, subj, agnews: mean of ours, 1000 calls"
    name = "sst2: mean of ours, 1000 calls"
    low_mean = bars_of(whole(ours=0.805, classifier=0.75, peer=0.8, half=0.8))
    assert failing(low_mean) == [every]
    classifier = bars_of(whole(ours=0.81, classifier=0.765, peer=0.8, half=0.8))
    assert failing(classifier) == [f"{every}, against the classifier's mean"]
    peer = bars_of(whole(ours=0.81, classifier=0.76, peer=0.815, half=0.82))
    assert failing(peer)[0] == f"{name}, against the best peer (gepa)"
    assert len(failing(peer)) == 3
    half = bars_of(whole(ours=0.81, classifier=0.76, peer=0.8, half=0.795))
    assert (
        failing(half)[0] == "sst2: mean of ours, 500 calls, against the best peer (gepa) with 1000"
    )
    assert len(failing(half)) == 3
    refreshed = bars_of(whole(ours=0.81, classifier=0.76, peer=0.8, half=0.8, refreshed=0.695))
    assert failing(refreshed) == [
        f"{name}: mean of refreshed, 0 calls, against nearest-demonstrations" for name in KNOWN
    ]
    figures = whole(ours=0.9, classifier=0.76, peer=0.8, half=0.8)
    one_classifier = [
        replace(f, accuracy=0.915) if (f.dataset, f.contestant) == ("sst2", "classifier") else f
        for f in figures
    ]
    assert failing(bars_of(one_classifier)) == [f"{name}, against the classifier"]


def test_a_mean_over_too_few_seeds_or_data_sets_holds_no_bar() -> None:
    figures = whole(ours=0.9, classifier=0.76, peer=0.8, half=0.8)
    two_seeds = [f for f in figures if (f.contestant, f.seed, f.dataset) != ("ours", 3, "subj")]
    found = bars_of(two_seeds)
    name = "subj: mean of ours, 1000 calls, against the classifier [2 of 3 seeds]"
    assert (found[name].value, found[name].holds) == (0.9, False)
    assert "sst2, subj, agnews: mean of ours, 1000 calls" in failing(found)
    no_subj = [f for f in figures if (f.contestant, f.dataset) != ("ours", "subj")]
    bar = bars_of(no_subj)["sst2, subj, agnews: mean of ours, 1000 calls"]
    assert (bar.value, bar.holds) == (None, False)
    no_peer = bars_of([f for f in figures if f.contestant != "gepa"])
    assert no_peer["sst2: mean of ours, 1000 calls, against the best peer"].target == "not measured"
    missing = (
        "results of peers that are measured (missing: gepa on sst2, gepa on subj, gepa on agnews)"
    )
    assert (no_peer[missing].value, no_peer[missing].holds) == (0, False)


def test_shuffled_labels_must_teach_no_seed_anything() -> None:
    title = "sst2-shuffled: ours, 1000 calls, highest lower end of the gain's 95 % interval"
    few = bars_of(shuffled(gained=3))[title]
    assert few.holds and few.value is not None and few.value <= 0
    assert not bars_of(shuffled(gained=30))[title].holds
    one_is_missing = bars_of(shuffled(gained=3)[:-1])
    assert not one_is_missing[f"{title} [2 of 3 seeds]"].holds


def test_a_bar_names_older_code() -> None:
    figures = whole(ours=0.9, classifier=0.76, peer=0.8, half=0.8)
    found = bars_of(figures, older=["gepa"])
    older = {name for name in found if "older code" in name}
    assert older == {name for name in found if "best peer" in name}
    assert failing(found) == []


def test_a_figure_is_written_as_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "figures.jsonl"
    later, earlier = figure("ours", 0.9, seed=2), figure("gepa", 0.8)
    for each in (later, earlier):
        add_figure(file, each)
    assert read_figures(file) == [earlier, later]
    assert json.loads(file.read_text().splitlines()[0]) == asdict(earlier)
