from __future__ import annotations

from pathlib import Path

import pytest

from data.mutated import KINDS, Outcome, changed, names_key, outcome, outcomes


@pytest.mark.slow
def test_changed_files_are_refused_in_our_words() -> None:
    found = list(outcomes(8))
    assert {each.kind for each in found} == set(KINDS)
    assert [(each.number, each.faults) for each in found if each.faults] == []
    assert any(each.messages for each in found)


@pytest.mark.slow
def test_more_changed_files_are_refused_in_our_words() -> None:
    found = list(outcomes(160, first=100_000))
    assert [(each.kind, each.number, each.faults) for each in found if each.faults] == []
    assert {bool(each.messages) for each in found} == {True, False}


def test_a_case_can_be_made_again() -> None:
    assert [changed("config", number) for number in range(5)] == [
        changed("config", number) for number in range(5)
    ]
    assert len({changed("prompt", number) for number in range(20)}) > 10


def test_what_counts_as_a_fault(tmp_path: Path) -> None:
    def faults(message: str, crash: str = "", seconds: float = 0.1) -> tuple[str, ...]:
        messages = (message,) if message else ()
        return Outcome("config", 1, seconds, messages, crash, b"models: {a: 1}").faults

    good = "/p/config.yaml, line 3: models.a: must be text, not 1."
    assert faults(good) == ()
    assert faults("", "KeyError: 'a'") == ("crash: KeyError: 'a'",)
    assert faults(good, seconds=3.0) == ("slow",)
    assert faults("line 3: models.a: must be text.") == ("no file", "no key")
    assert faults("/p/config.yaml: this is wrong.") == ("no key",)
    assert faults("/p/config.yaml, line 3: models.a: is None, no dict.") == ("Python",)
    assert faults(f"{good}\nMore.") == ("lines",)
    assert not names_key(", line 3: this is wrong.", "a: 1")
    (tmp_path / "config").mkdir()
    (tmp_path / "skills").mkdir()
    assert outcome("prompt", 1, tmp_path).kind == "prompt"
