"""The child process in which a person's own scorer runs.

Started by `loop.project.own_scorer` as a script, so that it works the same however the parent was
started. It reads JSON lines from standard input, first how to load the scorer, then one request a
line, and answers each with one JSON line on its first standard output. The scorer itself has an
empty standard input, and all that it prints goes to standard error.

A request that takes too long ends the process, and the last lines on the pipe are the traceback
that `faulthandler` writes, even while the scorer holds Python's lock. The process also ends when
its parent has ended.
"""

from __future__ import annotations

import faulthandler
import inspect
import json
import os
import resource
import select
import sys
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Any

_LOOK_FOR_PARENT_S = 2.0
"""Seconds between two looks whether the parent still runs. Higher: the process outlives it by as
much."""
_STANDARD_LIBRARY = f"{Path(os.__file__).parent}{os.sep}"


class _WrongSignatureError(Exception):
    """The scorer does not take (example, output)."""


def main() -> None:
    """Load the scorer, and answer requests until the parent has ended."""
    parent = os.getppid()
    requests, replies = _private_pipes()
    setup = json.loads(requests.readline())
    sys.path[:] = [entry for entry in setup["sys_path"] if entry]
    root = Path(setup["root"])
    os.chdir(root)
    _limit_memory(setup["memory_mb"])
    faulthandler.enable(file=replies)
    _with_limit(setup["load_s"], replies)
    loaded, function = _loaded(setup["scorer"], root)
    faulthandler.cancel_dump_traceback_later()
    _say(replies, loaded)
    if function is None:
        os._exit(1)
    while _has_request(requests, parent):
        request = json.loads(requests.readline() or "{}")
        if not request:
            break
        _with_limit(setup["timeout_s"], replies)
        reply = _answer(function, request, root)
        faulthandler.cancel_dump_traceback_later()
        _say(replies, reply)
    os._exit(0)  # Threads that the scorer left behind would block an orderly exit.


def _private_pipes() -> tuple[BufferedReader, int]:
    """The two pipes to the parent, out of the scorer's reach: it may read and print."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return requests, replies


def _limit_memory(limit_mb: int) -> None:
    """Only Linux keeps the limit; elsewhere the parent watches the size."""
    if sys.platform == "linux":
        limit = limit_mb * 1024 * 1024
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _with_limit(seconds: float, replies: int) -> None:
    faulthandler.dump_traceback_later(seconds, exit=True, file=replies)


def _say(replies: int, answer: dict[str, Any]) -> None:
    with suppress(Exception):  # It is the scorer's: it may have been closed or replaced.
        sys.stdout.flush()
    line = json.dumps(answer).encode() + b"\n"
    while line:
        line = line[os.write(replies, line) :]


def _has_request(requests: BufferedReader, parent: int) -> bool:
    while os.getppid() == parent:
        readable, _, _ = select.select([requests], [], [], _LOOK_FOR_PARENT_S)
        if readable:
            return True
    return False


def _loaded(scorer: str, root: Path) -> tuple[dict[str, Any], Callable[..., Any] | None]:
    """What to tell the parent, and the function if it can be used."""
    module, _, name = scorer.partition(":")
    try:
        function = getattr(_imported(module, root), name)
        if not callable(function):
            return {"fault": "it is not a function"}, None
        _check_signature(function)
    except _WrongSignatureError as error:
        return {"fault": str(error), "place": _place_of(function, root)}, None
    except BaseException as error:
        place = _place(error.__traceback__, root)
        return {"fault": _text(error), "place": place}, None
    return {"explains": callable(getattr(function, "explain", None))}, function


def _imported(module: str, root: Path) -> Any:
    """The module; a file of the project comes before an installed module of the same name."""
    first = module.partition(".")[0]
    path = root.joinpath(*module.split("."))
    sys.path.insert(_end_of_standard_library(), str(root))
    if path.with_suffix(".py").is_file() or (path / "__init__.py").is_file():
        if first in sys.stdlib_module_names:
            raise ImportError(f"Python has its own module {first}; give the file another name")
        found = PathFinder.find_spec(first, [str(root)])
        if found is not None and found.loader is not None:
            sys.modules[first] = module_from_spec(found)
            found.loader.exec_module(sys.modules[first])
    return import_module(module)


def _end_of_standard_library() -> int:
    """Where the project belongs on the path: its modules must not replace Python's own."""
    own = [n for n, entry in enumerate(sys.path, 1) if entry.endswith("lib-dynload")]
    return own[-1] if own else len(sys.path)


