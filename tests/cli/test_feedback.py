from __future__ import annotations

import pytest

from tests.cli.conftest import INCUMBENT, Shell


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "success"),
    [(("--success",), True), (("--failure",), False), (("--correction", "bridge"), False)],
)
def test_feedback_reaches_the_stats(shell: Shell, words: tuple[str, ...], success: bool) -> None:
    shell.record(INCUMBENT, "x", "photo")
    assert shell("run", "file-naming", "content=x", "--task-id", "t1").exit_code == 0
    data = shell.json("feedback", "t1", *words, "--id", "f1")
    assert (data["known"], data["success"]) == (True, success)
    assert shell.json("feedback", "t1", *words, "--id", "f1")["success"] is success
    (stats,) = shell.json("prompt", "stats", "file-naming")["skills"]
    assert (stats["n"], stats["successes"]) == (1, int(success))


@pytest.mark.slow
def test_it_says_which_outcome_it_replaces(shell: Shell) -> None:
    shell.record(INCUMBENT, "x", "photo")
    assert shell("run", "file-naming", "content=x", "--task-id", "t1").exit_code == 0
    assert shell("feedback", "t1", "--success").stdout == "Recorded: success.\n"
    assert shell("feedback", "t1", "--success").stdout == "Recorded: success.\n"
    told = "Recorded: failure.\nIt replaces the success recorded before.\n"
    assert shell("feedback", "t1", "--failure", "--id", "f1").stdout == told
    assert shell("feedback", "t1", "--failure", "--id", "f1").stdout == "Recorded: failure.\n"
    assert shell.json("feedback", "t1", "--correction", "photo")["replaced"] is False
    assert shell.json("feedback", "t1", "--correction", "bridge")["replaced"] is True
    assert shell.json("feedback", "t1", "--failure")["replaced"] is None


@pytest.mark.slow
def test_in_words(shell: Shell) -> None:
    result = shell("feedback", "t-later", "--failure")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Recorded: failure.",
        "There is no task t-later yet; the feedback will count when the task arrives.",
    ]
