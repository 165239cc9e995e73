"""`python -m tools.check_files yaml|size FILE…` makes pre-commit's checks of any file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

LARGEST_BYTES = 1_000_000
"""Larger files make every clone slower permanently."""


def yaml_problem(path: Path) -> str | None:
    """Why the file is not valid YAML, in one line; `None` if it is."""
    try:
        list(YAML(typ="safe").load_all(path))
    except YAMLError as error:
        return " ".join(str(error).split())
    return None


def size_problem(path: Path) -> str | None:
    """Why the file is too large, in one line; `None` if it is not."""
    size = path.stat().st_size
    if size <= LARGEST_BYTES:
        return None
    return f"it has {size:,} bytes; more than {LARGEST_BYTES:,} do not belong in the repository"


CHECKS: Mapping[str, Callable[[Path], str | None]] = {"yaml": yaml_problem, "size": size_problem}


def main(arguments: Sequence[str]) -> int:
    """Print a line for each file with a problem; return 1 if there is one, 2 for wrong usage."""
    if not arguments or arguments[0] not in CHECKS:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    problems = {path: CHECKS[arguments[0]](Path(path)) for path in arguments[1:]}
    found = {path: problem for path, problem in problems.items() if problem is not None}
    for path, problem in found.items():
        sys.stderr.write(f"{path}: {problem}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
