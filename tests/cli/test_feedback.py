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
def test_in_words(shell: Shell) -> None:
    result = shell("feedback", "t-later", "--failure")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Recorded: failure.",
        "There is no task t-later yet; the feedback will count when the task arrives.",
    ]
