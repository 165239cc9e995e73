"""The decisions of a person about the prompts of an open project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tinyarms.loop.api.examples import ExampleUses
from tinyarms.loop.project.listener import SILENT, Listener

if TYPE_CHECKING:
    from tinyarms.loop.exporting.view import ExportView
    from tinyarms.loop.importing.view import ImportView
    from tinyarms.loop.refreshing.view import RefreshView
    from tinyarms.loop.releasing.restore import Promotion
    from tinyarms.loop.testing.annoyance import Annoyance
    from tinyarms.loop.testing.cancel import Cancelled
    from tinyarms.loop.testing.create import Created


class Decisions(ExampleUses):
    """The methods by which a person decides. They raise `UsageError` for an unknown skill."""

    def create(
        self, skill: str, files: Sequence[Path | str], listener: Listener = SILENT
    ) -> Created:
        """Start a live test of prompts that people wrote."""
        from tinyarms.loop.testing.create import create_variants

        return create_variants(self._context, skill, list(map(Path, files)), listener)

    def promote(self, skill: str, variant: str) -> Promotion:
        """Put a variant of the latest session into production by hand."""
        from tinyarms.loop.testing.review import promote

        return promote(self._context, skill, variant)

    def import_examples(
        self,
        source: Path | str,
        skill: str | None = None,
        *,
        format: str | None = None,
        inputs: Mapping[str, str] | None = None,
        expected: str | None = None,
        split: str | None = None,
        sheet: str | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        model: str | None = None,
        dry_run: bool = False,
    ) -> ImportView:
        """Bring a file or folder of another tool into the project, as examples of a skill.

        `skill`: its name; `None`: a new skill is named after what comes in.
        A skill that is not there is made, with the prompts, contract, scorer and models that the
        files name. To one that is there, rows are added that it does not have. All or nothing is
        written, and nothing of the files is run. `inputs` (input name → column), `expected` and
        `split` name columns of a table, `sheet` that of a workbook, `encoding` and `delimiter`
        those of a CSV; left out, the format decides. `model`: the model of a new skill. Raises
        `ImportRefused` for files that cannot be imported, and `UsageError` for an unknown format or
        model and a name that no skill can have.
        """
        from tinyarms.exchange.incoming.records import Columns
        from tinyarms.loop.importing.run import import_examples

        return import_examples(
            self._context,
            Path(source),
            skill,
            format=format,
            columns=Columns(inputs or {}, expected, split, sheet, encoding, delimiter),
            model=model,
            dry_run=dry_run,
        )

    def rollback(self, skill: str, to: int | None = None) -> Promotion:
        """Put an earlier text into production again."""
        from tinyarms.loop.releasing.restore import rollback

        return rollback(self._context, skill, to)

    def reset(self, skill: str) -> Promotion:
        """Put the text of version 1 into production again."""
        from tinyarms.loop.releasing.restore import reset

        return reset(self._context, skill)

    def refresh(
        self,
        skill: str,
        *,
        demonstrations: int | None = None,
        yes: bool = False,
        listener: Listener = SILENT,
    ) -> RefreshView:
        """Give the prompt in production a memory of the present gold examples.

        It takes minutes: a gate first compares the new memory with the old one. `demonstrations`:
        gives a prompt without a memory one, of which it shows so many examples, together with a
        calibration and a verbalizer that are fitted on the gate's replies. `yes`: confirms a
        refresh for which there are too few rows for the gate. Raises `ExperimentError` while a
        live test, a review, a holdback or a search of the skill is open, `LeaseHeld` while another
        process works on it, and `ModelError` if no model answers.
        """
        from tinyarms.loop.refreshing.refresh import refresh

        return refresh(
            self._context, skill, demonstrations=demonstrations, confirmed=yes, listener=listener
        )

    def cancel(self, skill: str) -> Cancelled:
        """Cancel the skill's open session, and withdraw an unfinished release."""
        from tinyarms.loop.testing.cancel import cancel

        return cancel(self._context, skill)

    def snooze(self, user: str | None = None) -> datetime:
        """Turn questions off for a day for this user; returns the end."""
        from tinyarms.loop.testing.asking import snooze

        return snooze(self._context, user)

    def end_snooze(self, user: str | None = None) -> None:
        """Turn questions on again for this user."""
        from tinyarms.loop.testing.asking import end_snooze

        end_snooze(self._context, user)

    def annoyance(self) -> Annoyance:
        """Users' answers of the last 90 days whether the vote dialog was annoying."""
        from tinyarms.loop.testing.annoyance import annoyance

        return annoyance(self._context)

    def may_ask_annoyance(self, user: str | None = None) -> bool:
        """Whether to ask the user now if voting was annoying; at most once in 30 days."""
        from tinyarms.loop.testing.annoyance import may_ask_annoyance

        return may_ask_annoyance(self._context, user)

    def create_from_agent(
        self, skill: str, texts: Sequence[str], listener: Listener = SILENT
    ) -> Created:
        """Start a live test of prompts that an agent wrote, if the guards accept their texts.

        Raises `PromptError` for one that they reject, and the errors of `create`.
        """
        from tinyarms.loop.testing.create_from_agent import create_from_agent

        return create_from_agent(self._context, skill, texts, listener)

    def export(
        self, skill: str, to: str, path: Path | str | None = None, *, version: int | None = None
    ) -> ExportView:
        """Write a skill's prompt, examples, tasks, votes or ledger in the format `to`.

        `path`: the file, or a folder for it; the services MLflow and OpenTelemetry need none.
        `version`: of a prompt, by default the one in production. Raises `UsageError` for an
        unknown format and a missing package, and `StoreError` if the file cannot be written.
        """
        from tinyarms.loop.exporting.registry import export

        return export(self._context, skill, to, None if path is None else Path(path), version)
