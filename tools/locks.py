"""What `requirements/*.txt` pin: names, versions and hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
LOCKS = ("local", "dev", "docs", "build", "lock")
"""The lock files, by the names that `make` gives them."""
_PLATFORMS = ("linux", "darwin")
_PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+?))?\s+--hash=")


@dataclass(frozen=True)
class Pin:
    """One package of a lock."""

    name: str
    version: str
    marker: str
    """The condition under which it is installed; empty: always."""
    hashes: tuple[str, ...]
    """SHA-256 of each of its files that may be installed."""

    @property
    def is_for_us(self) -> bool:
        """Whether it is installed on any platform that tinyArms supports."""
        if not self.marker:
            return True
        there = {"python_full_version": "3.13.0", "platform_machine": "x86_64"}
        return any(
            Marker(self.marker).evaluate({**there, "sys_platform": platform})
            for platform in _PLATFORMS
        )


def pins(lock: str) -> dict[str, Pin]:
    """The packages of `requirements/LOCK.txt` by their normalised names.

    Raises `ValueError` for a line that pins nothing, such as an address.
    """
    text = (FOLDER / f"{lock}.txt").read_text(encoding="utf-8").replace("\\\n", "")
    found: dict[str, Pin] = {}
    for line in text.splitlines():
        pin = _PIN.match(line)
        if pin is None:
            raise ValueError(f"requirements/{lock}.txt: {line[:80]!r} pins no package.")
        hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})\b", line))
        name = canonicalize_name(pin["name"])
        found[name] = Pin(name, pin["version"], pin["marker"] or "", hashes)
    return found


def all_pins() -> dict[str, Pin]:
    """The packages of all locks that are installed on some platform that tinyArms supports."""
    found = {name: pin for lock in reversed(LOCKS) for name, pin in pins(lock).items()}
    return {name: found[name] for name in sorted(found) if found[name].is_for_us}
