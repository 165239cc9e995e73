from __future__ import annotations

import pytest

from tests.loop.place import ALIKE, BETTER, OTHER, SKILL, V1, WORSE, Place
from tinyarms.core.errors import ConfigError, PromptError, UsageError
from tinyarms.loop.releasing.versions import active_version
from tinyarms.skills.prompt import Demonstration, Prompt
from tinyarms.skills.prompt_file import format_prompt_file


@pytest.mark.slow
def test_the_first_use_takes_the_prompt_file_into_the_store(place: Place) -> None:
    context = place.open()
    version = active_version(context, SKILL)
    assert (version.number, version.prompt, version.source) == (1, V1, "initial")
    assert version.path == "skills/feeling.md"
    assert active_version(place.open(), SKILL) == version
    with context.store.read() as work:
        assert [row.evolution_source for row in work.history.all(SKILL)] == ["initial"]


def test_the_first_number_is_the_one_in_the_config(place: Place) -> None:
    place.edit_config(lambda config: config["skills"][SKILL].update(prompt_version=4))
    assert active_version(place.open(), SKILL).number == 4


@pytest.mark.slow
def test_a_file_edited_by_hand_becomes_a_manual_version(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    place.moment.pass_(days=3)
    edited = Prompt(BETTER.text, (Demonstration({"text": "nice"}, "good"),))
    place.prompt_file("skills/feeling.md", edited)
    version = active_version(context, SKILL)
    assert (version.number, version.prompt, version.source) == (2, edited, "manual")
    assert (version.parent, version.path) == (1, "skills/feeling-v2.md")
    assert (place.root / "skills/feeling.md").read_text() == format_prompt_file(V1)
    assert (place.root / version.path).read_text() == format_prompt_file(edited)
    released = place.config()["skills"][SKILL]
    assert (released["prompt_template"], released["prompt_version"]) == (version.path, 2)
    assert released["evolution_history"][0]["reason"] == "Edited by hand"
    assert released["evolution_history"][1]["source"] == "Manual"
    assert active_version(context, SKILL) == version
    assert active_version(place.open(), SKILL) == version
    assert context.notices == [
        "feeling: skills/feeling.md was edited by hand: its prompt is version 2 now, in "
        "skills/feeling-v2.md. Edit that file from now on."
    ]


def test_a_change_that_is_no_change_of_the_prompt_is_left_alone(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    file = place.root / "skills/feeling.md"
    file.write_text(f"---\nauthor: me\n---\n\n{V1.text}\n\n")
    assert active_version(context, SKILL).number == 1
    assert "author: me" in file.read_text()


def test_a_missing_file_is_written_again(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    file = place.root / "skills/feeling.md"
    file.unlink()
    assert active_version(context, SKILL).prompt == V1
    assert file.read_text() == format_prompt_file(V1)


@pytest.mark.slow
def test_a_config_that_names_another_file_is_an_edit_too(place: Place) -> None:
    active_version(place.open(), SKILL)
    named = place.prompt_file("skills/mine.md", BETTER)
    place.edit_config(lambda c: c["skills"][SKILL].update(prompt_template="skills/mine.md"))
    version = active_version(place.open(), SKILL)
    assert (version.number, version.prompt, version.source) == (2, BETTER, "manual")
    assert place.config()["skills"][SKILL]["prompt_template"] == "skills/feeling-v2.md"
    assert named.read_text() == format_prompt_file(BETTER)


@pytest.mark.slow
def test_a_process_with_an_old_config_in_memory_takes_nothing_for_an_edit(place: Place) -> None:
    old, new = place.open(), place.open()
    active_version(old, SKILL)
    place.prompt_file("skills/feeling.md", BETTER)
    version = active_version(new, SKILL)
    assert active_version(old, SKILL) == version
    place.prompt_file(version.path, WORSE)
    assert active_version(old, SKILL).prompt == WORSE
    assert active_version(new, SKILL).number == 3


@pytest.mark.slow
def test_a_config_that_names_an_old_file_does_not_bring_its_text_back(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    place.prompt_file("skills/feeling.md", BETTER)
    version = active_version(context, SKILL)
    place.edit_config(lambda c: c["skills"][SKILL].update(prompt_template="skills/feeling.md"))
    assert active_version(place.open(), SKILL) == version


@pytest.mark.slow
def test_a_file_of_the_user_is_never_overwritten(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    mine = place.prompt_file("skills/feeling-v2.md", ALIKE)
    place.prompt_file("skills/feeling.md", BETTER)
    version = active_version(context, SKILL)
    assert (version.number, version.path) == (3, "skills/feeling-v3.md")
    assert mine.read_text() == format_prompt_file(ALIKE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("Say {{nothing}}.", "not an input of the skill"),
        ("---\ndemonstrations: 3\n---\nSay.", "demonstrations: must be a list"),
        (
            "---\ndemonstrations: [{inputs: {word: a}, output: good}]\n---\nSay.",
            "a demonstration has the inputs word",
        ),
        ("---\nwords_from: [word]\n---\nSay.", "`words_from` names 'word'"),
        ("---\nwords_from: word\n---\nSay.", "words_from: must be a list of inputs"),
    ],
)
@pytest.mark.parametrize("before", ["never used", "used before"])
def test_a_broken_file_stops_its_own_skill_only(
    place: Place, content: str, message: str, before: str
) -> None:
    context = place.open()
    if before == "used before":
        active_version(context, SKILL)
    (place.root / "skills/feeling.md").write_text(content)
    with pytest.raises(PromptError, match=message):
        active_version(context, SKILL)
    assert active_version(context, OTHER).number == 1
    assert not (place.root / "skills/feeling-v2.md").exists()


def test_no_file_at_all(place: Place) -> None:
    (place.root / "skills/feeling.md").unlink()
    with pytest.raises(ConfigError, match="no such file"):
        active_version(place.open(), SKILL)


def test_an_unknown_skill(place: Place) -> None:
    with pytest.raises(UsageError, match="Did you mean feeling"):
        active_version(place.open(), "feelings")
