"""Record the replies of an evaluation in a file, and repeat it without a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tinyarms.core.errors import ConfigError
from tinyarms.loop.project.context import Context
from tinyarms.models.base import Model
from tinyarms.models.recording import KeepingModel, ReplayModel
from tinyarms.store.db.database import open_store


@contextmanager
def with_recording(context: Context, file: Path, *, replay: bool) -> Iterator[Context]:
    """The same project with an empty database, whose models record to a file or replay it.

    Nothing but the file decides what is answered, as in a fresh clone. Only the splits of the
    examples come from the project's database, which also counts reads of `test`. Raises
    `ConfigError` if there is no file to replay, or if a folder of the file to write is missing.
    """
    file = file.absolute()
    if replay and not file.is_file():
        raise ConfigError(
            f"There is no recording {file}.", "Make it: tinyarms check --against REF --record FILE"
        )
    if not file.parent.is_dir():
        raise ConfigError(f"There is no folder {file.parent}.", "Make it first.")

    def wrapped(tag: str, make: Callable[[], Model]) -> Model:
        return ReplayModel(file, tag) if replay else KeepingModel(make(), file)

    with TemporaryDirectory(prefix="tinyarms-") as folder:
        inner = Context(
            context.project,
            open_store(Path(folder) / "tinyarms.db"),
            context.environ,
            context.clock,
            wrap_model=wrapped,
            counted_in=context,
        )
        try:
            yield inner
        finally:
            inner.close()
