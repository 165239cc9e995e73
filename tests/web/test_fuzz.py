"""No generated request makes the service fail, or answers what the API does not describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.fuzz import fuzz
from tests.web.kills import make_live_project


@pytest.mark.slow
def test_generated_requests(tmp_path: Path) -> None:
    sent, wrong = fuzz(make_live_project(tmp_path), cases=300)
    assert wrong == ""
    assert sent > 100
