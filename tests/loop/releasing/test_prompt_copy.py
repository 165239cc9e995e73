from __future__ import annotations

import pytest

from tests.loop.place import BETTER, SKILL, V1, Place
from tests.loop.steps import leave_unfinished
from tinyarms.loop.housekeeping.drift import drift
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.serving.routing import route_task
from tinyarms.loop.testing.review import promote
from tinyarms.skills.prompt import Prompt

pytestmark = pytest.mark.slow


def copied(context: Context) -> tuple[int, Prompt]:
    version = context.standby.copies.version(SKILL)
    assert version is not None
    return version.number, version.prompt


def test_a_release_renews_the_copy_without_a_task_in_between(testing: Place) -> None:
    context = testing.open()
    route_task(context, SKILL, "t")
    assert copied(context) == (1, V1)
    promote(context, SKILL, "A")
    assert copied(context) == (2, BETTER)
    rollback(context, SKILL)
    assert copied(context) == (3, V1)
    context.reload()
    assert drift(context).ok


def test_a_release_that_is_finished_later_renews_the_copy(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    leave_unfinished(context)
    place.close()
    assert copied(place.open()) == (2, BETTER)
