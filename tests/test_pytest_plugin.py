"""The pytest mark fails a test whose skill is not good enough, and imports nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.loop.conftest import new_project, place
from tests.loop.evaluating.test_check import git
from tests.loop.place import ENOUGH, WORSE, Place, write_examples

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

__all__ = ["new_project", "place"]

TESTS = """
import pytest

@pytest.mark.tinyarms(skill="feeling", at_least=0.6, split="test", n=30)
def test_good_enough(tinyarms_results):
    [view] = tinyarms_results
    assert (view.n, view.successes) == (30, 19)

@pytest.mark.tinyarms(skill="feeling", at_least=0.64, split="test", n=30)
def test_a_little_too_low():
    raise AssertionError("The test does not run.")

@pytest.mark.tinyarms(skill="feeling", at_least=0.9, split="test", n=30)
def test_too_low():
    pass

@pytest.mark.tinyarms(skill="feeling", against="main", split="test", n=30)
def test_not_worse():
    pass

@pytest.mark.tinyarms(skill="feelin", at_least=0.5)
def test_unknown():
    pass

@pytest.mark.tinyarms(skill="feeling", atleast=0.5)
def test_misspelt():
    pass

@pytest.mark.tinyarms(skill="feeling")
def test_without_a_bound():
    pass

def test_without_a_mark():
    pass
"""


def test_the_mark(place: Place, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINYARMS_HOME", raising=False)
    write_examples(place.root, ENOUGH)
    git(place.root, "init", "-q", "-b", "main")
    git(place.root, "add", "config.yaml", "skills", "examples.jsonl")
    git(place.root, "commit", "-qm", "The project")
    pytester.makepyfile(test_prompts=TESTS)
    plugin = ["-p", "tinyarms.pytest_plugin", f"--tinyarms-project={place.root}"]
    result = pytester.runpytest_inprocess(*plugin, "--strict-markers")
    result.assert_outcomes(passed=3, failed=5)
    wanted = (
        "63.3 % right on 30 rows (45.5 to 78.1 %), at least 64 % wanted. On other rows it might",
        "at least 90 % wanted.",
        "There is no skill 'feelin'. Did you mean feeling?",
        "pytest.mark.tinyarms has no option atleast.",
        "pytest.mark.tinyarms needs at_least or against.",
    )
    out = result.stdout.str()
    assert all(text in out for text in wanted), out

    recorded = pytester.runpytest_inprocess(*plugin, "--tinyarms-record=r.jsonl", "-k", "good")
    recorded.assert_outcomes(passed=1)
    place.prompt_file("skills/feeling.md", WORSE)
    worse = pytester.runpytest_inprocess(*plugin, "-k", "not_worse")
    worse.assert_outcomes(failed=1)
    assert "63.3 % before" in worse.stdout.str()
    (place.root / "replies.jsonl").unlink()
    git(place.root, "checkout", "-q", "skills")
    replayed = pytester.runpytest_inprocess(*plugin, "--tinyarms-replay=r.jsonl", "-k", "good")
    replayed.assert_outcomes(passed=1)


def test_the_plugin_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, tinyarms.pytest_plugin\n"
        "heavy = {'numpy', 'scipy', 'sqlalchemy', 'pydantic', 'click'} & sys.modules.keys()\n"
        "heavy |= {m for m in sys.modules if m.startswith('tinyarms.loop')}\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
