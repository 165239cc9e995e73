"""What remote doors need of an open project: who may use it, and contents in place of files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from string import ascii_uppercase
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from tinyarms.core.errors import TinyArmsError, UsageError
from tinyarms.core.roles import Role
from tinyarms.loop.api.evaluations import Evaluations
from tinyarms.loop.project.listener import SILENT, Listener

if TYPE_CHECKING:
    from tinyarms.loop.evaluating.rows import EvalSplit
    from tinyarms.loop.evaluating.view import EvalView
    from tinyarms.loop.importing.adding import AddedExamples
    from tinyarms.loop.project.access_tokens import AccessToken, AccessTokens, NewToken
    from tinyarms.loop.project.kept_answers import KeptAnswers
    from tinyarms.loop.project.widget_tokens import WidgetGrant, WidgetToken, WidgetTokens
    from tinyarms.loop.serving.plain_model import PlainCall
    from tinyarms.loop.serving.skill_form import SkillForm
    from tinyarms.loop.testing.ballots import BallotView
    from tinyarms.loop.testing.create import Created
    from tinyarms.skills.execution import ModelReply

SETTLE_S = 0.25
"""Seconds that an answer waits for the database to store its task, before the spool keeps it.
Higher: fewer tasks go to the spool while others write much, and callers wait longer then."""


class RemoteUses(Evaluations):
    """The methods that remote doors add. None of them takes a path or an address."""

    @cached_property
    def _access_tokens(self) -> AccessTokens:
        from tinyarms.loop.project.access_tokens import AccessTokens

        return AccessTokens(self.root, self._context.clock)

    def add_token(self, role: Role, name: str, *, days: float | None = None) -> NewToken:
        """Make a token for a remote door. `name`: its user. `days`: how long it is valid.

        Raises `UsageError` for an unknown role or an unusable name, `StoreError` if it cannot be
        stored.
        """
        return self._access_tokens.add(role, name, days)

    def tokens(self) -> list[AccessToken]:
        """The tokens, oldest first. Raises `ConfigError` if their file is broken."""
        return self._access_tokens.all()

    def revoke_token(self, id: str) -> AccessToken:
        """Refuse a token from now on, in all processes. Raises `UsageError` if there is none."""
        return self._access_tokens.revoke(id)

    def find_token(self, token: str) -> AccessToken | None:
        """Whose token this is; `None` if it is none, revoked or expired."""
        return self._access_tokens.find(token)

    def is_valid_token(self, id: str) -> bool:
        """Whether the token of this id is neither revoked nor expired."""
        return self._access_tokens.valid(id) is not None

    @cached_property
    def _widget_tokens(self) -> WidgetTokens:
        from tinyarms.loop.project.widget_tokens import WidgetTokens

        return WidgetTokens(self._access_tokens, self._context.clock)

    def add_widget_token(
        self, kind: Literal["task", "ballot"], id: str, *, by: str, user: str | None = None
    ) -> WidgetToken:
        """Make a token for a page: for the feedback on one task, or for one ballot, for a day.

        `by`: the id of a token of the role `application`; the new one ends with it at the latest.
        `user`: whose feedback or vote it is. Raises `UsageError`, and `StoreError` if the key that
        signs it cannot be stored.
        """
        from tinyarms.loop.project.widget_tokens import WidgetGrant

        return self._widget_tokens.make(WidgetGrant(kind, id, user), by)

    def find_widget_token(self, token: str) -> WidgetGrant | None:
        """What a token for a page is good for; `None` if it is none, or has ended."""
        return self._widget_tokens.find(token)

    def waiting_ballot(self, id: str, user: str | None = None) -> BallotView | None:
        """The ballot with this id; `None` if there is none, or if it waits for no answer.

        Raises `UsageError` if it was made for another user than the one that is given.
        """
        from tinyarms.loop.testing.ballots import waiting_ballot

        return self._context.store.repeated(lambda: waiting_ballot(self._context, id, user))

    @cached_property
    def kept_answers(self) -> KeptAnswers:
        """The answers that are kept by the keys of their requests."""
        from tinyarms.loop.project.kept_answers import KeptAnswers

        return KeptAnswers(self.root, self._context.clock)

    def settle(self) -> None:
        """Wait until the tasks that were run are stored, or after `SETTLE_S` seconds in the spool:
        then a killed process loses none of them."""
        self._context.store.settle(SETTLE_S)

    def impatient(self, seconds: float) -> AbstractContextManager[None]:
        """In the block, this thread waits at most so long for the database, then `StoreError` is
        raised."""
        return self._context.store.impatient(seconds)

    def now(self) -> datetime:
        """The time, by the project's clock."""
        return self._context.clock()

    def skill_form(self, skill: str) -> SkillForm:
        """What a skill takes and gives. Raises `UsageError`, `ConfigError`."""
        from tinyarms.loop.serving.skill_form import skill_form

        return skill_form(self._context, skill)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the project's models."""
        return tuple(self._context.project.models)

    def complete(self, model: str, call: PlainCall) -> ModelReply:
        """The answer of a model of the project without a skill; nothing is stored.

        Raises `UsageError` for a model that is not declared, and `ModelError`.
        """
        from tinyarms.loop.serving.plain_model import complete

        return complete(self._context, model, call)

    def shown_settings(self) -> dict[str, Any]:
        """The effective settings without the secrets in them, as JSON types."""
        from tinyarms.loop.project.shown_settings import shown_settings

        return shown_settings(self.settings())

    def add_example_rows(
        self, skill: str, rows: Sequence[Mapping[str, Any]], *, skip: bool = False
    ) -> AddedExamples:
        """Add rows to a skill's examples: all, or none. A row is one of an examples file.

        The arguments and errors are those of `add_examples`.
        """
        content = "".join(f"{json.dumps(row)}\n" for row in rows)
        with _as_files({"rows.jsonl": content}) as [file]:
            return self.add_examples(skill, file, skip=skip)

    def create_from_texts(
        self, skill: str, texts: Sequence[str], listener: Listener = SILENT
    ) -> Created:
        """Start a live test of prompts that people wrote, each the text of a prompt file.

        The errors are those of `create`.
        """
        named = _named(texts)
        self._check_names_no_file(skill, named)
        with _as_files(named) as files:
            return self.create(skill, files, listener)

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
        named = {"prompt.md": text}
        self._check_names_no_file(skill, named)
        with _as_files(named) as [file]:
            view = self.evaluate(skill, file, split=split, n=n, listener=listener)
        return replace(view, prompt=replace(view.prompt, name="prompt.md"))

    def exported(self, skill: str, to: str, *, version: int | None = None) -> tuple[str, bytes]:
        """The name and content of the file that `export` writes. Raises as `export`."""
        with TemporaryDirectory() as folder:
            self.export(skill, to, folder, version=version)
            [file] = Path(folder).iterdir()
            return file.name, file.read_bytes()

    def _check_names_no_file(self, skill: str, texts: Mapping[str, str]) -> None:
        """Raise `UsageError` if a demonstration in a prompt may name a picture of this machine.

        `texts`: of prompt files, by their names. Raises `PromptError` for one that is broken.
        """
        from tinyarms.skills.prompt_file import parse_prompt_file

        if not self.picture_inputs(skill):
            return
        if any(parse_prompt_file(text, name).demonstrations for name, text in texts.items()):
            raise UsageError(
                f"{skill}: a prompt with demonstrations may name pictures of this machine.",
                "Leave them out, or write the prompt to a file of the project.",
            )


def _named(texts: Sequence[str]) -> dict[str, str]:
    """The texts by the names of files that they might have: A.md, B.md …"""
    if len(texts) > len(ascii_uppercase):
        raise UsageError(f"{len(texts)} variants were given.", "Give 1 to 26 prompts.")
    return {f"{letter}.md": text for letter, text in zip(ascii_uppercase, texts, strict=False)}


@contextmanager
def _as_files(texts: Mapping[str, str]) -> Iterator[list[Path]]:
    """Files with these texts, for a use case that reads files. No error names their folder."""
    with TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in texts]
        for file in files:
            file.write_text(texts[file.name], encoding="utf-8", errors="surrogatepass")
        try:
            yield files
        except TinyArmsError as error:
            error.message = error.message.replace(f"{folder}/", "")
            raise
