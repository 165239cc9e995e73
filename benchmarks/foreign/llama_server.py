"""The llama.cpp server of the installed package, started as its own process."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from search.model import CONTEXT_WINDOW, MODEL
from tinyarms.models.embedded.catalog import weights_path
from tinyarms.models.embedded.model import SERVER_COMMAND
from tinyarms.models.embedded.pull import pull


@dataclass(frozen=True)
class Served:
    """Where a server listens, and its key."""

    address: str
    api_key: str


@contextmanager
def llama_server() -> Iterator[Served]:
    """SmolLM2-135M behind llama.cpp's server, with one thread and one slot.

    Ends the program if it cannot load.
    """
    pull(MODEL, lambda done, total: None)
    api_key = secrets.token_urlsafe(32)
    options = {
        "model": str(weights_path(MODEL, os.environ)),
        "api_key": api_key,
        "slots": 1,
        "context_window": CONTEXT_WINDOW,
        "threads": 1,
        "nice": 0,
    }
    process = subprocess.Popen(
        SERVER_COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches only this process, which ends the server
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(options).encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline() or b'{"error": "it ended at once"}')
        if "address" not in answer:
            raise SystemExit(f"llama.cpp's server does not start: {answer['error']}.")
        yield Served(answer["address"], api_key)
    finally:
        process.kill()
        process.communicate()
