"""`search --skills`: the starter's skills, against random search and against prompts by hand."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from bars import Report
from search.dataset import Dataset
from tinyarms.models.registry import ClosableModel


def run_skills(
    options: argparse.Namespace,
    calls: int,
    open_model: Callable[[argparse.Namespace, Sequence[Dataset]], ClosableModel],
) -> Report:
    """Placeholder."""
    raise SystemExit("search --skills is not there yet")
