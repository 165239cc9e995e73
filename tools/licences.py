"""`python -m tools.licences` writes the licence of each locked package into
`requirements/licences.json`, as the package itself states it.

`docs/licences.md` and the bill of materials are made from that file, so they need no package
installed. What is not installed here keeps the licence that the file has.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

from tools.locks import FOLDER, all_pins

FILE = FOLDER / "licences.json"
_SPDX = {
    "MIT License": "MIT",
    "BSD 2-Clause License": "BSD-2-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "ISC license": "ISC",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "PSFL": "PSF-2.0",
}
"""What packages without an SPDX expression call their licence → its SPDX identifier."""
_READ = {
    "jinja2": "BSD-3-Clause",
    "omegaconf": "BSD-3-Clause",
    "scipy": "BSD-3-Clause",
    "tiktoken": "MIT",
    "rubicon-objc": "BSD-3-Clause",
}
"""Packages that say less than the file with their licence, which was read, or are not installed on
Linux."""
_EXPRESSIONS = ("MIT", "BSD", "Apache", "MPL", "LGPL", "ISC", "PSF")


def licences() -> dict[str, str]:
    """The licence of each package, from the file."""
    found: dict[str, str] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def stated(name: str) -> str | None:
    """The SPDX expression of a package's licence; `None`: not installed here.

    Raises `ValueError` if the package states none that is known.
    """
    if name in _READ:
        return _READ[name]
    try:
        return _spdx(name, metadata(name))
    except PackageNotFoundError:
        return None


def _spdx(name: str, about: PackageMetadata) -> str:
    if "License-Expression" in about:
        return about["License-Expression"]
    text = about["License"].strip() if "License" in about else ""
    if text in _SPDX:
        return _SPDX[text]
    classifiers = [
        each.split(" :: ")[-1]
        for each in about.get_all("Classifier", [])
        if each.startswith("License :: ")
    ]
    known = [_SPDX[each] for each in classifiers if each in _SPDX]
    if len(known) == 1:
        return known[0]
    if text.startswith(_EXPRESSIONS) and len(text) < 40:
        return text
    raise ValueError(f"{name} states its licence as {text[:60]!r} {classifiers}: add it here.")


def main() -> None:
    """Write the file. Exit code 1: a package's licence is not known."""
    before = licences() if FILE.exists() else {}
    found = {name: stated(name) or before.get(name) for name in all_pins()}
    if unknown := [name for name, licence in found.items() if licence is None]:
        sys.exit(f"Not installed here, and so not known: {', '.join(unknown)}.")
    FILE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
