"""An open project for callers on other machines, who are told nothing of where it lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from tinyarms.core.errors import TinyArmsError
from tinyarms.core.file_names import FileNames

if TYPE_CHECKING:
    from pathlib import Path

    from tinyarms.loop.api.facade import TinyArms
    from tinyarms.loop.project.kept_answers import KeptAnswers
    from tinyarms.loop.serving.tasks import RunningTask

_AS_WRITTEN = frozenset({"exported", "exported_examples"})
"""Methods whose answers are what users have written."""


def for_callers_elsewhere(arms: TinyArms) -> TinyArms:
    """The same project; its answers and errors name files relative to its folder.

    Every door whose callers may be on another machine uses it, once for all that it does.
    """
    return cast("TinyArms", _Elsewhere(arms, FileNames(arms.root)))


class _Elsewhere:
    """All that an object does, with the names of files that callers elsewhere may see."""

    def __init__(self, of: Any, names: FileNames) -> None:
        self._of, self.file_names = of, names

    def __getattr__(self, name: str) -> Any:
        with self._telling():
            found = getattr(self._of, name)
        if not callable(found):
            return self.file_names.answer(found)

        def told(*given: Any, **named: Any) -> Any:
            try:  # `_telling`, which takes longer than many a method
                answer = found(*given, **named)
                return answer if name in _AS_WRITTEN else self.file_names.answer(answer)
            except TinyArmsError as error:
                self.file_names.tell(error)
                raise

        return told

    @property
    def root(self) -> Path:
        """The project's folder, for what the door itself does with it."""
        root: Path = self._of.root
        return root

    @property
    def kept_answers(self) -> KeptAnswers:
        """The answers that are kept by the keys of their requests."""
        return cast("KeptAnswers", _Elsewhere(self._of.kept_answers, self.file_names))

    @contextmanager
    def task(self, *given: Any, **named: Any) -> Iterator[RunningTask]:
        """A task for an application that calls a model itself."""
        with self._telling(), self._of.task(*given, **named) as task:
            yield cast("RunningTask", _Elsewhere(task, self.file_names))

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except TinyArmsError as error:
            self.file_names.tell(error)
            raise
