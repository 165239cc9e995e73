"""Skills that share YAML by an alias or a merge key, or prompt files by a link."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.loop.place import BETTER, OTHER, SKILL, V1, Place, text
from tinyarms.core.errors import StoreError
from tinyarms.loop.releasing.release_intent import Release
from tinyarms.loop.releasing.restore import carry_out, rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.serving.tasks import run
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file

_ANCHORED = """\
models: {small: {kind: replay, model:   small, recording: replies.jsonl}}
skills:
  feeling: &shared%s
  weather: %s
"""
_FLOW = (
    " {description: d, prompt_template: skills/feeling.md, model: small, inputs: [text], "
    "output: {labels: [good, bad]}}"
)
_BLOCK = """
    description: d
    prompt_template: skills/feeling.md   # mine
    model: small
    inputs: [text]
    output: {labels: [good, bad]}
"""


@pytest.mark.slow
@pytest.mark.parametrize("first", [_FLOW, _BLOCK])
@pytest.mark.parametrize("second", ["*shared", "{<<: *shared, description: e}"])
@pytest.mark.parametrize("released", [SKILL, OTHER])
def test_a_release_of_one_changes_that_one(
    place: Place, first: str, second: str, released: str
) -> None:
    config = place.root / "config.yaml"
    config.write_text(_ANCHORED % (first, second))
    context = place.open()
    for name in (SKILL, OTHER):
        assert active_version(context, name).prompt == V1
    other = OTHER if released == SKILL else SKILL
    before: Any = place.config()["skills"][other]
    planned = Release(
        skill=released,
        prompt=BETTER,
        cause="promotion_by_hand",
        expected_version=1,
        reason="Asked for by hand",
        source="test",
    )
    carry_out(context, planned)
    assert place.config()["skills"][other] == before
    rollback(context, released)
    files = sorted(path.name for path in (place.root / "skills").iterdir())
    for _ in range(3):
        for name in (SKILL, OTHER):
            fresh = place.open()
            number = 3 if name == released else 1
            assert run(fresh, name, {"text": text(1)}).prompt_version == number
    assert sorted(path.name for path in (place.root / "skills").iterdir()) == files
    assert place.config()["skills"][other] == before


@pytest.mark.slow
def test_a_prompt_that_another_skill_released_is_no_edit_by_hand(place: Place) -> None:
    context = place.open()
    for name in (SKILL, OTHER):
        active_version(context, name)
    place.prompt_file("skills/feeling.md", BETTER)
    released = active_version(context, SKILL)
    assert active_version(context, SKILL).path == "skills/feeling-v2.md"
    place.edit_config(lambda config: config["skills"][OTHER].update(prompt_template=released.path))
    context = place.open()
    for _ in range(2):
        assert active_version(context, OTHER).prompt == V1
        assert active_version(context, SKILL).number == 2


@pytest.mark.slow
def test_an_edit_of_a_file_that_two_skills_share_reaches_both(place: Place) -> None:
    place.edit_config(
        lambda config: config["skills"][OTHER].update(prompt_template="skills/feeling.md")
    )
    context = place.open()
    for name in (SKILL, OTHER):
        active_version(context, name)
    place.prompt_file("skills/feeling.md", BETTER)
    context = place.open()
    for name in (SKILL, OTHER):
        version = active_version(context, name)
        assert (version.number, version.prompt) == (2, BETTER)
    assert (place.root / "skills/feeling.md").read_text() == format_prompt_file(V1)


def test_a_folder_that_leads_out_of_the_project(place: Place, tmp_path: Path) -> None:
    context = place.open()
    active_version(context, SKILL)
    outside = tmp_path / "outside"
    (place.root / "skills").rename(outside)
    (place.root / "skills").symlink_to(outside)
    place.prompt_file("skills/feeling.md", BETTER)
    files = sorted(outside.iterdir())
    with pytest.raises(StoreError, match="outside of the project"):
        active_version(context, SKILL)
    assert sorted(outside.iterdir()) == files
    assert (outside / "feeling.md").read_text() == format_prompt_file(BETTER)


@pytest.mark.slow
def test_a_link_in_the_place_of_the_next_version_is_left_alone(
    place: Place, tmp_path: Path
) -> None:
    context = place.open()
    active_version(context, SKILL)
    (place.root / "skills/feeling-v2.md").symlink_to(tmp_path / "out.md")
    place.prompt_file("skills/feeling.md", BETTER)
    assert active_version(context, SKILL).number == 3
    assert not (tmp_path / "out.md").exists()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["above", "absolute", "link"])
def test_a_prompt_outside_is_read_and_never_written(place: Place, tmp_path: Path, how: str) -> None:
    outside = tmp_path / "x.md"
    outside.write_text(format_prompt_file(V1))
    named = {"above": "../x.md", "absolute": str(outside), "link": "skills/x.md"}[how]
    if how == "link":
        (place.root / named).symlink_to(outside)
    place.edit_config(lambda config: config["skills"][SKILL].update(prompt_template=named))
    assert active_version(place.open(), SKILL).prompt == V1
    outside.unlink()
    assert active_version(place.open(), SKILL).prompt == V1
    assert not outside.exists()
    edited = Prompt("Mine.")
    outside.write_text(format_prompt_file(edited))
    assert active_version(place.open(), SKILL).prompt == edited
    assert outside.read_text() == format_prompt_file(edited)
