from __future__ import annotations

import pytest

from tests.cli.conftest import INCUMBENT, OUTPUTS, Shell

SINGLE = "prompt_evolution:\n  experiment: {mode: single}\n"


@pytest.mark.slow
def test_a_test_in_single_mode_from_the_shell(shell: Shell) -> None:
    (shell.root / "config" / "constants.yaml").write_text(SINGLE)
    (shell.root / "a.md").write_text("Name it in kebab-case.")
    made = shell("prompt", "create", "file-naming", "--variant-a", str(shell.root / "a.md"))
    assert "Each task is served by one prompt, and outcomes decide." in made.stdout
    assert "tinyarms feedback TASK_ID" in made.stdout
    for prompt, output in OUTPUTS.items():
        shell.record(prompt, "a bridge", output)
    outputs = []
    for number in range(60):  # by then both have been served, but for one run in 2**59
        ran = shell.json("run", "file-naming", "content=a bridge", "--task-id", f"t{number}")
        assert ran["ballot_id"] is None
        outputs.append(ran["output"])
        shell("feedback", f"t{number}", "--success")
        if number >= 5 and len(set(outputs)) == 2:
            break
    assert set(outputs) == {OUTPUTS[INCUMBENT], "golden-gate-bridge"}
    text = shell("prompt", "results", "file-naming").stdout
    theirs = outputs.count("golden-gate-bridge")
    assert f"Variant A: {theirs} outcome" in text
    n = len(outputs)
    assert "succeeded 100%" in text
    assert f"{n} outcomes so far, {5000 - n} outcomes remaining" in text
    assert "LEADING" not in text and "vote" not in text.split("Variant A.")[0]
    assert "with an e-value of 25 for more successes" in " ".join(text.split())
    assert "The prompts take turns at tasks" in shell("prompt", "stats", "file-naming").stdout