def _check_signature(function: Callable[..., Any]) -> None:
    """Raises `_WrongSignatureError` if it cannot be called with (example, output), or seems to take
    the output first."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # Some functions of C do not say.
        return
    try:
        bound = signature.bind("example", "output")
    except TypeError:
        raise _WrongSignatureError(f"it takes {signature}, not (example, output)") from None
    first = next(iter(bound.arguments), "")
    if first in ("output", "answer", "reply", "response", "prediction"):
        raise _WrongSignatureError(f"it takes {signature}: write (example, output) in this order")


def _answer(function: Callable[..., Any], request: dict[str, Any], root: Path) -> dict[str, Any]:
    from tinyarms.core.errors import NotScored
    from tinyarms.skills.example import Example
    from tinyarms.skills.scorers import Grade, score_of

    fields = request["example"]
    example = Example(**{**fields, "forbidden": tuple(fields["forbidden"])})
    if request["asks"] == "explain":
        try:
            return {"reason": str(function.explain(example, request["output"]) or "")}  # type: ignore[attr-defined]
        except BaseException:
            return {"reason": ""}
    try:
        grade = score_of(lambda *given: _value(function, *given), example, request["output"])
    except NotScored as error:
        cause = error.__cause__
        place = _place(cause.__traceback__, root) if cause else _place_of(function, root)
        is_hog = isinstance(cause, MemoryError)
        return {"fault": error.message, "place": place, "out_of_memory": is_hog}
    except BaseException as error:
        fault = f"The scorer raised {_text(error)}."
        return {"fault": fault, "place": _place(error.__traceback__, root)}
    return {"score": float(grade), "reason": grade.reason if isinstance(grade, Grade) else ""}


def _value(function: Callable[..., Any], *given: object) -> Any:
    """What the scorer returns: a number, or a pair of a number and a reason."""
    from tinyarms.skills.scorers import Grade

    value = function(*given)
    if inspect.isawaitable(value):
        import asyncio

        value = asyncio.run(_awaited(value))
    match value:
        case (bool() | int() | float() as score, str() as reason) if 0 <= score <= 1:
            return Grade(score, reason)
    return value


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def _text(error: BaseException) -> str:
    """Its type and text: `str` of an error may fail too."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(trace: TracebackType | None, root: Path) -> str:
    """The file and line where an error was raised: in the project if any frame is there."""
    frames = traceback.extract_tb(trace)
    written = [f for f in frames if f.filename != __file__ and not _is_installed(f.filename)]
    own = [f for f in written if f.filename.startswith(f"{root}{os.sep}")]
    shown = (own or written)[-1:]
    return "".join(f"{_short(f.filename, root)}:{f.lineno}" for f in shown)


def _is_installed(file: str) -> bool:
    return file.startswith((_STANDARD_LIBRARY, "<")) or "site-packages" in file


def _place_of(function: object, root: Path) -> str:
    """The file and line where the scorer begins."""
    plain = inspect.unwrap(function) if callable(function) else None
    code = getattr(plain, "__code__", None)
    code = code or getattr(vars(type(plain)).get("__call__"), "__code__", None)
    return f"{_short(code.co_filename, root)}:{code.co_firstlineno}" if code else ""


def _short(file: str, root: Path) -> str:
    return file.removeprefix(f"{root}{os.sep}")


if __name__ == "__main__":
    main()
