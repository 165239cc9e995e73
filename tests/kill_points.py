"""The points where a process can be killed: every commit of the database and every file write.

`Points` runs inside a process and counts its commits and its steps of writing files below the
project's folder. Every step has two points, one before and one after it. This needs no names of
functions of tinyarms: SQLAlchemy reports commits, and Python reports file operations.

`Deaths` runs a scenario once to the end, in a separate process (see `forks`), to learn which
points it passes. Then it kills new processes at them, by SIGKILL: the tests at a sample of the
points, the benchmark `kills` at each.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import sys
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from tests.forks import Processes

Answer = TypeVar("Answer")

KILLS = 6
"""Kills of a test in one scenario; `benchmarks/run.py kills` has one at each point."""
PASSED = "points.json"
"""File beside the project's folder: the names of the points that the process has passed."""
_COMMIT = "Connection.commit"
"""That of the driver, `sqlite3`."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_STEPS = {
    "open": "open",
    "os.rename": "replace",
    "os.remove": "remove",
    "os.chmod": "chmod",
    "os.mkdir": "mkdir",
    "os.rmdir": "rmdir",
    "os.link": "link",
    "os.symlink": "symlink",
    "os.truncate": "truncate",
}
"""Audit event → name of the step. The events are listed in Python's "Audit events table"."""
_RANDOM = re.compile(r"\.[0-9a-f]{8}(?=\.tmp$)|\d+-[0-9a-f]{12}(?=\.journal$)")
"""What tells the temporary files of one file apart, and the journals of processes."""


def die() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


class Points:
    """The points that the thread which made this has passed since `watch` began."""

    def __init__(
        self,
        root: Path,
        last: int = 0,
        act: Callable[[], object] = die,
        is_point: Callable[[str], bool] = lambda name: True,
    ) -> None:
        """`last`: the point to act at, counted from 1; 0: at none. `root`: the project's folder."""
        self.names: list[str] = []
        self._root, self._last = root.resolve(), last
        self._act, self._is_point = act, is_point
        self._counts: Counter[str] = Counter()
        self._thread = threading.get_ident()
        self._watches = False

    @contextmanager
    def watch(self, files: bool = True) -> Iterator[None]:
        """Count meanwhile. `files`: writes of files too, and never stop: a hook cannot be taken
        away again."""
        if files:
            sys.addaudithook(self._on_audit)
            os.fsync = self._watched(os.fsync)  # type: ignore[assignment]
        self._watches = True
        event.listen(Engine, "commit", self._on_commit)
        try:
            yield
        finally:
            self._watches = False
            event.remove(Engine, "commit", self._on_commit)

    def _on_commit(self, _connection: object) -> None:
        if self._is_on:
            step = self._numbered("commit")
            self._pass(f"before {step}")
            self._after(step, lambda kind, said: kind == "c_return" and _name(said) == _COMMIT)

    def _on_audit(self, audited: str, arguments: tuple[Any, ...]) -> None:
        if audited not in _STEPS or not self._is_on:
            return
        path = arguments[1] if audited in ("os.rename", "os.link", "os.symlink") else arguments[0]
        if isinstance(path, int) or (audited == "open" and not arguments[2] & _WRITES):
            return
        file = Path(os.fsdecode(path)).absolute()
        if file.is_relative_to(self._root):
            step = f"{_STEPS[audited]} {_RANDOM.sub('', str(file.relative_to(self._root)))}"
            self._pass(f"before {step}")
            # Whatever Python does next comes after the step, which is done in C.
            self._after(step, lambda kind, said: True)

    def _watched(self, sync: Callable[[int], None]) -> Callable[[int], None]:
        """Python tells nobody of this one."""

        def fsync(descriptor: int) -> None:
            if not self._is_on:
                return sync(descriptor)
            step = self._numbered("fsync")
            self._pass(f"before {step}")
            sync(descriptor)
            self._pass(f"after {step}")
            return None

        return fsync

    @property
    def _is_on(self) -> bool:
        return self._watches and threading.get_ident() == self._thread

    def _numbered(self, step: str) -> str:
        self._counts[step] += 1
        return f"{step} {self._counts[step]}"

    def _after(self, step: str, is_end: Callable[[str, Any], bool]) -> None:
        """Let Python say what it calls, which costs time, until the step has ended."""

        def profile(frame: FrameType, kind: str, said: Any) -> None:
            if frame.f_code.co_filename != __file__ and is_end(kind, said):
                sys.setprofile(None)
                self._pass(f"after {step}")

        sys.setprofile(profile)

    def _pass(self, name: str) -> None:
        if not self._is_point(name):
            return
        self.names.append(name)
        if len(self.names) == self._last:
            self._watches = False
            self._act()
            self._watches = True


def _name(function: Any) -> str:
    name: str = function.__qualname__
    return name


