from __future__ import annotations

import pytest

from tests.loop.conftest import new_project, place
from tests.loop.place import BETTER, SKILL, V1, Place
from tests.loop.steps import begin
from tinyarms.daemon.chores import do_chores
from tinyarms.loop.releasing.holdback_check import conclude_holdback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.testing.review import promote

__all__ = ["new_project", "place"]


@pytest.mark.slow
def test_what_is_too_old_goes_and_what_is_due_is_reset(place: Place) -> None:
    place.setting("{retention_days: 30, reset_after_days: 90}")
    context = begin(place)
    feedback(context, "never-comes", success=True)
    promote(context, SKILL, "A")
    assert do_chores(context) == []
    assert active_version(context, SKILL).prompt == BETTER
    place.moment.pass_(days=91)
    assert conclude_holdback(context, SKILL) is not None
    place.prompt_file("skills/weather.md", V1.__class__("{{not an input}}"))
    [told] = do_chores(context)
    assert (told.kind, told.skill, told.data) == ("pruned", "", {"feedback": 1})
    assert told.summary == "1 rows from before 2024-11-15 were pruned."
    assert active_version(context, SKILL).prompt == V1
    assert do_chores(context) == []
