"""A short run of the benchmark `foreign` without weights, and what its report says."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from bench_foreign import CALIBRATED, EMBEDDED, FOREIGN, SEARCHED, report
from foreign.proxy import ChatOnlyProxy
from foreign.stand_in_server import stand_in_server
from run import main
from search.contest import Row
from search.dataset import read_known

pytestmark = pytest.mark.slow

WORDS = ("Decide", "Read", "Say", "Name", "Choose", "Look", "Think", "Find", "Tell", "Judge")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = "".join(f"comment {n}\t{n % 2}\n" for n in range(120))
    (tmp_path / "sst2.tsv").write_text(rows)
    prompts = "".join(f"{word} what the comment is.\n" for word in WORDS)
    (tmp_path / "sst2.prompts.txt").write_text(prompts)
    return tmp_path


def test_both_kinds_are_scored_and_searched_and_a_second_run_asks_nothing(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        *("foreign", "--data", str(data), "--work", str(tmp_path / "work"), "--stand-in"),
        *("--seeds", "1", "--calls", "40", "--limit", "20", "--json"),
    ]
    main(words)
    first = capsys.readouterr().out
    apart, calibrated, searched = json.loads(first.splitlines()[-1])["bars"]
    assert (apart["value"], calibrated["value"]) == (0, 0)
    assert 0.4 < searched["value"] <= 1
    replies = (tmp_path / "work" / "foreign-stand-in" / "foreign.jsonl").read_bytes()
    main(words)
    assert capsys.readouterr().out == first
    assert (tmp_path / "work" / "foreign-stand-in" / "foreign.jsonl").read_bytes() == replies


def test_the_proxy_passes_on_chats_and_nothing_else(data: Path) -> None:
    (dataset,) = read_known(data, ["sst2"])

    def status(path: str, body: dict[str, object]) -> int:
        asked = urllib.request.Request(
            proxy.url.removesuffix("/v1") + path, json.dumps(body).encode()
        )
        try:
            with urllib.request.urlopen(asked) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    with stand_in_server(dataset) as served, ChatOnlyProxy(served.address, "key") as proxy:
        chat = {"messages": [{"role": "user", "content": "Hello"}]}
        assert status("/v1/chat/completions", chat) == 200
        for path in ("/v1/completions", "/completion", "/tokenize", "/props"):
            assert status(path, {"prompt": "Hello"}) == 404
        assert proxy.passed == {"/v1/chat/completions": 1}
        assert proxy.refused.total() == 4


def row(contestant: str, number: int, right: int) -> Row:
    answers = tuple(n < right for n in range(200))
    return Row("sst2", contestant, number, 600, 590, 40, 1.0, {"text": "p"}, answers, "")


def test_the_bars_are_the_largest_difference_and_the_mean_of_the_seeds() -> None:
    def holds(foreign: int, calibrated: int, *searched: int) -> list[bool]:
        scored = [
            *(
                row(kind + suffix, 1, 120)
                for kind in (EMBEDDED, FOREIGN)
                for suffix in ("", CALIBRATED)
            ),
            *(row(EMBEDDED + suffix, 2, 100) for suffix in ("", CALIBRATED)),
            row(FOREIGN, 2, foreign),
            row(FOREIGN + CALIBRATED, 2, calibrated),
        ]
        found = [row(SEARCHED, seed, right) for seed, right in enumerate(searched, start=1)]
        return [bar.holds for bar in report(scored, found).bars]

    assert holds(102, 98, 130, 142) == [True, True, True]
    assert holds(103, 98, 130, 141) == [False, True, False]
    assert holds(100, 97, 136) == [True, False, True]