class PointsOfProcess(Points):
    """The same in a process that is to die, and leaves the names of its points behind."""

    def __init__(self, root: Path, last: int) -> None:
        super().__init__(root, last, self._end)
        self._file = root.resolve().parent / PASSED

    def _end(self) -> None:
        self.save()
        die()

    def save(self) -> None:
        self._file.write_text(json.dumps(self.names))


class Deaths:
    """A scenario, and the project that a process leaves behind which is killed in it.

    `scenario` is "module:function". The function gets the project's folder and `words`.
    """

    def __init__(
        self, processes: Processes, before: Path, folder: Path, scenario: str, *words: str
    ) -> None:
        """Runs the scenario to its end, in a copy of the project `before`, for its points."""
        self._processes, self._before, self._folder = processes, before, folder
        self._scenario, self._words = scenario, words
        self.undisturbed = self.copy("undisturbed")
        ended = self._run(self.undisturbed, 0)
        assert ended.code == 0, f"{scenario} {words}: {ended.stderr}"
        self.points = self._passed(self.undisturbed)

    def require(self, commits: int, replaced: Sequence[str]) -> None:
        """Check that the points are at least these, so that no test can pass by finding none."""
        assert sum(point.startswith("after commit") for point in self.points) >= commits
        for file in replaced:
            for when in ("before", "after"):
                assert f"{when} replace {file}" in self.points, self.points

    def copy(self, name: str) -> Path:
        """A copy of the project as it is before the scenario."""
        return Path(shutil.copytree(self._before, self._folder / name / "project"))

    def kill(self, root: Path, point: int) -> None:
        """Run the scenario in this project and kill its process at the point: 0 is the first."""
        name, ended = self.points[point], self._run(root, point + 1)
        assert ended.killed, f"The process never came to {name!r}: {ended.code} {ended.stderr}"
        assert self._passed(root) == self.points[: point + 1]

    def sample(self, most: int | None = None, when: str = "") -> list[int]:
        """At most so many points, in their order: the first, the last, and between them one at
        random in each part of the scenario. Without `most` it is all of them.

        `when`: only those `before` or `after` the steps. Either will do where only what is left
        behind matters: before a step it is what it was after the step before that one.
        """
        places = [place for place, name in enumerate(self.points) if name.startswith(when)]
        if most is None or len(places) <= most:
            return places
        rng = random.Random(" ".join(self.points))
        part = len(places) / most
        drawn = [places[int((number + rng.random()) * part)] for number in range(1, most - 1)]
        return [places[0], *drawn, places[-1]][:most]

    def begins(self, is_there: Callable[[Path], bool]) -> int:
        """The point after the first commit from which on this is there. It kills at few commits:
        whatever is there stays there."""
        commits = [n for n, name in enumerate(self.points) if name.startswith("after commit")]

        def is_left_behind(point: int) -> bool:
            with self._killed(point) as root:
                return is_there(root)

        return commits[bisect_left(commits, True, key=is_left_behind)]

    def sample_around(self, is_there: Callable[[Path], bool]) -> list[int]:
        """A sample for a test, with the two points around the commit at which this begins."""
        begun = self.begins(is_there)
        return sorted({*self.sample(KILLS), begun - 1, begun})

    def each(self, points: Iterable[int]) -> Iterator[tuple[str, Path]]:
        """For each of these points its name and the project left behind, which is removed
        afterwards."""
        for point in points:
            with self._killed(point) as root, naming(self.points[point]):
                yield self.points[point], root

    @contextmanager
    def _killed(self, point: int) -> Iterator[Path]:
        root = self.copy(str(point))
        self.kill(root, point)
        yield root
        shutil.rmtree(root.parent)

    def _run(self, root: Path, last: int) -> Any:
        return self._processes(root, *self._words, scenario=self._scenario, at_point=last)

    @staticmethod
    def _passed(root: Path) -> list[str]:
        passed: list[str] = json.loads((root.parent / PASSED).read_text())
        return passed


def commits_of(job: Callable[[], object]) -> int:
    """How many commits the job makes in this thread."""
    points = _commits()
    with points.watch(files=False):
        job()
    return len(points.names)


def overtaken(job: Callable[[], Answer], commit: int, act: Callable[[], object]) -> Answer:
    """Do the job, and right after its n-th commit the act, as another process would.

    With 0 the act comes first. Whatever the act raises leaves the job.
    """
    if commit == 0:
        act()
        return job()
    points = _commits(commit, act)
    with points.watch(files=False):
        answer = job()
    assert len(points.names) >= commit, f"The job made {len(points.names)} commits."
    return answer


def _commits(last: int = 0, act: Callable[[], object] = die) -> Points:
    return Points(Path(), last, act, lambda name: name.startswith("after commit"))


@contextmanager
def naming(point: str) -> Iterator[None]:
    """Whatever fails meanwhile says at which point the process was killed."""
    try:
        yield
    except Exception as error:
        error.add_note(f"The process was killed at: {point}")
        raise
