"""The connection of this process to Ray: one for all fleets, because Ray has one in each process.

Ray is imported here and nowhere else, when the first call of a fleet is made.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from tinyarms.core.errors import ConfigError, ModelUnavailable
from tinyarms.models.ray.local import LocalRay
from tinyarms.models.ray.reach import Reach

_MISSING = "Install it: pip install 'tinyarms[ray]'"


class Runtime:
    """The Ray of this process, shared by its fleets. The last of them ends the connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._address: str | None = None
        self._local: LocalRay | None = None
        self._reach: Reach | None = None
        self._is_ours = False
        self._ray: Any = None

    def join(self, address: str | None) -> Any:
        """The module `ray`, connected to the cluster; `None`: to a Ray that this starts.

        Raises `ModelUnavailable`, and `ConfigError` without the package or for a second cluster.
        """
        with self._lock:
            if self._users and address != self._address:
                raise ConfigError(
                    f"This process is already connected to {self._address or 'a Ray of its own'}, "
                    f"and cannot use {address or 'another'} too.",
                    "Give all models of `kind: ray` the same `cluster`.",
                )
            if not self._users:
                try:
                    self._ray = self._connected(address)
                except BaseException:
                    self._end_local()
                    raise
            self._users += 1
            return self._ray

    def leave(self) -> None:
        """A fleet ends. Its actors end with it."""
        with self._lock:
            self._users -= 1
            if self._users:
                return
            if self._is_ours:
                with contextlib.suppress(Exception):
                    self._ray.shutdown()
            self._end_local()

    def abort(self) -> None:
        """End a Ray that is about to start or to be joined, so that `join` fails. Any thread may
        call it."""
        if self._lock.acquire(blocking=False):  # nothing starts
            self._lock.release()
        else:
            self._end_local()
            if (reach := self._reach) is not None:
                reach.stop()

    def _connected(self, address: str | None) -> Any:
        if _is_initialized():  # by the application, which will also end it
            self._is_ours, self._address = False, address
            return _imported(address)
        if address is None:
            self._local = LocalRay()
            ray, reached = _imported(address), self._local.start()
        else:
            ray, reached = _imported(address), address
            self._reach = Reach(address)
            self._reach.check()
        if _is_loopback(reached):
            # Else Ray would take this machine's address in a network in its place, where a
            # cluster that keeps to loopback does not listen. Ray reads it when it is imported.
            constants: Any = import_module("ray._private.ray_constants")
            constants.ENABLE_RAY_CLUSTER = False
        here = {"_node_ip_address": "127.0.0.1"} if address is None else {}
        try:
            ray.init(
                address=reached,
                log_to_driver=False,
                configure_logging=False,
                logging_level="ERROR",
                **here,
            )
        except Exception as error:
            raise ModelUnavailable(
                f"The Ray cluster at {reached} cannot be joined ({_first_line(error)}).",
                "It must run the same versions of Ray and Python, and HOST:PORT only works on a "
                "machine that belongs to the cluster: elsewhere write ray://HOST:10001.",
            ) from error
        self._is_ours, self._address = True, address
        return ray

    def _end_local(self) -> None:
        local, self._local = self._local, None
        if local is not None:
            local.close()


def _is_initialized() -> bool:
    ray = sys.modules.get("ray")
    return ray is not None and bool(ray.is_initialized())


def _imported(address: str | None) -> Any:
    try:
        ray = import_module("ray")
        import_module("ray._private.worker")
    except ImportError as error:
        raise ConfigError("A model of `kind: ray` needs the package ray.", _MISSING) from error
    # It says that it sets no handler of signals, because this is not the main thread: that is why.
    logging.getLogger("ray._private.worker").setLevel(logging.ERROR)
    if address is not None and address.startswith("ray://") and not find_spec("grpc"):
        raise ConfigError("An address ray://… needs grpcio.", "Install: pip install 'ray[client]'")
    return ray


def _is_loopback(address: str) -> bool:
    return (urlsplit(f"//{address}").hostname or "") in ("127.0.0.1", "localhost", "::1")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


RUNTIME = Runtime()
