"""The measurements of prompts on the examples of an open project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tinyarms.loop.api.decisions import Decisions
from tinyarms.loop.project.listener import SILENT, Listener

if TYPE_CHECKING:
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
        read of `test` is counted. `n`: so many rows, always the same ones. Stored replies are used
        again, so an interrupted evaluation goes on where it stopped.

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
