"""A release that a killed process decided but did not finish."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loop.place import ALIKE, BETTER, OTHER, SKILL, V1, Place
from tests.loop.steps import leave_unfinished
from tinyarms.core.errors import ExperimentError, StoreError
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_files import write_files
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.history import history
from tinyarms.loop.reporting.waiting_release import waiting_release
from tinyarms.loop.testing.cancel import cancel
from tinyarms.loop.testing.review import promote
from tinyarms.loop.watching.check import monitor_once


def unopened(place: Place) -> Context:
    """The project as `prompt cancel` opens it: nothing is finished."""
    context = open_project(place.root, {}, place.moment, finish=False)
    place.opened.append(context)
    return context


@pytest.mark.slow
def test_the_next_process_finishes_it_and_says_so(testing: Place) -> None:
    context = testing.open()
    active_version(context, SKILL)
    leave_unfinished(context)
    testing.moment.pass_(days=3)
    later = testing.open()
    assert later.notices == [
        "feeling: version 2 is in production. Its release of 2024-09-15T09:00:00Z was "
        "interrupted, and is finished now."
    ]
    first, second = history(later, SKILL)
    assert (first.resumed_at, second.resumed_at) == (None, testing.moment.now)
    rollback(later, SKILL)
    assert history(later, SKILL)[-1].resumed_at is None


@pytest.mark.slow
def test_it_is_shown_and_can_be_cancelled(testing: Place) -> None:
    context = testing.open()
    active_version(context, SKILL)
    leave_unfinished(context)
    file = testing.root / "skills/feeling-v2.md"
    file.write_text(BETTER.text + "\n")  # As the process left it when it was killed.
    context = unopened(testing)
    assert waiting_release(context, SKILL) == (
        "feeling: the release of version 2 of 2024-09-15T09:00:00Z is not finished."
    )
    cancelled = cancel(context, SKILL)
    assert cancelled.withdrawn_version == 2 and cancelled.session_id is not None
    assert not file.exists()
    assert waiting_release(context, SKILL) is None
    assert active_version(testing.open(), SKILL).number == 1
    leave_unfinished(context, ALIKE)  # The number is free again.
    assert active_version(testing.open(), SKILL).prompt == ALIKE


@pytest.mark.slow
def test_where_the_config_names_it_already_it_is_too_late_to_cancel(testing: Place) -> None:
    context = testing.open()
    active_version(context, SKILL)
    leave_unfinished(context)
    with context.store.read() as work:
        [intent] = work.intents.pending(SKILL)
        write_files(context, work, intent.plan)
    with pytest.raises(ExperimentError, match=r"version 2 is in production\. .* prompt rollback"):
        cancel(unopened(testing), SKILL)
    assert active_version(testing.open(), SKILL).number == 2


def test_with_nothing_to_cancel(place: Place) -> None:
    with pytest.raises(ExperimentError, match="no evolution session that is open"):
        cancel(place.open(), SKILL)


@pytest.mark.slow
def test_one_that_cannot_be_finished_is_named_and_stops_its_own_skill_only(
    testing: Place,
) -> None:
    context = testing.open()
    active_version(context, SKILL)
    leave_unfinished(context)
    shutil.rmtree(testing.root / "skills")
    (testing.root / "skills").write_text("no folder")
    later = testing.open()
    [notice] = later.notices
    assert "version 2 of 2024-09-15T09:00:00Z is not finished" in notice
    assert notice.endswith("To withdraw it: tinyarms prompt cancel feeling")
    feeling, weather = monitor_once(later)
    assert "cannot be written" in (feeling.problem or "")
    assert (weather.skill, weather.n) == (OTHER, 0)
    assert cancel(later, SKILL).withdrawn_version == 2


@pytest.fixture
def own_mount(testing: Place) -> Iterator[Path]:
    """The project's config.yaml as a mount of its own, which can be written and not replaced."""
    config = testing.root / "config.yaml"
    mounted = subprocess.run(
        ["mount", "--bind", str(config), str(config)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no right to mount")
    yield config
    subprocess.run(["umount", str(config)], check=True)


@pytest.mark.slow
def test_a_config_that_is_a_mount_of_its_own(testing: Place, own_mount: Path) -> None:
    context = testing.open()
    before = own_mount.read_bytes()
    with pytest.raises(StoreError, match="mount the folder that it is in instead"):
        promote(context, SKILL, "A")
    assert own_mount.read_bytes() == before
    assert sorted(path.name for path in (testing.root / "skills").iterdir()) == [
        "feeling.md",
        "weather.md",
    ]
    assert waiting_release(context, SKILL) is None
    assert cancel(context, SKILL).session_id is not None
    assert active_version(testing.open(), SKILL).prompt == V1
