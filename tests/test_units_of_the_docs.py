"""The systemd units that the pages show are units that systemd takes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

_UNIT = re.compile(r"```ini\n(# /etc/systemd/system/([\w-]+\.service).*?)```", re.DOTALL)
PAGE = Path(__file__).parents[1] / "docs" / "fleet.md"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_takes_the_units_of_a_fleet(tmp_path: Path) -> None:
    units = {name: text for text, name in _UNIT.findall(PAGE.read_text())}
    assert {"ray-head.service", "ray-worker.service", "tinyarms.service"} <= set(units)
    for name, text in units.items():
        # Programs of /opt are not installed here; systemd looks for those that it starts.
        (tmp_path / name).write_text(re.sub(r"/opt/\S+", "/bin/true", text))
    command = ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_each_unit_waits_for_the_network() -> None:
    for text, name in _UNIT.findall(PAGE.read_text()):
        for line in ("After=network-online.target", "Wants=network-online.target"):
            assert line in text.splitlines(), name
