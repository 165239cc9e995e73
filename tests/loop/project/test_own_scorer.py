"""A person's own scorer may do what it likes: it costs a score and a message, nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loop.place import ENOUGH, SKILL, Place, write_examples
from tinyarms.core.errors import CallStopped, ConfigError, NotScored
from tinyarms.loop.diagnosing.diagnose import diagnose
from tinyarms.loop.project.child_pipe import size_mb
from tinyarms.loop.project.own_scorer import OwnScorer, ScorerLimits
from tinyarms.loop.project.own_scorers import OwnScorers
from tinyarms.skills.example import Example
from tinyarms.skills.score_reasons import why_wrong
from tinyarms.skills.scorers import score_of

pytestmark = pytest.mark.slow

EXAMPLE = Example("e1", {"x": "a \udce9"}, "right", "test", required={"w": 2.0}, forbidden=("f",))
MINE = """\
import ctypes, decimal, os, re, sys, threading, time
print("imported")

def score(example, output):
    return ACTS[output](example)

def why(example, output):
    return f"{output} is too short." if output != "break" else 1 / 0

score.explain = why

def raises(example):
    raise ValueError("row 7")

def loops(example):
    while True: pass
    return 1

def holds_the_lock(example):
    return re.match(r"(a+)+$", "a" * 40 + "b") is None

def crashes(example):
    ctypes.string_at(0)

def eats(example):
    return bytearray(10**9)

async def later():
    return 0.5

def prints(example):
    print("called")
    os.system("echo from a shell")
    return 1

def forks(example):
    if os.fork() == 0:
        time.sleep(60)
    os._exit(4)

def leaves_a_thread(example):
    threading.Thread(target=time.sleep, args=(60,)).start()
    return 1

class Odd:
    def __repr__(self):
        raise RuntimeError("no text")

ACTS = {
    "right": lambda example: example.expected == "right" and example.forbidden == ("f",),
    "none": lambda example: None, "nan": lambda example: float("nan"),
    "two": lambda example: 2, "text": lambda example: "0.5", "odd": lambda example: Odd(),
    "half": lambda example: decimal.Decimal("0.5"), "later": lambda example: later(),
    "pair": lambda example: (0.25, "It is too\\nshort."), "bad pair": lambda example: (2, "why"),
    "raises": raises, "exits": lambda example: sys.exit(3), "dies": lambda example: os._exit(5),
    "loops": loops, "lock": holds_the_lock, "crashes": crashes, "eats": eats, "prints": prints,
    "forks": forks, "thread": leaves_a_thread, "reads": lambda example: len(sys.stdin.read()),
    "pid": lambda example: (0.5, str(os.getpid())), "sleep": lambda example: time.sleep(60),
    "interrupts": lambda example: (_ for _ in ()).throw(KeyboardInterrupt),
    "closes": lambda example: os.closerange(0, 100),
}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    (folder / "mine.py").write_text(MINE)
    return folder.resolve()


@pytest.fixture(scope="module")
def mine(root: Path) -> Iterator[OwnScorer]:
    scorer = OwnScorer("mine:score", "skill s", root, ScorerLimits(timeout_s=0.5, memory_mb=512))
    yield scorer
    scorer.close()


def pid(scorer: OwnScorer) -> int:
    return int(scorer(EXAMPLE, "pid").reason)


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("output", "score", "reason"),
    [
        ("right", 1.0, ""),
        ("half", 0.5, ""),
        ("later", 0.5, ""),
        ("pair", 0.25, "It is too short."),
        ("reads", 0.0, ""),
        ("thread", 1.0, ""),
    ],
)
def test_numbers_pairs_and_coroutines_are_scores(
    mine: OwnScorer, output: str, score: float, reason: str
) -> None:
    grade = mine(EXAMPLE, output)
    assert (float(grade), grade.reason) == (score, reason)
    assert score_of(mine, EXAMPLE, output) == score


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("none", "The scorer returned None, which is not a number from 0 to 1 (mine.py:4)."),
        ("nan", "The scorer returned nan, which is not a number from 0 to 1 (mine.py:4)."),
        ("two", "The scorer returned 2, which is not a number from 0 to 1 (mine.py:4)."),
        ("text", "The scorer returned '0.5', which is not a number from 0 to 1 (mine.py:4)."),
        ("bad pair", "returned (2, 'why'), which is not a number from 0 to 1 (mine.py:4)."),
        ("odd", "The scorer raised RuntimeError: no text (mine.py:47)."),
        ("raises", "The scorer raised ValueError: row 7 (mine.py:13)."),
        ("unknown", "The scorer raised KeyError: 'unknown' (mine.py:5)."),
        ("exits", "The scorer raised SystemExit: 3 (mine.py:"),
        ("interrupts", "The scorer raised KeyboardInterrupt (mine.py:"),
    ],
)
def test_what_is_no_score_is_named_with_its_line(
    mine: OwnScorer, output: str, message: str
) -> None:
    before = pid(mine)
    with pytest.raises(NotScored) as caught:
        mine(EXAMPLE, output)
    assert message in caught.value.message and "\n" not in caught.value.message
    assert pid(mine) == before  # The child is used again.


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("loops", "The scorer took longer than 0.5 s (mine.py:16)."),
        ("lock", "The scorer took longer than 0.5 s (mine.py:20)."),
        ("dies", "The scorer ended its process (exit status 5)."),
        ("forks", "The scorer ended its process (exit status 4)."),
        ("crashes", "The scorer crashed (Segmentation fault) (mine.py:23)."),
        ("eats", "The scorer raised MemoryError (mine.py:26)."),
        ("closes", "The scorer ended its process (exit status 1)."),
    ],
)
def test_a_child_that_hangs_or_dies_is_replaced(mine: OwnScorer, output: str, message: str) -> None:
    before = pid(mine)
    with pytest.raises(NotScored) as caught:
        mine(EXAMPLE, output)
    assert caught.value.message == message
    assert mine(EXAMPLE, "right") == 1 and pid(mine) != before
    assert is_gone(before)


