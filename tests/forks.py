"""Real processes that start fast: a server forks them after the imports.

`python -m tests.forks` reads one job per line from stdin and forks a process for it. The process
runs the program `tinyarms` from its `main` to its exit, or a function of the tests. It is killed
by SIGKILL if the job says so, and the server reports its end. Imports take a second per process,
and most kills would come during them: so the server imports all modules that a finished process
has imported. `Processes` is the other end, for tests.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Engine, Pool, event

from tests.kill_points import PointsOfProcess, die
from tinyarms.cli.main import main
from tinyarms.models.recording import ReplayModel
from tinyarms.skills.execution import ModelReply, ModelRequest

_LONGEST_S = 900.0
"""A process that hangs is killed at last, and its test fails."""
_REPOSITORY = Path(__file__).parents[1]
CALLS = "calls"
"""Beside the project's folder: how many of the calls below a whole run has made."""
REQUESTS = "requests"
"""Beside the project's folder: a byte for each request that a model got."""
FILES = (
    *("open", "fsync", "chmod", "replace", "unlink", "mkdir", "close"),
    *("BufferedWriter.write", "BufferedWriter.flush", "TextIOWrapper.write"),
)
DATABASE = ("connect", "Cursor.execute", "Connection.execute", "Connection.commit")
COUNTED = {"database": DATABASE, "files": FILES}


def whoever_released(row: str) -> str:
    """The text of a row, without whether the process that decided on a release carried it out."""
    return row.replace("'resumed'", "'done'")


@dataclass(frozen=True)
class Job:
    """A command in a project's folder, and when to kill it: at most one way."""

    root: str
    words: tuple[str, ...]
    scenario: str = ""
    """"module:function", called with the folder and the words in place of the program."""
    after_s: float | None = None
    """Seconds after its start."""
    at_call: int | None = None
    """When one of `calls` is entered or left the n-th time; 0: never, but they are counted."""
    calls: tuple[str, ...] = ()
    """Qualified names of functions written in C: `FILES` or `DATABASE`."""
    at_point: int | None = None
    """When it comes to its n-th point (see `kill_points`); 0: never, but they are listed."""
    on_output: bool = False
    """When it has said something on stdout."""
    at_step: int | None = None
    """When it comes to its n-th step with a database (see `_steps`); 0: never, but they are
    counted."""
    database: str = ""
    """The URL of the project's database; without it, that of the project's folder."""


