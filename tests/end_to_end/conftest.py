from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.project import record_project


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record_project(tmp_path_factory.mktemp("recorded"))
