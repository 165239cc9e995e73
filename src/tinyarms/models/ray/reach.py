"""Whether a Ray cluster can be joined: found out within seconds, before Ray waits for it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from urllib.parse import urlsplit

from tinyarms.core.errors import ModelUnavailable
from tinyarms.models.ray.ask import ANSWER_S

_REACH_S = 3.0
"""Seconds to reach a cluster's address, and for its first bytes. Ray itself would try for minutes.
Higher: a slow network is waited for, and a wrong address reported later."""
_IMPORT_S = 60.0
"""Seconds for the import of Ray. Higher: a machine that is very busy is waited for."""
_SETTINGS = b"\0\0\0\x04\0\0\0\0\0"
"""An empty frame of HTTP/2 with the type SETTINGS, with which both sides begin."""
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _SETTINGS
_IS_IT = "Is it running (`ray status` on its first machine), and is the port right?"


class Reach:
    """A look at a cluster's address. `stop()` ends it, from any thread."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._is_stopped = False
        self._process: subprocess.Popen[str] | None = None

    def check(self) -> None:
        """Raises `ModelUnavailable` if the cluster cannot be joined, and says why."""
        self._greet()
        if not self._address.startswith("ray://"):  # Ray's client has a limit of its own
            self._ask()

    def stop(self) -> None:
        """End the look, so that `check` fails."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None:
                self._process.kill()

    def _greet(self) -> None:
        """Every part of Ray speaks HTTP/2 (gRPC), and nearly nothing else does."""
        address = self._address
        parts = urlsplit(address if "://" in address else f"//{address}")
        heard = b""
        try:
            with socket.create_connection((parts.hostname or "", parts.port or 0), _REACH_S) as to:
                if os.environ.get("RAY_USE_TLS", "0").lower() in ("1", "true"):
                    return
                to.sendall(_GREETING)
                while len(heard) < len(_SETTINGS) and (more := to.recv(64)):
                    heard += more
        except TimeoutError:
            pass
        except OSError as error:
            raise ModelUnavailable(
                f"No Ray cluster answers at {address} ({error.strerror or error}).", _IS_IT
            ) from error
        if heard[3:4] != _SETTINGS[3:4]:
            what = "something else" if heard else "something that says nothing"
            raise ModelUnavailable(
                f"No Ray cluster answers at {address} ({what} listens there).", _IS_IT
            )

    def _ask(self) -> None:
        with self._lock:
            if self._is_stopped:
                raise ModelUnavailable("The fleet was stopped while it started.")
            process = self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tinyarms.models.ray.ask", self._address],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C reaches only this process, which ends it
            )
        try:
            said, errors = process.communicate(timeout=_IMPORT_S + ANSWER_S)
        except subprocess.TimeoutExpired:
            process.kill()
            said, errors = process.communicate()
        if process.returncode in (-signal.SIGALRM, -signal.SIGKILL):
            raise ModelUnavailable(
                f"No Ray cluster answers at {self._address} (nothing within {ANSWER_S} s).",
                f"{_IS_IT} Write HOST:6379, or ray://HOST:10001 for Ray's client.",
            )
        if process.returncode != 0:
            last = (errors.strip().splitlines() or [f"status {process.returncode}"])[-1]
            raise _cannot_be_joined(self._address, last, "")
        if answer := json.loads(said):
            raise _cannot_be_joined(self._address, answer["error"], answer["hint"])


def _cannot_be_joined(address: str, why: str, hint: str) -> ModelUnavailable:
    return ModelUnavailable(f"The Ray cluster at {address} cannot be joined: {why}.", hint)
