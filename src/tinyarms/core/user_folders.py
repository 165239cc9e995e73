"""Where a user's programs keep their files: the folders of the XDG Base Directory Specification."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

Kind = Literal["cache", "config", "data", "state"]
_LINUX = {
    "cache": ".cache",
    "config": ".config",
    "data": ".local/share",
    "state": ".local/state",
}
_MACOS = {
    "cache": "Library/Caches",
    "config": "Library/Application Support",
    "data": "Library/Application Support",
    "state": "Library/Application Support",
}


def user_folder(kind: Kind, name: str) -> Path:
    """The folder `name` for one kind of files of this user; it may not be there yet.

    `XDG_CACHE_HOME`, `XDG_CONFIG_HOME`, `XDG_DATA_HOME` or `XDG_STATE_HOME` sets the folder above
    it.

    Examples
    --------
    >>> import os
    >>> from tinyarms.core.user_folders import user_folder
    >>> os.environ["XDG_CACHE_HOME"] = "/var/cache/ada"
    >>> print(user_folder("cache", "tinyarms"))
    /var/cache/ada/tinyarms
    >>> del os.environ["XDG_CACHE_HOME"]
    """
    chosen = os.environ.get(f"XDG_{kind.upper()}_HOME", "").strip()
    usual = (_MACOS if sys.platform == "darwin" else _LINUX)[kind]
    return (Path(chosen) if chosen else Path.home() / usual) / name
