"""A real service in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.started import Started
from tinyarms.core.clock import utc_now
from tinyarms.core.roles import Role
from tinyarms.loop.project.access_tokens import AccessTokens


@dataclass
class Served:
    """A running service."""

    root: Path
    process: subprocess.Popen[str] | Started
    url: str
    link: str
    """The link that was printed."""

    def token(self, role: Role, name: str = "ada") -> str:
        return AccessTokens(self.root, utc_now).add(role, name).token

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def start(
    root: Path, *words: str, environ: Mapping[str, str] = os.environ, anew: bool = False
) -> Served:
    """Run `tinyarms serve` in the project, and wait until it listens.

    `anew`: in a fresh interpreter, which takes seconds.
    """
    all_words = ["serve", "--port", "0", *words]
    env = {**environ, "TINYARMS_HOME": str(root)}
    process: subprocess.Popen[str] | Started
    if anew:
        command = [sys.executable, "-m", "tinyarms", *all_words]
        process = subprocess.Popen(command, cwd=root, env=env, stderr=subprocess.PIPE, text=True)
    else:
        process = Started(all_words, root, env)
    assert process.stderr is not None
    link = _line(process.stderr, r"http\S+/sign-in/\S+")
    return Served(root, process, link.partition("/sign-in/")[0], link)


@contextmanager
def serving(
    root: Path, *words: str, environ: Mapping[str, str] = os.environ, anew: bool = False
) -> Iterator[Served]:
    """The same, until the end of the block."""
    served = start(root, *words, environ=environ, anew=anew)
    try:
        yield served
    finally:
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(120) == 0
        assert served.process.stderr is not None
        served.process.stderr.close()


def _line(stream: IO[str], pattern: str) -> str:
    said = ""
    for line in stream:
        said += line
        if found := re.search(pattern, line):
            return found[0]
    raise AssertionError(said)
