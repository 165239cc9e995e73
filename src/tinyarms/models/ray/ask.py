"""Asks a Ray cluster whether this process may join it, in a process of its own.

Started by `models.ray.reach` as `python -m tinyarms.models.ray.ask HOST:PORT`, with the environment
of its parent, because Ray reads its key there. It prints one JSON line: `{}`, or `error` and
`hint`. Ray's client waits for minutes for an address that says nothing, and ends its process where
it finds a fault, so this one is ended by an alarm, and its parent goes on.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

ANSWER_S = 10
"""Seconds that a cluster has to answer, after Ray's import. Higher: a very busy one is waited for,
and a wrong address reported later."""
_STARTS_S = 5.0
"""Seconds to wait for a node of the cluster on this machine, which may be starting. Higher: a slow
start is waited for, and a machine without a node is told so later."""
_KEY = (
    "Set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH to a file with the cluster's key "
    "(without the latter it is read from ~/.ray/auth_token)."
)


def main() -> None:
    """Print what stands in the way of joining the cluster at `sys.argv[1]`."""
    said, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps(_obstacle(sys.argv[1])), file=said, flush=True)
    os._exit(0)  # Ray's threads are not waited for


def _obstacle(address: str) -> dict[str, str]:
    if error := _no_key():
        return {"error": error, "hint": _KEY}
    ray: Any = import_module("ray")
    signal.alarm(ANSWER_S)
    try:
        client = import_module("ray._raylet").GcsClient(address=address)
        there = client.internal_kv_get(b"CLUSTER_METADATA", namespace=b"cluster")
        signal.alarm(2 * ANSWER_S)  # it answers
        other = _other_version(ray, json.loads(there or "{}"))
        until = time.monotonic() + _STARTS_S
        while True:
            nodes = {node.hex() for node in client.get_all_node_info(timeout=ANSWER_S)}
            here = set(import_module("ray._private.services").find_node_ids())
            if other or nodes & here or time.monotonic() > until:
                break
            time.sleep(0.5)
    except getattr(ray.exceptions, "AuthenticationError", ()):
        return {
            "error": "it asks for a key, and this process has another one or none",
            "hint": _KEY,
        }
    except (AttributeError, ImportError, TypeError):
        return {}  # a Ray of other parts: `ray.init` will find out
    return other or not_here(nodes, here, address)


def _other_version(ray: Any, cluster: dict[str, str]) -> dict[str, str]:
    try:
        if cluster:
            import_module("ray._private.utils").check_version_info(cluster, "here")
    except RuntimeError:  # Ray says it in several lines
        python = ".".join(map(str, sys.version_info[:3]))
        return {
            "error": f"it runs Ray {cluster['ray_version']} on Python {cluster['python_version']}, "
            f"and this process Ray {ray.__version__} on Python {python}",
            "hint": "Install the same versions on all machines.",
        }
    return {}


def not_here(nodes: set[str], here: set[str], address: str) -> dict[str, str]:
    """`ray.init` joins a cluster through a node on this machine, and waits a minute for one."""
    if nodes & here:
        return {}
    return {
        "error": "no node of it runs on this machine",
        "hint": f"If it starts just now, wait. Else run `ray start --address={address}` here, or "
        "write ray://HOST:10001.",
    }


def _no_key() -> str | None:
    """Why there is no key, where the user has asked for one; Ray would end the process."""
    path = os.environ.get("RAY_AUTH_TOKEN_PATH")
    if os.environ.get("RAY_AUTH_MODE", "").lower() != "token" or os.environ.get("RAY_AUTH_TOKEN"):
        return None
    file = Path(path) if path else Path.home() / ".ray" / "auth_token"
    try:
        return None if file.read_text().strip() else f"the file of its key, {file}, is empty"
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        return f"the file of its key, {file}, cannot be read: {reason}"


if __name__ == "__main__":
    main()
