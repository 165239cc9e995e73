"""The child process that holds the embedded model: llama.cpp's server through xllamacpp.

Started by `models.embedded` as `python -m tinyarms.models.embedded.server`. It reads one JSON line
from standard input (`model`, `api_key`, `slots`, `context_window`, `threads`, `nice`), prints one
JSON line (`address`, or `error` and `hint`) once it listens on a free port of 127.0.0.1, and ends
when its standard input closes, that is, when its parent has ended.
"""

from __future__ import annotations

import json
import os
import select
import sys
from typing import Any

_PROMPT_CACHE_MIB = 256
"""Memory, in MiB, for cached prefixes of prompts. Higher: more cache hits. llama.cpp's default is 8
GiB."""


def main() -> None:
    """Serve until the parent has ended."""
    parent = os.getppid()
    options = json.loads(sys.stdin.buffer.readline())
    out = _quiet_stdout()
    os.nice(options["nice"])
    try:
        server = _start(options)
    except ImportError:
        _say(out, error="xllamacpp is not installed", hint="pip install 'tinyarms[local]'")
        return
    except Exception as error:
        reason = str(error).rstrip(".")
        hint = "Is the file whole, and is there enough memory?"
        _say(out, error=f"llama.cpp cannot load {options['model']} ({reason})", hint=hint)
        return
    _say(out, address=server.listening_address)
    _wait_for_end(parent)
    os._exit(0)  # the server's threads would block an orderly exit


def _start(options: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options["model"]
    params.n_parallel = options["slots"]
    params.n_ctx = options["context_window"] * options["slots"]
    params.cpuparams.n_threads = options["threads"]
    params.cpuparams_batch.n_threads = options["threads"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [options["api_key"]]
    params.ui = False
    params.endpoint_slots = False
    params.cache_ram_mib = _PROMPT_CACHE_MIB
    params.warmup = False
    params.verbosity = -1
    return xllamacpp.Server(params)


def _quiet_stdout() -> int:
    """Keep standard output for the one JSON line, and discard llama.cpp's output."""
    out = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
    return out


def _say(out: int, **line: str) -> None:
    os.write(out, json.dumps(line).encode() + b"\n")
    os.close(out)


def _wait_for_end(parent: int) -> None:
    # Not PR_SET_PDEATHSIG: it fires when the *thread* that started this process ends. The parent's
    # id is checked too, because a fork of the parent may keep the pipe open.
    while os.getppid() == parent:
        readable, _, _ = select.select([0], [], [], 2.0)
        if readable and not os.read(0, 4096):
            return


if __name__ == "__main__":
    main()
