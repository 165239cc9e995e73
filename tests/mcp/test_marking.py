from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

import tinyarms
from tinyarms.mcp.marking import UNTRUSTED, marked
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.verbalizer import Verbalizer


@dataclass
class Inner:
    text: str
    n: int = 1


@dataclass
class Record:
    skill: str
    at: datetime
    state: Literal["open", "done"]
    share: float | None
    interval: tuple[float, float] | None
    inputs: Mapping[str, str]
    notes: tuple[str, ...]
    by_label: Mapping[str, int]
    inner: Inner
    rows: tuple[Inner, ...]
    empty: tuple[str, ...] = ()
    splits: Mapping[str, int] = field(default_factory=dict)


def test_free_texts_stand_under_untrusted_and_facts_do_not() -> None:
    record = Record(
        skill="tickets",
        at=datetime(2026, 1, 2, tzinfo=UTC),
        state="open",
        share=0.5,
        interval=(0.1, 0.9),
        inputs={"text": "a"},
        notes=("b",),
        by_label={"c": 1},
        inner=Inner("d"),
        rows=(Inner("e"), Inner("f", 2)),
        splits={"search": 3},
    )
    assert marked(record) == {
        "skill": "tickets",
        "at": "2026-01-02T00:00:00Z",
        "state": "open",
        "share": 0.5,
        "interval": [0.1, 0.9],
        "inner": {"n": 1, UNTRUSTED: {"text": "d"}},
        "rows": [{"n": 1, UNTRUSTED: {"text": "e"}}, {"n": 2, UNTRUSTED: {"text": "f"}}],
        "empty": [],
        "splits": {"search": 3},
        UNTRUSTED: {"inputs": {"text": "a"}, "notes": ["b"], "by_label": {"c": 1}},
    }


@pytest.mark.parametrize("value", ["text", ["a", "b"], {"a": 1}, [Inner("x"), "y"]])
def test_what_has_no_record_is_untrusted_as_a_whole(value: Any) -> None:
    assert set(marked(value)) == {UNTRUSTED}


def test_a_field_whose_type_cannot_be_read_is_untrusted() -> None:
    @dataclass
    class Odd:
        word: Unknown  # type: ignore[name-defined]  # noqa: F821

    assert marked(Odd("text")) == {UNTRUSTED: {"word": "text"}}


def test_the_states_of_the_answers_are_facts() -> None:
    """Their types are read; if that broke, an agent would have to look for them in the data."""
    standing = tinyarms.SkillStanding(
        "tickets", "watching", "healthy", "in words", "next", None, None, None, None
    )
    answer = marked(standing)
    assert (answer["state"], answer["health"]) == ("watching", "healthy")
    assert answer[UNTRUSTED] == {"status": "in words", "next": "next"}


def test_an_agent_reads_a_verbalizer_as_one_line() -> None:
    """With 128 labels its weights are more than a megabyte."""
    verbalizer = Verbalizer(("bad", "good"), {"Great": (-0.5, 0.5), "Sorry": (0.5, -0.5)})
    said = marked(Prompt("Good or bad?", verbalizer=verbalizer))["verbalizer"]
    assert list(said) == [UNTRUSTED]
    assert said[UNTRUSTED].startswith("2 words (") and 'good "Great"' in said[UNTRUSTED]
