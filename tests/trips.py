"""Count the files, returns and transactions of a task, a vote and a drop.

`python tests/trips.py` measures this tree, `--src DIR` the package in another one (for example the
`src` of an earlier checkout), and `--compare DIR` both, with the ratio. The project is invented and
its model answers from a recording, so the same tree gives the same numbers each time.

A trip is the path of one thread from the first call into the package to the last:

- files: files of the package with a function that was called.
- hops: calls into a different file from that of the previous call.
- returns: hops into a file that the trip had entered before. A generator that resumes, for example
  at the end of a `with` block, is not a call. Loops count as often as they run: a row that is read
  costs returns between the columns' types and the repositories. So there are three more counts:
  `-context` leaves out the calls into `context.py`, `store=1` counts the whole store as one file,
  and `loop` counts only the calls into `loop`.
- transactions: those that SQLAlchemy reports when they begin. Reads are calls of `Store.read`,
  writes those of `Store.unit_of_work`; others are those that neither began, such as the store's
  own when it is opened and those of its writer in the background.

The numbers do not depend on how busy the machine is: while trips are counted, nothing in the
package takes the database for late or what it remembers for old, and each counted task finds the
rows of the tasks before it stored.

Only the caller's thread counts. Threads in the background (ballots, the store's writer) are
profiled separately and have their own rows. Everything runs once before it is counted, so that no
import is part of a trip.
"""

from __future__ import annotations

import argparse
import dis
import inspect
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

CONTEXT_FILE = "context.py"
READ, WRITE = "Store.read", "Store.unit_of_work"

SKILL = "feeling"
LABELS = ("good", "bad")
INCUMBENT, CHALLENGER = "Good or bad?", "Is this good or bad? Think of the writer."
TASKS = 10
"""Tasks that the recorded model can answer: the challenger rightly, the incumbent wrongly. Nine
votes of users decide for the challenger."""
FAILURES = 5
"""Failed tasks in a row that make the rule `original` alarm: the setting `sample_size`."""
DROP_FOUND = 3
"""Exit code of `monitor --once` where a skill has dropped or is evolved after a drop."""
CONFIG = f"""\
models:
  small: {{kind: replay, model: small, recording: replies.jsonl}}
skills:
  {SKILL}:
    description: Say what the writer of a comment feels about it.
    prompt_template: skills/{SKILL}.md
    prompt_version: 1
    model: small
    inputs: [text]
    output: {{labels: [good, bad]}}
    scorer: labels
    success_at: 1
    examples: examples.jsonl
"""
CONSTANTS = f"""\
prompt_evolution:
  triggers: {{sample_size: {FAILURES}, rules: [original]}}
  ab_testing: {{show_probability: 1.0, max_votes: 20}}
"""


def _without_memory() -> str:
    """Searches had no memory before the rooms, and the trips compare like with like."""
    from tinyarms.core.settings import Evolution

    known = "memory" in Evolution.model_fields
    return "  evolution: {memory: false}\n" if known else ""


# The counter.


@dataclass(frozen=True)
class Count:
    """What one trip took."""

    files: int
    hops: int
    returns: int
    returns_without_context: int
    returns_store_as_one: int
    returns_in_loop: int
    transactions: int
    reads: int
    writes: int
    others: int
    """Transactions that neither `Store.read` nor `Store.unit_of_work` began."""


@dataclass
class Trail:
    """What one thread called, and the transactions that it began."""

    files: list[str] = field(default_factory=list)
    """The file of each call, relative to the package, in order."""
    reads: int = 0
    writes: int = 0
    begun: int = 0
    """Transactions that SQLAlchemy reported, whoever began them."""

    def count(self) -> Count:
        """What it took."""
        files = self.files
        hops, returns = _hops_and_returns(files)
        no_context = [file for file in files if Path(file).name != CONTEXT_FILE]
        one_store = ["store" if file.startswith("store/") else file for file in files]
        loop = [file for file in files if file.startswith("loop/")]
        return Count(
            files=len(set(files)),
            hops=hops,
            returns=returns,
            returns_without_context=_hops_and_returns(no_context)[1],
            returns_store_as_one=_hops_and_returns(one_store)[1],
            returns_in_loop=_hops_and_returns(loop)[1],
            transactions=self.begun,
            reads=self.reads,
            writes=self.writes,
            others=self.begun - self.reads - self.writes,
        )


