"""Contents in place of files: what callers on other machines bring into an open project."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tinyarms.core.errors import TinyArmsError, UsageError
from tinyarms.core.text import shorten, visible
from tinyarms.loop.api.evaluations import Evaluations
from tinyarms.loop.project.listener import SILENT, Listener

if TYPE_CHECKING:
    from tinyarms.exchange.incoming.records import Columns
    from tinyarms.loop.evaluating.rows import EvalSplit
    from tinyarms.loop.evaluating.view import ComparedView, EvalView
    from tinyarms.loop.importing.adding import AddedExamples
    from tinyarms.loop.importing.new_skill import SkillDraft, SkillProposal
    from tinyarms.loop.importing.view import ImportView
    from tinyarms.loop.testing.create import Created

CONTENT_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
"""What a content may be called. It names no folder and no hidden file."""


class ContentUses(Evaluations):
    """The methods that take contents in place of files. None of them takes a path or an address,
    and nothing that comes in by them declares a model."""

    def add_example_rows(
        self, skill: str, rows: Sequence[Mapping[str, Any]], *, skip: bool = False
    ) -> AddedExamples:
        """Add rows to a skill's examples: all, or none. A row is one of an examples file.

        The arguments and errors are those of `add_examples`.
        """
        content = "".join(f"{json.dumps(row)}\n" for row in rows)
        with _as_files({"rows.jsonl": content}) as file:
            return self.add_examples(skill, file, skip=skip)

    def import_contents(
        self,
        contents: Mapping[str, str | bytes],
        skill: str,
        *,
        format: str | None = None,
        columns: Columns | None = None,
        model: str | None = None,
        dry_run: bool = False,
    ) -> ImportView:
        """Bring in the contents of another tool's files, as examples of a skill.

        `contents`: file name → content; they find one another by these names, as in one folder.
        `model`: of a new skill, one that the project declares. Models that the contents name are
        listed and not declared. Raises `UsageError` for a name that is none, for a skill with
        pictures, which contents may not name, and the errors of `import_examples`.
        """
        from tinyarms.loop.importing.run import NO_COLUMNS, import_examples

        self.check_declared(model)
        config = self._context.find_skill(skill)
        if config is not None and config.skill.pictures:
            raise UsageError(
                f"{skill} takes pictures, and rows of files name them by their paths.",
                f"Send its rows with data URLs: POST /v1/skills/{skill}/examples",
            )
        with _as_files(contents) as source:
            view = import_examples(
                self._context,
                source,
                skill,
                format=format,
                columns=columns or NO_COLUMNS,
                model=model,
                dry_run=dry_run,
                declares_models=False,
            )
        return replace(view, source=_names(contents))

    def add_skill_of_contents(
        self, draft: SkillDraft, contents: Mapping[str, str | bytes], *, dry_run: bool = False
    ) -> tuple[SkillProposal, ImportView | None]:
        """Make a skill of the contents of files, or without any: what was proposed, and what was
        written; `None`: nothing was.

        `draft`: without its source. Raises the errors of `import_contents` and `add_skill`.
        """
        self.check_declared(draft.model)
        draft = replace(draft, source=None, declares_models=False)
        if not contents:
            return self.propose_skill(draft), None if dry_run else self.add_skill(draft)
        with _as_files(contents) as source:
            draft = replace(draft, source=source)
            proposal = self.propose_skill(draft)
            added = None if dry_run else self.add_skill(draft)
        said = _names(contents)
        return (
            replace(proposal, view=replace(proposal.view, source=said)),
            None if added is None else replace(added, source=said),
        )

    def create_from_texts(
        self, skill: str, texts: Sequence[str], listener: Listener = SILENT
    ) -> Created:
        """Start a live test of prompts that people wrote, each the text of a prompt file.

        The errors are those of `create`.
        """
        from tinyarms.loop.releasing.prompt_texts import named_texts
        from tinyarms.loop.testing.create import create_variants

        return create_variants(self._context, skill, named_texts(texts), listener)

    def evaluate_text(
        self,
        skill: str,
        text: str,
        *,
        split: EvalSplit | None = None,
        n: int | None = None,
        listener: Listener = SILENT,
    ) -> EvalView:
        """How good a prompt is that is given as the text of a prompt file.

        The arguments and errors are those of `evaluate`.
        """
        from tinyarms.loop.evaluating.evaluate import evaluate
        from tinyarms.loop.releasing.prompt_texts import PromptText

        prompt = PromptText("prompt.md", text)
        return evaluate(self._context, skill, prompt, split=split, n=n, listener=listener)

    def compare_texts(
        self,
        skill: str,
        before: int | str,
        after: int | str,
        *,
        split: EvalSplit | None = None,
        n: int | None = None,
        listener: Listener = SILENT,
    ) -> ComparedView:
        """Two prompts on the same rows, each the number of a version or the text of a prompt file.

        The other arguments and the errors are those of `compare`.
        """
        from tinyarms.loop.evaluating.evaluate import compare
        from tinyarms.loop.releasing.prompt_texts import PromptText

        first = before if isinstance(before, int) else PromptText("before.md", before)
        second = after if isinstance(after, int) else PromptText("after.md", after)
        return compare(self._context, skill, first, second, split=split, n=n, listener=listener)

    def exported(self, skill: str, to: str, *, version: int | None = None) -> tuple[str, bytes]:
        """The name and content of the file that `export` writes. Raises as `export`."""
        with TemporaryDirectory() as folder:
            self.export(skill, to, folder, version=version)
            [file] = Path(folder).iterdir()
            return file.name, file.read_bytes()

    def check_declared(self, model: str | None) -> None:
        """Raise `UsageError` unless the project declares the model; `None` stands for none."""
        models = self._context.project.models
        if model is not None and model not in models:
            raise UsageError(
                f"There is no model {visible(model)!r}.", f"Declared: {', '.join(models)}."
            )


@contextmanager
def _as_files(contents: Mapping[str, str | bytes]) -> Iterator[Path]:
    """A file with the content, or a folder of several, for a use case that reads files. No error
    names the place. Raises `UsageError` for a name that leads elsewhere."""
    for name in contents:
        if not re.fullmatch(CONTENT_NAME, name):
            raise UsageError(
                f"{shorten(visible(name), 60)!r} is no name for a content.",
                "Use up to 100 letters, digits, '.', '-' and '_', such as rows.csv.",
            )
    if not contents:
        raise UsageError("There is no content.", "Send at least one, such as rows.csv.")
    with TemporaryDirectory(prefix="tinyarms-") as made:
        folder = Path(made).resolve()
        for name, content in contents.items():
            if isinstance(content, str):
                content = content.encode("utf-8", "surrogatepass")
            (folder / name).write_bytes(content)
        try:
            yield folder / next(iter(contents)) if len(contents) == 1 else folder
        except TinyArmsError as error:
            error.message = _without(folder, error.message)
            error.hint = _without(folder, error.hint)
            raise


def _without(folder: Path, text: str) -> str:
    return text.replace(f"{folder}/", "").replace(str(folder), "the contents")


def _names(contents: Mapping[str, object]) -> str:
    return shorten(", ".join(contents), 200)
