from __future__ import annotations

import pytest

from tests.loop.place import SKILL, Place, text
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.pace_warning import pace_warning

TASTE_ONLY = "taste_only"


@pytest.fixture
def used(place: Place) -> Context:
    """A skill with ten tasks in ten days: one task a day, of which half ask users."""
    context = place.open()
    for number in range(10):
        run(context, SKILL, {"text": text(number)}, task_id=f"t{number}")
        place.moment.pass_(days=1)
    return context


@pytest.mark.slow
def test_too_little_time_gives_a_warning(used: Context) -> None:
    warning = pace_warning(used, SKILL, TASTE_ONLY, challengers=2)
    assert warning is not None
    assert "about 3 votes in 7 days" in warning and "wins in 0% of such tests" in warning
    assert warning.endswith(f"tinyarms prompt simulate {SKILL}")


@pytest.mark.slow
def test_enough_time_gives_no_warning(place: Place, used: Context) -> None:
    place.setting("{ab_testing: {max_duration_days: 365}}")
    assert pace_warning(place.open(), SKILL, TASTE_ONLY, challengers=2) is None


def test_a_skill_without_tasks_has_no_pace(place: Place) -> None:
    assert pace_warning(place.open(), SKILL, TASTE_ONLY, challengers=2) is None


@pytest.mark.slow
def test_single_mode_gives_no_warning_about_votes(used: Context) -> None:
    assert pace_warning(used, SKILL, "single_mode", challengers=2) is None