def _hops_and_returns(files: Iterable[str]) -> tuple[int, int]:
    hops = returns = 0
    entered, here = set[str](), None
    for file in files:
        if file != here:
            hops += here is not None
            returns += file in entered
            entered.add(file)
            here = file
    return hops, returns


class Recorder:
    """Profiles all threads while it is `installed`; what it hears of goes into trails."""

    def __init__(self, package: Path) -> None:
        self._root = f"{package}{os.sep}"
        self._caller: Trail | None = None
        self._callers_thread: threading.Thread | None = None
        self._background: dict[str, Trail] | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Threads that begin meanwhile are profiled, and this one."""
        from sqlalchemy import Engine, event

        threading.setprofile(self._hear)
        sys.setprofile(self._hear)
        event.listen(Engine, "begin", self._hear_begin)
        try:
            yield
        finally:
            event.remove(Engine, "begin", self._hear_begin)
            sys.setprofile(None)
            threading.setprofile(None)

    @contextmanager
    def caller(self) -> Iterator[Trail]:
        """Follow the thread that calls this."""
        self._callers_thread = threading.current_thread()
        self._caller = trail = Trail()
        try:
            yield trail
        finally:
            self._caller = None

    @contextmanager
    def background(self) -> Iterator[dict[str, Trail]]:
        """Follow the threads that are not the caller's: name of the thread → its trail."""
        self._callers_thread = threading.current_thread()
        self._background = trails = {}
        try:
            yield trails
        finally:
            self._background = None

    def _trail(self) -> Trail | None:
        thread = threading.current_thread()
        if thread is self._callers_thread:
            return self._caller
        if self._background is None:
            return None
        return self._background.setdefault(thread.name, Trail())

    def _hear(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(self._root):
            return
        # The bodies of modules and classes run when they are imported.
        if not code.co_flags & inspect.CO_OPTIMIZED or frame.f_lasti > _first_instruction(code):
            return
        trail = self._trail()
        if trail is None:
            return
        trail.files.append(code.co_filename.removeprefix(self._root).replace(os.sep, "/"))
        trail.reads += code.co_qualname == READ
        trail.writes += code.co_qualname == WRITE

    def _hear_begin(self, _: object) -> None:
        trail = self._trail()
        if trail is not None:
            trail.begun += 1


@cache
def _first_instruction(code: CodeType) -> int:
    """Where a call begins. A generator that goes on does so further down."""
    return next(step.offset for step in dis.get_instructions(code) if step.opname == "RESUME")


# The project.


def _text(number: int) -> str:
    return f"comment {number}"


def _right(number: int) -> str:
    return LABELS[number % 2]


def _wrong(number: int) -> str:
    return LABELS[(number + 1) % 2]


def _write_project(root: Path) -> None:
    for folder in ("skills", "config"):
        (root / folder).mkdir(parents=True)
    (root / "config.yaml").write_text(CONFIG)
    (root / "config" / "constants.yaml").write_text(CONSTANTS + _without_memory())
    (root / "skills" / f"{SKILL}.md").write_text(f"{INCUMBENT}\n")
    (root / "challenger.md").write_text(f"{CHALLENGER}\n")
    # No `test` examples: users alone decide. The recording answers none of these, so a search ends
    # at its first call of the model.
    splits = {"search": range(100, 120), "selection": range(120, 130)}
    _write_lines(
        root / "examples.jsonl",
        [
            {"id": f"e{n}", "inputs": {"text": _text(n)}, "expected": _right(n), "split": split}
            for split, numbers in splits.items()
            for n in numbers
        ],
    )
    _write_lines(root / "replies.jsonl", _recorded_replies())


def _write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _recorded_replies() -> list[dict[str, Any]]:
    contract = import_module("tinyarms.skills.contract").Labels(LABELS)
    execution = import_module("tinyarms.skills.execution")
    make_prompt = import_module("tinyarms.skills.prompt").Prompt
    rows = []
    for number in range(TASKS):
        for prompt, output in ((INCUMBENT, _wrong(number)), (CHALLENGER, _right(number))):
            inputs = {"text": _text(number)}
            request = execution.build_request(contract, make_prompt(prompt), inputs)
            reply = execution.ModelReply(output, 20, 1, 5.0)
            rows.append({"key": request.key("small"), "reply": asdict(reply)})
    return rows


# The trips.

LONG_S = 300.0
"""Seconds, more than all trips take on a busy machine."""
PATIENT: dict[str, tuple[tuple[str, object], ...]] = {
    "tinyarms.store.db.group_commit": (("LATE_S", LONG_S),),
    "tinyarms.loop.opening": (("OPENING_S", LONG_S),),
    "tinyarms.loop.serving.routing": (
        ("REFRESH_AFTER", timedelta(seconds=LONG_S)),
        ("PATIENCE_S", LONG_S),
        ("FIRST_PATIENCE_S", LONG_S),
    ),
    "tinyarms.loop.serving.tasks": (("PATIENCE_S", LONG_S),),
    "tinyarms.loop.serving.task_ballots": (("PATIENCE_S", LONG_S),),
    "tinyarms.loop.serving.feedback": (("PATIENCE_S", LONG_S),),
    "tinyarms.loop.project.memories": (
        ("CHECK_AFTER", timedelta(seconds=LONG_S)),
        ("_PATIENCE_S", LONG_S),
        ("_FIRST_PATIENCE_S", LONG_S),
    ),
}
"""Module → its patiences, after which a busy machine would take another path: a task goes into the
spool, or what it needs is read again. An earlier package may not have one."""


@contextmanager
def _patient() -> Iterator[None]:
    before = []
    try:
        for name, patiences in PATIENT.items():
            module = import_module(name) if find_spec(name) else None
            for constant, patience in patiences:
                if hasattr(module, constant):
                    before.append((module, constant, getattr(module, constant)))
                    setattr(module, constant, patience)
        yield
    finally:
        for module, constant, value in before:
            setattr(module, constant, value)


def _open(root: Path) -> Any:
    from tinyarms import TinyArms

    return TinyArms.open(root, environ={})


def _run(arms: Any, number: int) -> Any:
    return arms.run(SKILL, task_id=f"task-{number}", text=_text(number))


def _finish(arms: Any) -> None:
    """All ballots are made, and all rows stored."""
    arms._context.finish_background()
    with arms._context.store.read():
        pass


def _task_trips(recorder: Recorder, root: Path) -> dict[str, Trail]:
    """In a live test: users are asked about each task. Opened anew, the process knows nothing yet;
    the next task finds in memory what the first one has read."""
    _write_project(root)
    with _open(root) as arms:
        arms.create(SKILL, [root / "challenger.md"])
    with recorder.background() as others, _open(root) as arms, recorder.caller() as first:
        done = _run(arms, 0)
    assert done.ballot_id is not None
    trips = {"task": first}
    for thread, trail in sorted(others.items()):
        trips[f"task, thread {thread}"] = trail
    with _open(root) as arms:
        _run(arms, 1)
        _finish(arms)
        with recorder.caller() as trips["task, the next one"]:
            _run(arms, 2)
    return trips


def _vote_trips(recorder: Recorder, root: Path) -> dict[str, Trail]:
    """Votes for the challenger until it is promoted."""
    _write_project(root)
    with _open(root) as arms:
        arms.create(SKILL, [root / "challenger.md"])
        for number in range(TASKS):
            _run(arms, number)
        _finish(arms)  # or a busy machine leaves ballots to the next program
    trips: dict[str, Trail] = {}
    with _open(root) as arms:
        while "vote that decides" not in trips:
            with recorder.caller() as asked:
                ballot = arms.ballot(SKILL)
            number = int(ballot.task_id.removeprefix("task-"))
            [letter] = [o.letter for o in ballot.options if o.output == _right(number)]
            with recorder.caller() as voted:
                view = arms.vote(ballot.id, letter, vote_id=f"vote-{number}")
            if view.decision is not None:
                assert view.decision == "promote"
                trips["vote that decides"] = voted
            elif view.votes == 2:  # The first has no vote before it to read.
                trips |= {"next ballot": asked, "vote": voted}
    return trips


def _drop_trips(recorder: Recorder, root: Path) -> dict[str, Trail]:
    """The last feedback that it takes; the check that finds the drop; and `monitor --once --evolve`
    from opening the project to the first call of the model in the search that follows."""
    _write_project(root)
    trips: dict[str, Trail] = {}
    with _open(root) as arms:
        for number in range(FAILURES):
            done = _run(arms, number)
            with recorder.caller() as trips["drop: feedback"]:
                arms.feedback(done.task_id, success=False, feedback_id=f"feedback-{number}")
    with _open(root) as arms, recorder.caller() as trips["drop: check"]:
        [check] = arms.monitor([SKILL])
    assert check.triggered
    with recorder.caller() as trips["drop: check and search"]:
        _monitor(root)
    return trips


def _monitor(root: Path) -> None:
    from click.testing import CliRunner

    from tinyarms.cli.main import cli

    words = ("monitor", SKILL, "--once", "--evolve")
    environ = {"TINYARMS_HOME": str(root), "TINYARMS_DATABASE": None}
    ended = CliRunner().invoke(cli, words, env=environ)
    assert ended.exit_code == DROP_FOUND, ended.output
    assert "no recorded reply" in ended.output, ended.output


KINDS = {"task": _task_trips, "vote": _vote_trips, "drop": _drop_trips}


def measure(folder: Path, kinds: Iterable[str] = tuple(KINDS)) -> dict[str, Count]:
    """Name of each trip → what it took, in the package that `import tinyarms` finds.

    The projects are made in `folder`.
    """
    recorder = Recorder(Path(import_module("tinyarms").__file__ or "").parent)
    trips: dict[str, Trail] = {}
    for kind in kinds:
        with _patient():
            KINDS[kind](recorder, folder / f"{kind}-uncounted")
            with recorder.installed():
                trips |= KINDS[kind](recorder, folder / kind)
    return {name: trail.count() for name, trail in trips.items()}


# The report.

COLUMNS = {
    "files": "files",
    "hops": "hops",
    "returns": "returns",
    "returns_without_context": "-context",
    "returns_store_as_one": "store=1",
    "returns_in_loop": "loop",
    "transactions": "transactions",
    "reads": "reads",
    "writes": "writes",
    "others": "others",
}
"""Key in the JSON → heading of the table. The columns after `returns` are returns too."""

Counts = dict[str, dict[str, int]]
"""Name of each trip → its numbers by key."""


def _table(counts: Counts) -> str:
    rows = [["", *COLUMNS.values()]]
    rows += [[name, *(str(count[key]) for key in COLUMNS)] for name, count in counts.items()]
    return _aligned(rows)


def _ratios(old: Counts, new: Counts) -> str:
    rows = [["new / old", *COLUMNS.values()]]
    for name in new:
        before = old.get(name, {})
        rows.append([name, *(_ratio(before.get(key), new[name][key]) for key in COLUMNS)])
    return _aligned(rows)


def _ratio(old: int | None, new: int) -> str:
    return f"{new / old:.2f}" if old else "-"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *cells in rows:
        padded = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        lines.append("  ".join((name.ljust(widths[0]), *padded)).rstrip())
    return "\n".join(lines)


def _measured_apart(src: Path) -> Counts:
    """Another process imports the package of `src`: one process can only hold one."""
    words = [sys.executable, str(Path(__file__).resolve()), "--json", "--src", str(src.resolve())]
    ended = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(ended.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--src",
        type=Path,
        default=Path(__file__).resolve().parent.parent / "src",
        metavar="DIR",
        help="folder that holds the package to measure (default: src of this tree)",
    )
    parser.add_argument(
        "--compare", type=Path, metavar="DIR", help="folder that holds another one, the old one"
    )
    chosen = parser.parse_args()
    if not (chosen.src / "tinyarms").is_dir():
        parser.error(f"{chosen.src}: there is no package tinyarms in this folder.")
    if chosen.compare is not None:
        old, new = _measured_apart(chosen.compare), _measured_apart(chosen.src)
        parts = (f"Old: {chosen.compare}\n{_table(old)}", f"New: {chosen.src}\n{_table(new)}")
        as_text = "\n\n".join((*parts, _ratios(old, new)))
        found: object = {"old": old, "new": new}
    else:
        # The folder of this file has packages with the names of rooms.
        sys.path[:1] = [str(chosen.src.resolve())]
        with tempfile.TemporaryDirectory(prefix="trips-") as folder:
            counts = {name: asdict(count) for name, count in measure(Path(folder)).items()}
        as_text, found = _table(counts), counts
    sys.stdout.write((json.dumps(found) if chosen.json else as_text) + "\n")


if __name__ == "__main__":
    main()
