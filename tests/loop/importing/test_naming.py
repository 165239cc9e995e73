"""The name of a skill whose import gives it none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyarms.exchange.incoming.records import FoundPrompt, Imported, Turn
from tinyarms.loop.importing.naming import proposed_name


@pytest.mark.parametrize(
    ("file", "prompt", "description", "name"),
    [
        ("tickets/Beschwerden März.csv", "", "", "beschwerden-marz"),
        ("tickets/promptfooconfig.yaml", "", "", "tickets"),
        ("data/dataset.jsonl", "Movie Critic!", "", "movie-critic"),
        ("data/train.csv", "", "Sorts mails by their urgency today", "sorts-mails-by-their"),
        ("data/数据.csv", "", "", ""),
    ],
)
def test_a_name_says_what_the_file_is_about(
    tmp_path: Path, file: str, prompt: str, description: str, name: str
) -> None:
    path = tmp_path / file
    path.parent.mkdir()
    path.touch()
    prompts = (FoundPrompt((Turn("user", "x"),), "f, line 1", prompt),) if prompt else ()
    found = Imported("made-up", lambda: iter(()), prompts=prompts, description=description)
    assert proposed_name(path, found) == name
