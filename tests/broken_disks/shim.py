"""Compile the shim, and run a function of the tests below it, in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")
LONGEST_S = 1800
_REPOSITORY = Path(__file__).parents[2]
_CALL = "import sys; from tests.broken_disks.work import main; main(sys.argv[1:])"


def can_compile() -> bool:
    """Whether this machine can preload the shim: Linux with a C compiler."""
    return sys.platform == "linux" and shutil.which("cc") is not None


def compile_shim(folder: Path) -> Path:
    """Compile the shim into `folder`; returns the library."""
    library = folder / "shim.so"
    command = ["cc", "-shared", "-fPIC", "-O2", "-w", "-o", library, SOURCE, "-ldl", "-lpthread"]
    subprocess.run(command, check=True)
    return library


def run_below(library: Path, root: Path, *words: str, trace: Path | None = None) -> str:
    """Run `work.main` with the words on the project at `root`; returns what it prints.

    `trace`: file for the record of its writes. Raises `CalledProcessError` if it fails.
    """
    environ = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "SHIM_ROOT": str(root),
        "PYTHONPATH": os.pathsep.join([str(_REPOSITORY / "src"), str(_REPOSITORY)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if trace is not None:
        environ["SHIM_TRACE"] = str(trace)
    done = subprocess.run(
        [sys.executable, "-c", _CALL, str(root), *words],
        env=environ, stdout=subprocess.PIPE, text=True, timeout=LONGEST_S, check=True,
    )  # fmt: skip
    return done.stdout
