"""Runs the examples in docstrings; checks that every detector, rule and gate has one.

`pytest --doctest-modules src/tinyarms` runs the same examples. The option is not set for the whole
suite, because pytest would then import the scripts under `tests/` that other tests start.
"""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import tinyarms
from tinyarms.core.settings import AbTesting, Triggers
from tinyarms.experiments.offline_gate import paired_gate
from tinyarms.experiments.registry import rule_named
from tinyarms.monitoring.registry import ACCURACY_RULES, detector_named

ROOT = Path(tinyarms.__file__).parent
RULES = ("two_gate", "taste_only", "sign_e_process", "single_mode", "thompson")
MODULES = [
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_hold(module: str) -> None:
    result = doctest.testmod(import_module(module))
    assert result.attempted > 0
    assert result.failed == 0


def test_no_example_is_skipped() -> None:
    skipped = [path for path in ROOT.rglob("*.py") if "doctest: +SKIP" in path.read_text()]
    assert skipped == []


@pytest.mark.parametrize("name", ACCURACY_RULES)
def test_every_detector_has_an_example(name: str) -> None:
    assert ">>> " in (type(detector_named(name, Triggers())).__doc__ or "")


@pytest.mark.parametrize("name", RULES)
def test_every_rule_of_an_experiment_has_an_example(name: str) -> None:
    assert ">>> " in (type(rule_named(name, AbTesting())).__doc__ or "")


def test_the_offline_gate_has_an_example() -> None:
    assert ">>> " in (paired_gate.__doc__ or "")
