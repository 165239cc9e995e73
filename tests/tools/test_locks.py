"""The locks agree with `pyproject.toml` and with each other, and the licences with the locks."""

from __future__ import annotations

import re
import tomllib
from itertools import combinations
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tools.licences import licences, stated
from tools.locks import FOLDER, LOCKS, ROOT, all_pins, pins
from tools.reference.licences import licence_reference


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def asked(lock: str) -> list[Requirement]:
    """What `pyproject.toml` asks of this lock."""
    whole = project()
    extras, groups = whole["project"]["optional-dependencies"], whole["dependency-groups"]
    lists = {
        "local": [whole["project"]["dependencies"], extras["local"]],
        "dev": [
            whole["project"]["dependencies"],
            *(wanted for name, wanted in extras.items() if name != "docs"),
            groups["sbom"],
        ],
        "docs": [whole["project"]["dependencies"], extras["docs"]],
        "build": [groups["build"], whole["build-system"]["requires"]],
        "lock": [groups["lock"]],
    }
    return [Requirement(each) for wanted in lists[lock] for each in wanted]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_what_the_project_asks_for(lock: str) -> None:
    pinned = pins(lock)
    for requirement in asked(lock):
        pin = pinned.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement} is not locked: make lock"
        assert requirement.specifier.contains(pin.version), f"{requirement}: make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash_and_no_address(lock: str) -> None:
    assert all(pin.hashes for pin in pins(lock).values())
    assert "://" not in (FOLDER / f"{lock}.txt").read_text(encoding="utf-8")


def test_the_locks_agree_on_every_version() -> None:
    for one, other in combinations(map(pins, LOCKS), 2):
        shared = one.keys() & other.keys()
        assert {name: one[name].version for name in shared} == {
            name: other[name].version for name in shared
        }


def test_everything_that_is_locked_has_a_licence() -> None:
    assert sorted(licences()) == sorted(all_pins())


def test_the_licences_are_those_that_the_installed_packages_state() -> None:
    known = licences()
    found = {name: stated(name) for name in known}
    assert {name: each for name, each in found.items() if each not in (None, known[name])} == {}


def test_a_forbidden_licence_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tools.reference.licences.licences", lambda: licences() | {"click": "GPL-3.0-only"}
    )
    with pytest.raises(ValueError, match="click"):
        licence_reference()


def test_what_is_copyleft_is_said() -> None:
    section = licence_reference().split("## Copyleft")[1].split("\n## ")[0]
    copyleft = {name for name, each in licences().items() if re.search(r"LGPL|MPL", each)}
    assert copyleft
    assert set(re.findall(r"^\| ([\w-]+) \| \w*(?:LGPL|MPL)", section, re.MULTILINE)) == copyleft


def test_a_line_that_pins_nothing_is_refused(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "local.txt").write_text("click>=8\n")
    monkeypatch.setattr("tools.locks.FOLDER", tmp_path)
    with pytest.raises(ValueError, match="pins no package"):
        pins("local")
