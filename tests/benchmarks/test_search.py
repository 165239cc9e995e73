"""The search benchmark's own parts: calls and splits must be the same for all contestants."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bars import Bar
from run import main
from search import report
from search.contest import Row, measure, paired_interval
from search.counter import Counter, OutOfCalls
from search.dataset import Dataset, read_file, read_known, task_request
from search.figures import Figure, Results, figure_of
from search.peer import Peer
from search.stand_in import StandIn
from tinyarms.skills.execution import Message, ModelRequest
from tinyarms.skills.prompt import Demonstration, Prompt

pytestmark = pytest.mark.slow

ROWS = [(f"comment {n}", n % 2) for n in range(60)]
LINK = str(Path(__file__).parents[2] / "benchmarks" / "search" / "peers")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "mine.tsv"
    file.write_text("".join(f"{text}\t{label}\n" for text, label in ROWS))
    return file


@pytest.fixture
def dataset(path: Path) -> Dataset:
    return read_file(path, ("bad", "good"), "Good or bad?")


def test_the_split_is_the_one_of_the_data_folder(tmp_path: Path) -> None:
    lines = [f"comment {n}\t{n % 2}" for n in range(500)]
    (tmp_path / "sst2.tsv").write_text("\n".join(lines) + "\n")
    (tmp_path / "sst2.prompts.txt").write_text("One?\nTwo?\n")
    (found,) = read_known(tmp_path, ["sst2"])
    shuffled = [line.split("\t") for line in lines]
    random.Random(0).shuffle(shuffled)
    texts = [e.inputs["text"] for e in (*found.held_out, *found.search, *found.selection)]
    assert texts == [text for text, _ in shuffled]
    assert [len(part) for part in (found.held_out, found.search, found.selection)] == [
        200,
        200,
        100,
    ]
    assert found.held_out[0].expected == ("negative", "positive")[int(shuffled[0][1])]
    assert found.human_prompts == ("One?", "Two?")
    (nothing_to_learn,) = read_known(tmp_path, ["sst2-shuffled"])
    pairs = list(zip(found.held_out, nothing_to_learn.held_out, strict=True))
    assert all(one.inputs == other.inputs for one, other in pairs)
    assert 60 < sum(one.expected == other.expected for one, other in pairs) < 140


def test_labels_by_name_by_index_and_of_the_rows(path: Path, tmp_path: Path) -> None:
    by_index = read_file(path, ("bad", "good"), None)
    named = tmp_path / "named.jsonl"
    rows = [{"text": text, "label": ("bad", "good")[label]} for text, label in ROWS]
    named.write_text("".join(json.dumps(row) + "\n" for row in rows))
    by_name = read_file(named, ("bad", "good"), None)
    assert [e.expected for e in by_name.given] == [e.expected for e in by_index.given]
    assert read_file(named, (), None).labels == ("bad", "good")
    assert '"bad" or "good"' in by_name.first_prompt
    with pytest.raises(SystemExit, match="'good' is none of bad, great"):
        read_file(named, ("bad", "great"), None)


def test_a_table_with_a_header_and_quotes(path: Path, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(
        "text,label\n" + "".join(f'"{text}, ""so""\nto say",{label}\n' for text, label in ROWS)
    )
    of_table = read_file(table, ("bad", "good"), None)
    plain = read_file(path, ("bad", "good"), None)
    assert [e.expected for e in of_table.given] == [e.expected for e in plain.given]
    assert of_table.given[0].inputs["text"] == f'{plain.given[0].inputs["text"]}, "so"\nto say'
    path.write_text("text\tlabel\n" + path.read_text())
    assert read_file(path, ("bad", "good"), None) == plain
    for name, text in (("no.tsv", "no tab\n"), ("no.csv", "a,b,c\n"), ("no.jsonl", "3\n")):
        (tmp_path / name).write_text(text)
        with pytest.raises(SystemExit, match="a row is not understood"):
            read_file(tmp_path / name, (), None)


def test_answers_that_are_numbers(tmp_path: Path) -> None:
    file = tmp_path / "sums.jsonl"
    rows = [{"question": f"{n} + 1?", "answer": f"Add.\n#### {n + 1}"} for n in range(50)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = read_file(file, (), None, limit=12)
    assert len(found.held_out) == 6
    assert len(found.given) == 6
    example = found.held_out[0]
    assert found.scorer(example, f"It is {example.expected}.") == 1
    assert found.scorer(example, "It is -5.") == 0


def test_a_task_call_is_one_user_message(dataset: Dataset) -> None:
    for text in ("Which?", "Use {{text}} or {{nothing}}: which?"):
        request = task_request(dataset, Prompt(text), {"text": "a comment"})
        assert [m.content for m in request.messages] == [f"{text}\n\nInput: a comment\nOutput:"]
        assert request.constraint is not None
        assert request.constraint.choices == ("bad", "good")
        assert request.temperature == 0


def test_demonstrations_are_turns_before_it(dataset: Dataset) -> None:
    shown = (Demonstration({"text": "fine"}, "good"),)
    for text in ("Which?", "{{x}} which?"):
        request = task_request(dataset, Prompt(text, shown), {"text": "a comment"})
        assert [m.content for m in request.messages] == [
            f"{text}\n\nInput: fine\nOutput:",
            "good",
            "Input: a comment\nOutput:",
        ]


def test_the_counter_tells_task_test_and_writer_calls_apart(dataset: Dataset) -> None:
    counter = Counter(StandIn([dataset]), dataset, limit=3)
    shown = (Demonstration({"text": "fine"}, "good"),)
    for prompt in (Prompt("Input: which?"), Prompt("Which?", shown)):
        counter.complete(task_request(dataset, prompt, dataset.given[0].inputs))
        counter.complete(task_request(dataset, prompt, dataset.held_out[0].inputs))
    counter.complete(ModelRequest(completion="Task: say good or bad.\nPrompt:"))
    about = f"A better prompt than: which?\n\nInput: {dataset.given[0].inputs['text']}\nOutput: x"
    counter.complete(ModelRequest(messages=(Message("user", about),)))
    assert (counter.counts.task, counter.counts.test, counter.counts.writer) == (2, 2, 2)


def test_the_counter_refuses_what_is_beyond_the_budget(dataset: Dataset) -> None:
    counter = Counter(StandIn([dataset]), dataset, limit=2)
    request = task_request(dataset, Prompt("Which?"), dataset.given[0].inputs)
    counter.complete(request)
    counter.complete(request)  # the same again counts again
    with pytest.raises(OutOfCalls):
        counter.complete(request)
    assert counter.counts.task == 2
    measure(dataset, counter, Prompt("Which?"))
    assert counter.counts.test == len(dataset.held_out)


def test_the_paired_interval_holds_the_gain() -> None:
    before = [True] * 100 + [False] * 100
    after = [True] * 90 + [False] * 10 + [True] * 50 + [False] * 50
    low, high = paired_interval(before, after)
    assert 0.1 < low < 0.2 < high < 0.3
    low, high = paired_interval(before, before)
    assert low == -high < 0


def figure(contestant: str, budget: int, accuracy: float, seed: int = 1, calls: int = 0) -> Figure:
    right = tuple(n < 200 * accuracy for n in range(200))
    row = Row("sst2", contestant, seed, budget, calls, 0, 1.0, {"text": "p"}, right, "")
    return figure_of(row, "today", "rows")


def bars_of(figures: Sequence[Figure], budget: int) -> dict[str, Bar]:
    results = Results(figures, {})
    return {bar.name: bar for bar in report.bars(results, {"sst2": budget})}


def test_the_bars() -> None:
    figures = [
        figure(report.INCUMBENT, 0, 0.565, seed=0),
        figure("gepa", 1000, 0.6, calls=1000),
        figure("mipro", 1000, 0.65, calls=800),
        figure("ours", 1000, 0.76, calls=1000),
        figure("ours", 1000, 0.72, seed=2, calls=990),
        figure("ours", 100, 0.66),
        figure("ours", 200, 0.64),
        figure("ours", 300, 0.65),
        figure(report.UNCALIBRATED, 1000, 0.72),
        figure(report.HUMAN, 1000, 0.74),
        figure(report.CLASSIFIER, 0, 0.75, seed=0),
    ]
    found = bars_of(figures, 1000)
    best = found["sst2: ours, mean, against the best peer (mipro)"]
    assert (best.value, best.holds) == (0.74, True)
    assert found[
        "sst2: ours, mean, against the random search over human prompts (human-prompts)"
    ].holds
    classifier = found["sst2: ours, mean, against the classifier less 0.01"]
    assert (classifier.target, classifier.holds) == (">= 0.74", True)
    share = found["sst2: share of mipro's calls that ours needs for its accuracy"]
    assert (share.value, share.holds) == (0.375, True)
    assert not found["sst2: ours, mean"].holds
    assert not found["sst2: ours-uncalibrated, mean"].holds
    assert found["sst2: ours, worst seed: upper end of the gain's 95 % interval"].holds
    assert found["task calls beyond the budget, most of any run"].holds


def test_a_seed_that_is_clearly_worse_and_a_call_too_many_fail() -> None:
    figures = [
        figure(report.INCUMBENT, 0, 0.6, seed=0),
        figure("ours", 100, 0.45, calls=100),
        figure("ours", 100, 0.7, seed=2, calls=101),
    ]
    found = bars_of(figures, 100)
    assert not found["sst2: ours, worst seed: upper end of the gain's 95 % interval"].holds
    assert not found["task calls beyond the budget, most of any run"].holds


PEER = f"""
import sys
sys.path.insert(0, {LINK!r})
from link import Link, OutOfCalls
link = Link()
print("packages print")
try:
    while True:
        for prompt in ("poor", "Read and decide by exactly the words, carefully"):
            for text, expected in link.examples[:10]:
                reply, score = link.task(prompt, text)
                assert score == (reply == expected)
        link.write("Something better?")
