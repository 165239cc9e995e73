"""The learning benchmark runs, does not repeat finished runs, and reports the saved calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from run import main

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("sst2", "subj"):
        rows = [f"{name} comment {n}\t{n % 2}\n" for n in range(40)]
        (tmp_path / f"{name}.tsv").write_text("".join(rows))
    return tmp_path


def test_alone_and_taught(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["learning", "--data", str(data), "--only", "sst2,subj", "--stand-in", "--quick"]
    words += ["--calls", "30", "--work", str(tmp_path / "work"), "--json"]
    assert main(words) == 0
    first = capsys.readouterr()
    assert "sst2: taught, seed 1, 30 task calls" in first.err
    said = json.loads(first.out.splitlines()[-1])
    assert [bar["name"].partition(":")[0] for bar in said["bars"]] == [
        "sst2",
        "sst2",
        "subj",
        "subj",
    ]
    rows = [json.loads(p.read_text()) for p in (tmp_path / "work").rglob("row.json")]
    assert {row["note"][:4] for row in rows if row["contestant"] == "taught"} == {"sst2", "subj"}
    assert {row["note"] for row in rows if row["contestant"] == "alone"} == {""}
    assert all(row["task_calls"] <= row["budget"] for row in rows)
    assert main(words) == 0
    again = capsys.readouterr()
    assert (again.out, again.err) == (first.out, "")
