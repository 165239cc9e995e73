from __future__ import annotations

from pathlib import Path

import pytest

from tinyarms.daemon.service import units
from tinyarms.daemon.service.agent import agent_of
from tinyarms.daemon.service.findings import service_findings
from tinyarms.loop.project.starter import init_project

pytestmark = pytest.mark.slow


def test_no_service_is_no_fault(tmp_path: Path) -> None:
    assert [finding.level for finding in service_findings(tmp_path, {})] == ["ok"]


def test_an_edited_service_that_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / ".config"))
    root = tmp_path / "project"
    init_project(root, "openai:tiny@http://127.0.0.1:9/v1")
    config = root / "config.yaml"
    config.write_text(
        config.read_text().replace("model: tiny", "model: tiny\n    api_key_env: K", 1)
    )
    path = units._MANAGERS[units.usual_kind()].path(agent_of(root, {}))
    path.parent.mkdir(parents=True)
    path.write_text("[Service]\n")
    found = service_findings(root, {})
    faults = [finding for finding in found if finding.level != "ok"]
    assert all(finding.remedy for finding in faults)
    told = " ".join(finding.what for finding in faults)
    for part in ("earlier version, or was edited", "does not see K"):
        assert part in told
    # It does not run, or nobody can be asked whether it does.
    assert len(faults) >= 3
