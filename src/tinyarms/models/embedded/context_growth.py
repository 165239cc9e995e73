"""How large the context of an embedded model may become: what is needed, and what memory allows."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyarms.models.embedded.gguf_file import ModelShape, read_shape

_MEMORY_SHARE = 0.5
"""Share of the memory at hand that a model's KV cache may take, in [0, 1]. Higher: longer texts are
read on a small machine, and other programs may have to swap."""
_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")


@dataclass(frozen=True)
class Room:
    """What limits the context of a model on this machine."""

    trained: int | None
    """Most tokens that the model was trained to read; `None`: not known."""
    affordable: int | None
    """Most tokens a slot for which there is memory; `None`: not known."""

    @property
    def most(self) -> int | None:
        """Most tokens of a call; `None`: a limit is not known, so the context does not grow."""
        if self.trained is None or self.affordable is None:
            return None
        return min(self.trained, self.affordable)


def wider_window(needed: int, room: Room) -> int | None:
    """The context to start the server with, in tokens; `None` if `needed` tokens have no room.

    It is the next power of two, or all that there is room for, if that is less.

    Examples
    --------
    >>> from tinyarms.models.embedded.context_growth import Room, wider_window
    >>> wider_window(2100, Room(trained=8192, affordable=50_000))
    4096
    >>> wider_window(5000, Room(trained=8192, affordable=6000))
    6000
    >>> wider_window(9000, Room(trained=8192, affordable=50_000))
    """
    most = room.most
    if most is None or needed > most:
        return None
    return min(1 << (needed - 1).bit_length(), most)


def find_room(
    weights: Path,
    slots: int,
    window: int,
    trained: int | None = None,
    memory: Callable[[], int | None] | None = None,
) -> Room:
    """What limits the context of the model in this file, whose server has `window` tokens now.

    The memory that the present server takes for its KV cache comes back when it ends. `trained`:
    the tokens that the model reads, where the catalog knows them better than the file.
    """
    shape = read_shape(weights)
    if shape is None:
        return Room(trained, None)
    return Room(
        trained or shape.trained_context,
        _affordable(shape, slots, window, (memory or available_memory)()),
    )


def _affordable(shape: ModelShape, slots: int, window: int, free: int | None) -> int | None:
    if free is None:
        return None
    token = shape.cache_bytes_per_token * slots
    return int(_MEMORY_SHARE * (free + window * token)) // token


def available_memory() -> int | None:
    """Bytes that programs may still take without swapping; `None`: not known.

    In a container, what its own limit leaves. Where the system does not say what is free (macOS):
    half of what is built in.
    """
    free = [bytes_ for bytes_ in (_of_meminfo(), _of_cgroup()) if bytes_ is not None]
    if free:
        return min(free)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return None


def _of_meminfo() -> int | None:
    kibibytes = _entry(_MEMINFO, "MemAvailable:")
    return None if kibibytes is None else 1024 * kibibytes


def _of_cgroup() -> int | None:
    """What the limit of this process's group leaves, files that it can drop included."""
    limit, used = _entry(_CGROUP / "memory.max"), _entry(_CGROUP / "memory.current")
    if limit is None or used is None:
        return None
    return max(0, limit - used + (_entry(_CGROUP / "memory.stat", "inactive_file") or 0))


def _entry(path: Path, name: str = "") -> int | None:
    """The number in a file of the system, or that after a name in it."""
    try:
        words = path.read_text().split()
        return int(words[words.index(name) + 1 if name else 0])
    except (OSError, ValueError, IndexError):
        return None
