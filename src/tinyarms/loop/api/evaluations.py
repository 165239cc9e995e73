"""The measurements of prompts on the examples of an open project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tinyarms.loop.api.decisions import Decisions
from tinyarms.loop.project.listener import SILENT, Listener

if TYPE_CHECKING:
    from tinyarms.loop.evaluating.check import CheckView
    from tinyarms.loop.evaluating.rows import EvalSplit
    from tinyarms.loop.evaluating.view import ComparedView, EvalView


class Evaluations(Decisions):
    """The methods that run prompts on examples. They store the replies, and release nothing."""

    def evaluate(
        self,
        skill: str,
        prompt: int | Path | str | None = None,
        *,
        split: EvalSplit | None = None,
        n: int | None = None,
        listener: Listener = SILENT,
    ) -> EvalView:
        """How good a prompt is on the gold examples: accuracy with interval, and what is wrong.

        `prompt`: the number of a version or the path of a prompt file; `None`: the version in
        production. `split`: `search`, `selection`, `test` or `all`; `None`: search and selection. A
        read of `test` is counted. `n`: only this many rows, the same ones each time. Stored replies
        are used again, so an interrupted evaluation goes on where it stopped.

        Raises `UsageError` for a skill without a scorer, `ExampleError` without examples,
        `PromptError` and `ConfigError` for an unusable prompt file, `ModelError` if no model
        answers, and `NotScored` if too many outputs get no score.
        """
        from tinyarms.loop.evaluating.evaluate import evaluate

        return evaluate(self._context, skill, prompt, split=split, n=n, listener=listener)

    def compare(
        self,
        skill: str,
        before: int | Path | str,
        after: int | Path | str,
        *,
        split: EvalSplit | None = None,
        n: int | None = None,
        listener: Listener = SILENT,
    ) -> ComparedView:
        """Two prompts on the same rows: which is better, or that the rows cannot tell.

        The arguments and errors are those of `evaluate`.
        """
        from tinyarms.loop.evaluating.evaluate import compare

        return compare(self._context, skill, before, after, split=split, n=n, listener=listener)

    def check(
        self,
        against: str,
        skills: Sequence[str] = (),
        *,
        split: EvalSplit | None = None,
        n: int | None = None,
        listener: Listener = SILENT,
    ) -> CheckView:
        """The prompt files in the working tree against those of another git ref.

        `against`: a branch, a tag or a commit. `skills`: by default all. Both prompts of a skill
        are asked about the same rows; if they are equally good, the check calls the new one worse
        in at most 5 % of cases, over all skills together. The other arguments and errors are those
        of `evaluate`; `UsageError` also if there is no such ref or a named skill is not in it, and
        `ConfigError` without git.
        """
        from tinyarms.loop.evaluating.check import check

        return check(self._context, skills, against, split=split, n=n, listener=listener)

    @contextmanager
    def recorded(self, file: Path | str, *, replay: bool) -> Iterator[Self]:
        """The same project with an empty database, whose models record to a file, or replay it.

        With `replay` no model is called, and a request that is not in the file raises `ModelError`.
        The splits of the examples are those of the project's database, which also counts reads of
        `test`.
        Raises `ConfigError` if there is no file to replay.
        """
        from tinyarms.loop.evaluating.recorded import with_recording

        with with_recording(self._context, Path(file), replay=replay) as context:
            yield type(self)(context)
