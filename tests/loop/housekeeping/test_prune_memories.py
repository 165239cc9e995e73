"""Memories that nothing names are deleted, and no others."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.loop.place import BETTER, OTHER, SKILL, V1, Place
from tests.loop.steps import begin
from tinyarms.loop.housekeeping.prune import Pruned, prune
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.cancel import cancel
from tinyarms.skills.prompt import Prompt, Retrieval


def remembering(prompt: Prompt, snapshot: str) -> Prompt:
    return replace(prompt, retrieve=Retrieval(1, snapshot=snapshot))


def store(context: Context, snapshot: str, size: int = 100, skill: str = SKILL) -> None:
    with context.store.unit_of_work() as work:
        work.memories.add(skill, snapshot, ["e1", "e2"], b"x" * size, context.clock())


def stored(context: Context) -> set[str]:
    with context.store.read() as work:
        skills = work.memories.skills()
        return {each.snapshot for skill in skills for each in work.memories.all(skill)}


@pytest.mark.slow
def test_what_no_prompt_names_goes(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    for name in ("served", "before"):
        file = place.config()["skills"][SKILL]["prompt_template"]
        place.prompt_file(file, remembering(V1, name))
        active_version(context, SKILL)  # which makes it a version
    for name, size in (("served", 10), ("before", 10), ("unused", 300), ("old", 40)):
        store(context, name, size)
    store(context, "served", 7, skill=OTHER)  # where nothing names it
    place.moment.pass_(days=3)
    store(context, "new")  # whoever made it may not have named it yet
    counted = prune(context, dry_run=True)
    assert stored(context) == {"served", "before", "unused", "old", "new"}
    done = prune(context)
    assert counted == done == Pruned(done.before, memories=3, memory_bytes=347)
    assert done.rows == 3
    with context.store.read() as work:
        assert {each.snapshot for each in work.memories.all(SKILL)} == {"served", "before", "new"}
        assert work.memories.all(OTHER) == []
    assert prune(context).memories == 0


@pytest.mark.slow
def test_nothing_goes_during_a_search_or_a_live_test(place: Place) -> None:
    context = begin(place, remembering(BETTER, "variant"))
    for name in ("variant", "of-the-search"):
        store(context, name)
    place.moment.pass_(days=3)
    assert prune(context).memories == 0
    assert stored(context) == {"variant", "of-the-search"}
    cancel(context, SKILL)
    # The variant may still be promoted by hand.
    assert prune(context).memories == 1
    assert stored(context) == {"variant"}


@pytest.mark.slow
def test_for_ever_means_memories_too(place: Place) -> None:
    place.setting(json.dumps({"retention_days": None}))
    context = place.open()
    store(context, "unused")
    place.moment.pass_(days=3)
    assert prune(context) == Pruned(None)
    assert stored(context) == {"unused"}