@dataclass(frozen=True)
class Ended:
    """How a process ended. `code` is -9 if it was killed."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def acknowledged(self) -> bool:
        """Whether it has said all it had to say."""
        return self.stdout.endswith("\n")


def environment() -> dict[str, str]:
    """The environment of a process that runs the program as it stands here."""
    path = os.pathsep.join([str(_REPOSITORY / "src"), os.environ.get("PYTHONPATH", "")])
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TINYARMS_")}
    # More threads than one would be no good company for a fork.
    return {**kept, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}


class Processes:
    """The server's other end."""

    def __init__(self, server: str = "tests.forks") -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", server],
            cwd=_REPOSITORY,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._server:
            assert self._server.stdin is not None
            self._server.stdin.close()

    def copy(self, before: Path, root: Path) -> Path:
        """Copy a project to this folder, with its database."""
        return Path(shutil.copytree(before, root))

    def at(self, kind: str, number: int) -> dict[str, Any]:
        """How a process is killed at its n-th call of this kind; 0: never, but they are counted."""
        return {"at_call": number, "calls": COUNTED[kind]}

    def __call__(self, root: Path, *words: str, **when: Any) -> Ended:
        """Run a command to its end, or to its death."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        job = Job(str(root), words, **when)
        self._server.stdin.write(json.dumps(asdict(job)) + "\n")
        self._server.stdin.flush()
        if answer := self._server.stdout.readline():
            return Ended(**json.loads(answer))
        raise RuntimeError(f"The server ended with {self._server.wait()} over {job}.")


def serve() -> None:
    """Do what is asked, until nobody asks any more."""
    _note_requests()
    for line in sys.stdin:
        job = Job(**json.loads(line))
        if job.scenario:
            import_module(job.scenario.partition(":")[0])
        sys.stdout.write(json.dumps(asdict(_ended(job))) + "\n")
        sys.stdout.flush()


def _note_requests() -> None:
    """Of all that runs here, the recorded model alone is not quite the real one: it is counted."""
    answer = ReplayModel.complete

    def complete(self: ReplayModel, request: ModelRequest) -> ModelReply:
        with Path("..", REQUESTS).open("ab", buffering=0) as file:
            file.write(b".")
        return answer(self, request)

    ReplayModel.complete = complete  # type: ignore[method-assign]


def _ended(job: Job) -> Ended:
    (out, out_end), (err, err_end), (imports, imports_end) = os.pipe(), os.pipe(), os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.dup2(out_end, 1)
        os.dup2(err_end, 2)
        # The server's own objects remember what their files were.
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        _run(job, imports_end)
    for end in (out_end, err_end, imports_end):
        os.close(end)
    # No command says more than a pipe holds, so none waits for its reader.
    # One that is killed may leave half a character behind.
    with os.fdopen(out, errors="replace") as stdout, os.fdopen(err, errors="replace") as stderr:
        said = stdout.readline() if job.on_output else ""
        after = _LONGEST_S if job.after_s is None else job.after_s
        status = _status(child, began + (0 if job.on_output else after))
        seconds = time.monotonic() - began
        code = os.waitstatus_to_exitcode(status)
        with os.fdopen(imports) as names:
            for name in names.read().split():
                with suppress(ImportError):  # what another module only put there
                    import_module(name)
        return Ended(code, said + stdout.read(), stderr.read(), seconds)


def _status(child: int, until: float) -> int:
    """Kill it then, unless it has ended by itself; how it ended."""
    while (left := until - time.monotonic()) > 0:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(min(left, 0.01))
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _run(job: Job, imports: int) -> None:
    """The child's life. It never returns. At its end it writes to `imports` what it imported."""
    code, imported = 1, set(sys.modules)
    try:
        os.chdir(job.root)
        if job.database:
            os.environ["TINYARMS_DATABASE"] = job.database
        if job.at_point is not None:
            points = PointsOfProcess(Path(job.root), job.at_point)
            with points.watch():
                _call(job)
            points.save()
        elif job.at_call is not None:
            watch = _Watch(frozenset(job.calls), job.at_call)
            sys.setprofile(watch.profile)
            try:
                _call(job)
            finally:
                sys.setprofile(None)
                if job.at_call == 0:
                    Path("..", CALLS).write_text(str(watch.calls))
        elif job.at_step is not None:
            steps = _steps(job.at_step)
            try:
                _call(job)
            finally:
                if job.at_step == 0:
                    Path("..", CALLS).write_text(str(steps[0]))
        else:
            _call(job)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
            os.write(imports, " ".join(n for n in sys.modules if n not in imported).encode())
        except BaseException:
            # Nothing may leave this function, into what the server was doing.
            os._exit(1)
        os._exit(code)


def _steps(last: int) -> list[int]:
    """Die before or after the n-th statement or commit, whichever database it is. The list's only
    number is how many there were."""
    passed = [0]

    def step(*_: object) -> None:
        passed[0] += 1
        if passed[0] == last:
            die()

    for name in ("begin", "before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, name, step)
    event.listen(Pool, "checkin", step)  # after a commit
    return passed


def _call(job: Job) -> None:
    if not job.scenario:
        sys.argv = ["tinyarms", *job.words]
        main()
        return
    module, _, function = job.scenario.partition(":")
    getattr(import_module(module), function)(Path(job.root), *job.words)


class _Watch:
    """Dies at the n-th time that one of these functions is entered or left."""

    def __init__(self, names: frozenset[str], last: int | None) -> None:
        self.calls = 0
        # Python makes a function's name faster than its qualified name, and both anew each time.
        short = frozenset(name.rpartition(".")[2] for name in names)

        def profile(frame: Any, event: str, function: Any) -> None:
            if event != "c_call" and event != "c_return":
                return
            if function.__name__ in short and function.__qualname__ in names:
                self.calls += 1
                if self.calls == last:
                    die()

        self.profile = profile
        """For `sys.setprofile`, which calls it at each call and return of any function."""


if __name__ == "__main__":
    serve()