def test_prints_go_to_standard_error(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    scorer = OwnScorer("mine:score", "skill s", root)
    assert scorer(EXAMPLE, "prints") == 1
    scorer.close()
    assert capfd.readouterr() == ("", "imported\ncalled\nfrom a shell\n")


def test_the_function_may_explain(mine: OwnScorer) -> None:
    mine.load()
    assert why_wrong(mine, EXAMPLE, "No") == "No is too short."
    assert why_wrong(mine, EXAMPLE, "break") == ""


def test_threads_share_the_child(mine: OwnScorer) -> None:
    scores: list[float] = []
    outputs = ["right", "half", "pair"] * 10
    threads = [
        threading.Thread(target=lambda o=o: scores.append(float(mine(EXAMPLE, o)))) for o in outputs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(scores) == [0.25] * 10 + [0.5] * 10 + [1.0] * 10


def test_an_output_larger_than_the_pipe_arrives(root: Path, tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(
        "def score(example, output):\n    return (0.5, str(len(output)))\n"
    )
    scorer = OwnScorer("long:score", "skill s", tmp_path)
    assert scorer(EXAMPLE, "é" * 1_000_000).reason == "1000000"
    scorer.close()


def test_stop_ends_the_call_in_flight_and_those_that_wait(root: Path) -> None:
    scorer = OwnScorer("mine:score", "skill s", root, ScorerLimits(timeout_s=50))
    child, stopped = pid(scorer), []

    def hangs() -> None:
        try:
            scorer(EXAMPLE, "sleep")
        except CallStopped as error:
            stopped.append(error)

    threads = [threading.Thread(target=hangs) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(stopped) < 4:
        time.sleep(0.05)
        scorer.stop()
    for thread in threads:
        thread.join()
    assert is_gone(child) and scorer(EXAMPLE, "right") == 1
    scorer.close()


def test_stop_and_refuse_end_the_loading(tmp_path: Path) -> None:
    (tmp_path / "hangs.py").write_text("import time\nopen('began', 'w')\ntime.sleep(60)\n")
    scorers, began = OwnScorers(), tmp_path / "began"
    for end in (scorers.stop, scorers.refuse):
        errors: list[Exception] = []

        def load(errors: list[Exception] = errors) -> None:
            try:
                scorers.loaded("hangs:score", "skill s", tmp_path, ScorerLimits())
            except CallStopped as error:
                errors.append(error)

        thread = threading.Thread(target=load, daemon=True)
        thread.start()
        while not began.exists():
            time.sleep(0.01)
        end()
        thread.join(10)
        assert len(errors) == 1
        began.unlink()
    with pytest.raises(CallStopped):
        scorers.loaded("mine:score", "skill s", tmp_path, ScorerLimits())


def test_a_reload_does_not_end_a_call_and_its_child_ends_with_the_call(place: Place) -> None:
    (place.root / "waiting.py").write_text(
        "import os, pathlib, time\n"
        "def score(example, output):\n"
        "    if output == 'pid': return 0.5, str(os.getpid())\n"
        "    pathlib.Path('began').touch()\n"
        "    while pathlib.Path('began').exists(): time.sleep(0.01)\n"
        "    return 1\n"
    )
    place.edit_config(lambda c: c["skills"][SKILL].update(scorer="waiting:score"))
    context, scores = place.open(), list[float]()
    skill = context.skill(SKILL).skill
    scorer = context.scorer(skill)
    assert isinstance(scorer, OwnScorer)
    child = pid(scorer)
    thread = threading.Thread(target=lambda s=scorer: scores.append(float(s(EXAMPLE, ""))))
    thread.start()
    while not (place.root / "began").exists():
        time.sleep(0.01)
    context.reload()
    assert context.scorer(skill) is not scorer
    (place.root / "began").unlink()
    thread.join()
    assert scores == [1.0]
    del scorer, thread
    assert is_gone(child)


def test_the_child_ends_with_a_parent_that_is_killed(root: Path) -> None:
    code = f"""
import sys, threading, time
from pathlib import Path
from tinyarms.loop.project.own_scorer import ScorerLimits, OwnScorer
from tinyarms.skills.example import Example
example = Example("e", {{}}, "", "test")
scorer = OwnScorer("mine:score", "s", Path({str(root)!r}), ScorerLimits(timeout_s=1.0))
print(scorer(example, "pid").reason, flush=True)
scorer(example, "lock")
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if is_gone(child):
            return
        time.sleep(0.1)
    pytest.fail("The child has outlived its parent.")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("no_such_module:f", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("broken:no_such_function", r"ZeroDivisionError: division by zero \(broken.py:2\)"),
        ("quits:f", r"SystemExit: 3 \(quits.py:1\)"),
        ("dies:f", r"ended its process \(exit status 7\)"),
        ("mine:no_such_function", "has no attribute 'no_such_function'"),
        ("mine:MINE.x", "has no attribute"),
        (":f", "ValueError: Empty module name"),
        ("mine:ACTS", "it is not a function"),
        ("takes:one", r"it takes \(example\), not \(example, output\) \(takes.py:1\)"),
        ("takes:swapped", r"write \(example, output\) in this order \(takes.py:2\)"),
        ("json:f", "Python has its own module json"),
    ],
)
def test_a_scorer_that_cannot_be_used_is_a_config_error(
    name: str, complaint: str, root: Path
) -> None:
    (root / "broken.py").write_text("x = 0\n1 / x\n")
    (root / "quits.py").write_text("import sys; sys.exit(3)\n")
    (root / "dies.py").write_text("import os; os._exit(7)\n")
    (root / "json.py").write_text("def f(example, output): return 1\n")
    (root / "takes.py").write_text(
        "def one(example): return 1\ndef swapped(output, expected): return 1\n"
    )
    with pytest.raises(ConfigError, match=f"^skill s: cannot use the scorer .*{complaint}"):
        OwnScorer(name, "skill s", root).load()


def test_the_projects_file_comes_before_others_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / "scoring").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "judging.py").write_text("def score(example, output): return 0\n")
    (project / "judging.py").write_text(
        "from helping import VALUE\ndef score(example, output): return VALUE\n"
    )
    (project / "helping.py").write_text("VALUE = float(open('value.txt').read())\n")
    (project / "value.txt").write_text("0.75")
    (project / "scoring" / "deep.py").write_text("def score(example, output): return 0.25\n")
    monkeypatch.chdir(elsewhere)
    monkeypatch.syspath_prepend(str(elsewhere))
    scorers = OwnScorers()
    found = [
        scorers.loaded(f"{module}:score", "skill s", project, ScorerLimits())(EXAMPLE, "")
        for module in ("judging", "scoring.deep")
    ]
    scorers.close()
    assert found == [0.75, 0.25]


def test_the_size_of_a_process_is_known() -> None:
    assert 5 < size_mb(os.getpid()) < 5000
    assert size_mb(2**22 + 1) == 0


@pytest.mark.parametrize(
    ("text", "level", "what"),
    [
        ("def score(example, output):\n    return output == example.expected\n", "ok", "gives 1"),
        ("def score(example, output):\n    return 0\n", "warning", "That is no success."),
        ("def score(example, output):\n    return None\n", "error", r"could not score .* line 1"),
        ("def score(example, output:\n", "error", "SyntaxError"),
    ],
)
def test_doctor_tries_an_own_scorer(place: Place, text: str, level: str, what: str) -> None:
    import re

    write_examples(place.root, ENOUGH)
    (place.root / "doctored.py").write_text(text)
    place.edit_config(lambda c: c["skills"][SKILL].update(scorer="doctored:score"))
    found = diagnose(place.root, {}, calls=0).findings
    [finding] = [each for each in found if each.check == "scorers"]
    assert (finding.level, finding.where) == (level, SKILL) and re.search(what, finding.what)


def test_more_memory_than_a_machine_has_is_no_limit(place: Place) -> None:
    scorer = {"name": "mine:score", "memory_mb": 2**40}
    place.edit_config(lambda c: c["skills"][SKILL].update(scorer=scorer))
    with pytest.raises(ConfigError, match=r"memory_mb"):
        place.open().skill(SKILL)
