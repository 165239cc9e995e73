"""Files of a commit and the place of a folder in its repository, read by the program `git`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.core.text import one_line, shorten

_PATIENCE_S = 30
"""Seconds to wait for git. Higher: a repository on a slow disk is still read."""
_SHOWN_CHARACTERS = 200


def commit_of(root: Path, ref: str) -> str:
    """The commit that a ref names, as 40 or 64 hexadecimal characters.

    Raises `UsageError` if there is no such ref, and `ConfigError` without git or a repository.
    """
    if not ref.strip() or ref.startswith("-") or "\0" in ref:
        raise UsageError(f"{ref!r} is no git ref.", "Give a branch, a tag or a commit.")
    code, out, problem = _git(root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if code == 0:
        return out.decode().strip()
    if problem:
        raise ConfigError(
            f"{root}: git cannot read it: {problem}.", "Run the check in a git working tree."
        )
    raise UsageError(
        f"There is no git ref {ref!r} in {root}.",
        f"Fetch it first, for example: git fetch --depth=1 origin {ref}:{ref}",
    )


def file_at(root: Path, commit: str, path: str) -> str | None:
    """The text of a file in a commit; `path`: relative to `root`. `None`: it is not there.

    No filter or hook of the repository runs. Raises `ConfigError` for what is no text.
    """
    # The dot makes the path relative to `root`, which may be below the repository's folder.
    code, out, _ = _git(root, "cat-file", "blob", f"{commit}:./{path}")
    if code != 0:
        return None
    try:
        return out.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{commit[:12]}:{path} is not UTF-8 text.", "Save it as UTF-8."
        ) from error


def place_in_repository(root: Path) -> str | None:
    """The folder's path relative to the top of its repository, with a slash at its end, or empty;
    `None`: it is in none, or there is no git."""
    try:
        code, out, _ = _git(root, "rev-parse", "--show-prefix")
    except ConfigError:
        return None
    return os.fsdecode(out).removesuffix("\n") if code == 0 else None


def is_ignored(root: Path, path: str) -> bool:
    """Whether the repository ignores the file; `path`: relative to `root`."""
    return _git(root, "check-ignore", "--quiet", "--", path)[0] == 0


def _git(root: Path, *arguments: str) -> tuple[int, bytes, str]:
    """Exit code, output, and the first line of the errors."""
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            check=False,
            env=environ,
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE_S,
        )
    except FileNotFoundError as error:
        raise ConfigError("There is no program git.", "Install git.") from error
    except subprocess.TimeoutExpired as error:
        raise ConfigError(
            f"{root}: git did not answer within {_PATIENCE_S} s.", "Is another git waiting there?"
        ) from error
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    problem = shorten(one_line(lines[0]), _SHOWN_CHARACTERS).rstrip(".") if lines else ""
    return done.returncode, done.stdout, problem.removeprefix("fatal: ")
