"""The benchmark of imports: hostile files leave nothing behind, and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.imports import HOSTILE, given_cases, hostile_cases


@pytest.mark.slow
def test_hostile_files_do_no_harm() -> None:
    lines, bars = hostile_cases()
    assert len(lines[0].splitlines()) == len(HOSTILE) + 1
    slowest, *harmless = bars
    assert slowest.value is not None
    assert [bar.holds for bar in harmless] == [True, True]


@pytest.mark.slow
def test_each_folder_is_a_case(tmp_path: Path) -> None:
    for name, prompts in (("promptfoo-a", "['{{x}}']"), ("promptfoo-broken", "[file://no.txt]")):
        (tmp_path / name).mkdir()
        text = f"prompts: {prompts}\ntests: [{{vars: {{x: a}}}}]\n"
        (tmp_path / name / "promptfooconfig.yaml").write_text(text)
    lines, bars = given_cases(tmp_path)
    assert len(lines[0].splitlines()) == 4
    assert all(bar.holds for bar in bars)