except OutOfCalls:
    pass
"""
END = 'link.finish("mine", "as it says", [("fine", "good")])'


def peer(tmp_path: Path, script: str) -> Peer:
    found = Peer("some", str(tmp_path / "some_peer.py"), "m", ("none==1",), tmp_path / "envs")
    Path(found.script).write_text(script)
    home = tmp_path / "envs" / f"none-{found._pins}"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").symlink_to(sys.executable)
    (home / ".installed").touch()
    return found


def test_a_peer_is_stopped_at_the_budget_and_hands_over_its_choice(
    tmp_path: Path, dataset: Dataset
) -> None:
    found = peer(tmp_path, PEER + END).find(dataset, StandIn([dataset]), 33, 1, tmp_path / "run")
    assert found.prompt == Prompt("mine", (Demonstration({"text": "fine"}, "good"),))
    assert (found.counts.task, found.counts.writer, found.counts.test) == (33, 1, 0)
    assert found.note == "as it says"


def test_of_a_peer_that_breaks_the_log_of_its_calls_counts(
    tmp_path: Path, dataset: Dataset
) -> None:
    broken = PEER + "raise ValueError('no more')"
    found = peer(tmp_path, broken).find(dataset, StandIn([dataset]), 40, 1, tmp_path / "run")
    assert found.prompt.text.startswith("Read and decide")
    assert "ValueError: no more" in found.note


def test_a_run_is_kept_and_not_made_again(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    human = path.with_suffix(".prompts.txt")
    human.write_text("Read the comment and decide.\n")
    options = ["search", "--stand-in", "--data", str(path), "--labels", "bad,good", "--json"]
    options += ["--calls", "30", "--quick", "--optimizers", "ours-random-search,human-prompts"]
    options += ["--work", str(tmp_path / "work")]
    assert main(options) == 0
    first = capsys.readouterr()
    assert "30 task calls" in first.err
    assert main(options) == 0
    again = capsys.readouterr()
    assert again.err == ""
    assert again.out == first.out
    bars = json.loads(again.out.splitlines()[-1])["bars"]
    assert [(bar["value"], bar["holds"]) for bar in bars] == [(0, True)]
    for contestant in ("first-prompt", "ours-random-search", "human-prompts"):
        assert f"mine  {contestant}" in again.out
