"""The use cases about the examples of an open project's skills."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tinyarms.loop.api.courses import Courses

if TYPE_CHECKING:
    from tinyarms.loop.importing.adding import AddedExamples
    from tinyarms.loop.importing.new_skill import SkillDraft, SkillProposal
    from tinyarms.loop.importing.view import ImportView
    from tinyarms.loop.project.example_report import ExampleReport
    from tinyarms.loop.project.example_review import (
        CollectedView,
        ExampleAnswer,
        ReviewedExample,
    )
    from tinyarms.loop.project.example_splits import SplitsView
    from tinyarms.loop.project.shown_examples import ExampleRows
    from tinyarms.skills.example import Origin, Split


class ExampleUses(Courses):
    """The methods about examples. They raise `UsageError` for an unknown skill, and `ExampleError`
    and `ConfigError` for an examples file that cannot be read."""

    def propose_skill(self, draft: SkillDraft) -> SkillProposal:
        """What a new skill would be: what the draft says, and the rest by the file's rows.

        Nothing is written. Raises `UsageError` for a name that is used or that no skill can have,
        and an unknown column, output or scorer; `ImportRefused` for a file that cannot be read.
        """
        from tinyarms.loop.importing.new_skill import propose_skill

        return propose_skill(self._context, draft)

    def add_skill(self, draft: SkillDraft) -> ImportView:
        """Write a new skill: its entry in `config.yaml`, its prompt and its examples; all, or none.

        Raises the errors of `propose_skill`, and `StoreError` if a file cannot be written.
        """
        from tinyarms.loop.importing.new_skill import add_skill

        return add_skill(self._context, draft)

    def check_examples(self, skill: str) -> ExampleReport:
        """What is wrong with a skill's examples, with counts and lines. Nothing is stored, and
        nothing is raised for a broken file."""
        from tinyarms.loop.project.example_report import check_examples

        return check_examples(self._context, skill)

    def example_splits(self, skill: str) -> SplitsView:
        """How many examples are in each split, and what has frozen the splits."""
        from tinyarms.loop.project.example_splits import example_splits

        return example_splits(self._context, skill)

    def set_example_splits(
        self, skill: str, shares: tuple[float, float, float] | None = None
    ) -> SplitsView:
        """Change the splits of a skill's gold examples, before anything has read them.

        `shares`: of search, selection and test, as any three numbers; `None`: the splits that the
        file has now. Raises `ExperimentError` if the splits are frozen.
        """
        from tinyarms.loop.project.example_splits import set_example_splits

        return set_example_splits(self._context, skill, shares)

    def show_examples(
        self,
        skill: str,
        *,
        split: Split | None = None,
        origin: Origin | None = None,
        expected: str | None = None,
        contains: str | None = None,
        left_out: bool = False,
        most: int = 20,
    ) -> ExampleRows:
        """The examples that fit all filters that are given, at most `most` of them.

        `expected`: the right output, without case and spaces. `contains`: a text that an input or
        the right output contains. `left_out`: only those that are left out.
        """
        from tinyarms.loop.project.shown_examples import Filters, shown_examples

        filters = Filters(split, origin, expected, contains, left_out)
        return shown_examples(self._context, skill, filters, most)

    def add_examples(
        self,
        skill: str,
        source: Path | str,
        *,
        inputs: Mapping[str, str] | None = None,
        expected: str | None = None,
        split: str | None = None,
        encoding: str | None = None,
        skip: bool = False,
    ) -> AddedExamples:
        """Add the rows of a file to a skill's examples: all, or none.

        `inputs` (input name → column), `expected` and `split` name columns; left out, the file
        decides. `skip`: leave out rows that cannot be examples; otherwise they raise
        `ExampleError`. Raises `ImportRefused` for a file that cannot be read or gives nothing, and
        `LeaseHeld` while another process works on the skill.
        """
        from tinyarms.exchange.incoming.records import Columns
        from tinyarms.loop.importing.adding import add_examples

        columns = Columns(inputs or {}, expected, split, encoding=encoding)
        return add_examples(self._context, skill, Path(source), columns, skip=skip)

    def add_example(
        self,
        skill: str,
        inputs: Mapping[str, str],
        expected: str | None = None,
        *,
        split: Split | None = None,
    ) -> AddedExamples:
        """Add one example to a skill's examples. Raises `ExampleError` if it cannot be one, and
        `LeaseHeld` while another process works on the skill."""
        from tinyarms.loop.importing.adding import add_example

        return add_example(self._context, skill, inputs, expected, split)

    def collected_examples(self, skill: str) -> list[CollectedView]:
        """The collected examples that wait for review, newest first."""
        from tinyarms.loop.project.example_review import collected_examples

        return collected_examples(self._context, skill)

    def exported_examples(self, skill: str) -> list[str]:
        """Every usable example with its split and origin, as rows of an examples file."""
        from tinyarms.loop.project.example_review import exported_examples

        return exported_examples(self._context, skill)

    def review_examples(
        self, skill: str, answers: Mapping[str, ExampleAnswer]
    ) -> list[ReviewedExample]:
        """Make collected examples `gold`, or `drop` them, by their ids."""
        from tinyarms.loop.project.example_review import review_examples

        return review_examples(self._context, skill, answers)

    def review_examples_file(self, skill: str, file: Path | str) -> list[ReviewedExample]:
        """Review collected examples by the answers of a JSONL file."""
        from tinyarms.loop.project.example_review import review_file

        return review_file(self._context, skill, Path(file))
