from __future__ import annotations

import json

import pytest

from tests.loop.place import BETTER, OTHER, SKILL, WORSE, Place
from tests.loop.steps import leave_unfinished
from tinyarms.core.errors import UsageError
from tinyarms.loop.housekeeping.drift import drift
from tinyarms.loop.opening import open_unrecovered
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.serving.routing import route_task


@pytest.mark.slow
def test_each_disagreement_has_its_remedy(place: Place) -> None:
    context = place.open()
    route_task(context, SKILL, "one")
    assert drift(context).ok
    place.edit_config(lambda config: config["skills"][SKILL].update(prompt_version=7))
    place.prompt_file("skills/feeling.md", BETTER)
    copy = place.root / ".tinyarms/prompts/feeling.json"
    copied = json.loads(copy.read_text())
    copied["prompt"]["text"] = "Another text."
    copy.write_text(json.dumps(copied))
    leave_unfinished(context, WORSE)
    before = sorted(path.read_bytes() for path in place.root.glob("s*/*"))
    found = drift(open_unrecovered(place.root, {}, place.moment), [SKILL])
    assert [(point.skill, point.subject) for point in found.points] == [
        (SKILL, "release"),
        (SKILL, "config"),
        (SKILL, "file"),
        (SKILL, "copy"),
    ]
    assert all(point.remedy for point in found.points)
    assert sorted(path.read_bytes() for path in place.root.glob("s*/*")) == before
    assert drift(context, [OTHER]).ok
    with pytest.raises(UsageError, match="no skill"):
        drift(context, ["nobody"])


@pytest.mark.slow
def test_texts_that_lie_in_other_files_are_named(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    place.prompt_file("skills/feeling.md", BETTER)
    assert active_version(context, SKILL).number == 2
    place.prompt_file("skills/feeling.md", WORSE)
    place.prompt_file("skills/feeling-v9.md", BETTER)
    found = drift(place.open(), [SKILL])
    assert [point.what for point in found.points] == [
        "skills/feeling-v9.md belongs to no version, and has the text of version 2.",
        "skills/feeling.md is the file of version 1, and has another text.",
    ]
