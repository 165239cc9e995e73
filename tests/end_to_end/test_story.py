"""The story is killed by SIGKILL at random moments, and restarted after each.

It leaves the same events, files and votes as an uninterrupted story (see `story_kills`).
`benchmarks/run.py kills` kills it a hundred times.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.story_kills import SERVER, assert_the_same, killed_stories, undisturbed
from tests.forks import Processes
from tests.kill_points import KILLS

pytestmark = pytest.mark.slow


def test_killed_at_several_moments_it_is_the_same_story(tmp_path: Path) -> None:
    with Processes(SERVER) as processes:
        story = undisturbed(processes, tmp_path / "undisturbed" / "demo")
        for killed in killed_stories(processes, story, tmp_path, KILLS):
            assert_the_same(story, killed)
