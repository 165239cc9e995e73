"""The benchmark of what a memory costs in a model call."""

from __future__ import annotations

import json
from itertools import groupby, takewhile
from pathlib import Path

import pytest

import bench_recall
from bench_recall import PLAIN, PRIOR, SHOWING, Asked
from run import main
from search.dataset import read_known
from tinyarms.skills.execution import ModelReply, ModelRequest

pytestmark = pytest.mark.slow
WORDS = {"negative": ("dull", "clumsy", "tedious"), "positive": ("lovely", "splendid", "warm")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        f"a {words[number % 3]} film about the {number * 7919}th day\t{label}\n"
        for number in range(40)
        for label, words in WORDS.items()
    ]
    (tmp_path / "sst2.tsv").write_text("".join(rows))
    return tmp_path


class Counting:
    """A model whose tokens are characters, with a cache of the prompt before."""

    name, slots = "counting", 1

    def __init__(self, asked: list[tuple[int, ModelRequest]], number: int) -> None:
        self._asked, self._number = asked, number
        self._before = ""
        self.closed = False

    def complete(self, request: ModelRequest) -> ModelReply:
        assert not self.closed
        self._asked.append((self._number, request))
        text = "".join(message.content for message in request.messages)
        pairs = zip(self._before, text, strict=False)
        cached = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
        self._before = text
        known = dict.fromkeys(request.want_labels, -0.7)
        return ModelReply(request.want_labels[0], len(text), 1, 1.0, cached, known)

    def close(self) -> None:
        self.closed = True


def asked_rows(requests: list[ModelRequest]) -> list[str]:
    return [r.messages[-1].content.partition("Input: ")[2].partition("\n")[0] for r in requests]


def test_the_versions_are_asked_about_the_same_rows_side_by_side(folder: Path) -> None:
    [data] = read_known(folder, ["sst2"])
    sent: list[tuple[int, ModelRequest]] = []
    made: list[Counting] = []

    def make() -> Counting:
        made.append(Counting(sent, len(made)))
        return made[-1]

    asked = bench_recall.ask_all(data, 25, make, folder / "work")
    assert [each.closed for each in made] == [True] * 3  # a server of its own for each
    first = sent[:3]  # They start the servers, and do not count.
    assert asked_rows([request for _, request in first]) == [data.given[-1].inputs["text"]] * 3
    of = [[request for number, request in sent[3:] if number == version] for version in range(3)]
    rows = [example.inputs["text"] for example in data.given[:25]]
    assert all(asked_rows(requests) == rows for requests in of)
    # They take turns of ten rows, and another one begins with each block.
    turns = [(number, len(list(calls))) for number, calls in groupby(n for n, _ in sent[3:])]
    assert [version for version, _ in turns] == [0, 1, 2, 1, 2, 0, 2, 0, 1]
    assert [calls for _, calls in turns] == [10] * 6 + [5] * 3
    assert of[0] == of[1]  # The prior is not in the prompt.
    for row, request in zip(rows, of[2], strict=True):
        *shown, last = request.messages
        assert len(shown) == 2 * bench_recall.SHOWN
        assert row in last.content
        assert not any(row in message.content for message in shown)
    cost = {version: bench_recall.Cost.of(calls) for version, calls in asked.items()}
    assert cost[PLAIN].prompt_tokens == cost[PRIOR].prompt_tokens
    assert cost[SHOWING].prompt_tokens > 2 * cost[PLAIN].prompt_tokens
    assert cost[PLAIN].cached_share > cost[SHOWING].cached_share > 0
    assert cost[SHOWING].recall_ms > cost[PLAIN].recall_ms


def test_the_speed_is_compared_block_by_block() -> None:
    """So a slow time of the machine, which both have, does not count."""
    reply = ModelReply("a", 1, 1, 1.0)
    plain = [Asked(seconds, 0.0, reply) for seconds in (1.0, 5.0) for _ in range(10)]
    half = [Asked(2 * each.seconds, 0.0, reply) for each in plain]
    assert bench_recall.speed_of_plain(plain, half) == pytest.approx((0.5, 0.5, 0.5))


def test_the_command_prints_a_line_a_version_and_its_bars(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["recall", "--data", str(folder), "--only", "sst2", "--calls", "12", "--stand-in"]
    main([*words, "--work", str(folder / "work"), "--json"])
    table, _, _ = capsys.readouterr().out.partition("\n\n")
    assert len(table.splitlines()) == 4
    main([*words, "--work", str(folder / "work"), "--json"])
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    targets = {bar["name"]: (bar["value"], bar["target"]) for bar in answer["bars"]}
    assert targets[f"sst2, {PRIOR}: prompt tokens, times plain"] == (1.0, "= 1")
    assert {target for _, target in targets.values()} == {"= 1", "reported"}


@pytest.mark.parametrize("words", [["recall"], ["recall", "--data", ".", "--calls", "0"]])
def test_what_is_missing_is_said_in_a_line(words: list[str], folder: Path) -> None:
    given = [str(folder) if word == "." else word for word in words]
    with pytest.raises(SystemExit, match="--"):
        main([*given, "--only", "sst2"])
