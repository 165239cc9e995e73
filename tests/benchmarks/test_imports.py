"""The benchmark of imports: hostile files leave nothing behind, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.imports import HOSTILE, SECRET, given_cases, hostile_cases, outcome, project


@pytest.mark.slow
def test_hostile_files_do_no_harm() -> None:
    lines, bars = hostile_cases()
    assert len(lines[0].splitlines()) == len(HOSTILE) + 1
    _slowest, *harmless = bars
    assert [bar.holds for bar in harmless] == [True] * 4


@pytest.mark.slow
def test_a_leak_is_seen_in_what_was_written_and_in_what_is_told(tmp_path: Path) -> None:
    with project() as root:
        for name, text in (
            ("inside", "tests: [{vars: {x: file://x.txt}}]"),
            ("told", f"tests: [{{vars: {{x: a}}, assert: [{{type: {SECRET}}}]}}]"),
        ):
            case = tmp_path / name
            case.mkdir()
            (case / "x.txt").write_text(SECRET)
            (case / "promptfooconfig.yaml").write_text(f"prompts: ['Say {{{{x}}}}']\n{text}\n")
            found = outcome(root, case)
            assert (found.leaks, found.crash) == (True, "")


@pytest.mark.slow
def test_each_folder_is_a_case(tmp_path: Path) -> None:
    for name, prompts in (("promptfoo-a", "['{{x}}']"), ("promptfoo-broken", "[file://no.txt]")):
        (tmp_path / name).mkdir()
        text = f"prompts: {prompts}\ntests: [{{vars: {{x: a}}}}]\n"
        (tmp_path / name / "promptfooconfig.yaml").write_text(text)
    lines, bars = given_cases(tmp_path)
    assert len(lines[0].splitlines()) == 4
    assert all(bar.holds for bar in bars)
