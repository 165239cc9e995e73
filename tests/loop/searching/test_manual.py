from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.pictures import pictures_of
from tinyarms.core.errors import ConfigError, PromptError, UsageError
from tinyarms.evolution.problem import ManualPrompt
from tinyarms.loop.searching.manual import (
    first_population,
    read_manual,
)
from tinyarms.skills.contract import Labels
from tinyarms.skills.prompt import Prompt, PromptVersion, Source
from tinyarms.skills.skill import Skill

SKILL = Skill(
    name="feeling",
    description="Say how the writer feels.",
    inputs=("text",),
    contract=Labels(("good", "bad")),
    model="small",
    scorer="labels",
)


def version(number: int, source: Source, text: str | None = None) -> PromptVersion:
    begun = datetime(2024, 9, 15, tzinfo=UTC)
    prompt = Prompt(text or f"Version {number}.")
    return PromptVersion("feeling", number, prompt, None, source, begun, f"skills/v{number}.md")


def names(*versions: PromptVersion, given: tuple[ManualPrompt, ...] = ()) -> list[str]:
    """What joins the first population; the last version is in production."""
    return [manual.name for manual in first_population(given, versions, versions[-1])]


def test_versions_that_people_wrote_join_newest_first() -> None:
    versions = [version(1, "initial"), version(2, "evolution"), version(3, "manual")]
    assert names(*versions, version(4, "evolution")) == ["version 3", "version 1"]


def test_the_prompt_in_production_does_not_join() -> None:
    assert names(version(1, "initial")) == []
    assert names(version(1, "initial", "Same."), version(2, "rollback", "Same.")) == []


def test_at_most_three_versions_join_and_none_twice() -> None:
    edited = [version(number, "manual") for number in range(1, 6)]
    assert names(*edited, version(6, "evolution")) == ["version 5", "version 4", "version 3"]
    same = [version(1, "initial", "Same."), version(2, "manual", "Same.")]
    assert names(*same, version(3, "evolution")) == ["version 2"]


def test_given_prompts_come_first_and_count_for_their_versions() -> None:
    given = (ManualPrompt("mine.md", Prompt("Version 1.")),)
    versions = (version(1, "initial"), version(2, "manual"), version(3, "evolution"))
    assert names(*versions, given=given) == ["mine.md", "version 2"]


def test_a_given_prompt_that_is_in_production_is_an_error() -> None:
    given = (ManualPrompt("mine.md", Prompt("Version 1.")),)
    with pytest.raises(UsageError, match=r"mine\.md is the same as the prompt in production"):
        names(version(1, "initial"), given=given)


def test_files_are_checked(tmp_path: Path) -> None:
    pictures = pictures_of(tmp_path)
    one, same, wrong = tmp_path / "one.md", tmp_path / "same.md", tmp_path / "wrong.md"
    one.write_text("Say it.\n")
    same.write_text("Say it.\n")
    wrong.write_text("Say it: {{words}}\n")
    assert read_manual([one], SKILL, pictures) == (ManualPrompt(str(one), Prompt("Say it.")),)
    with pytest.raises(UsageError, match=r"same\.md is the same as .*one\.md"):
        read_manual([one, same], SKILL, pictures)
    with pytest.raises(PromptError, match="words"):
        read_manual([wrong], SKILL, pictures)
    with pytest.raises(ConfigError, match="no such file"):
        read_manual([tmp_path / "none.md"], SKILL, pictures)
