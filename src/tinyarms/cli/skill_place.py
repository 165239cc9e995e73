"""The project that a new skill is for; it is started where there is none."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from tinyarms.cli.output import say
from tinyarms.core.errors import ConfigError
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.config_files import find_root
from tinyarms.loop.project.starter import database_files, init_project, remove_files


class SkillPlace:
    """The project of the working folder, open as `arms`. Use it with `with`.

    Without a project, `arms` is a temporary one that begins like a new one, until `start`.
    """

    def __init__(self) -> None:
        self._folder: TemporaryDirectory[str] | None = None
        self._to_remove: list[Path] = []

    def __enter__(self) -> Self:
        try:
            find_root()
        except ConfigError:
            if os.environ.get("TINYARMS_HOME"):
                raise
            self._folder = TemporaryDirectory()
            init_project(Path(self._folder.name))
            # A database that the environment names is for the project that is started.
            self.arms = TinyArms.open(self._folder.name, {})
        else:
            self.arms = TinyArms.open()
            for notice in self.arms.notices:
                say(notice, err=True)
        return self

    def start(self) -> list[Path]:
        """Start the project in the working folder, if there is none; returns the written files."""
        if self._folder is None:
            return []
        here = Path()
        databases = [path for path in database_files(here) if not path.exists()]
        written = init_project(here)
        self._to_remove = [*written, *databases]
        self.arms.close()
        self.arms = TinyArms.open(here)
        return written

    def keep(self) -> None:
        """From now on a project that was started stays."""
        self._to_remove = []

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.arms.close()
        if self._folder is not None:
            self._folder.cleanup()
        if error is not None:
            remove_files(self._to_remove)
