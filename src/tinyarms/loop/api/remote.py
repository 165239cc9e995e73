"""What remote doors need of an open project: who may use it, and what was acknowledged."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from tinyarms.core.roles import Role
from tinyarms.loop.api.contents import ContentUses

if TYPE_CHECKING:
    from tinyarms.loop.project.access_tokens import AccessToken, AccessTokens, NewToken
    from tinyarms.loop.project.kept_answers import KeptAnswers
    from tinyarms.loop.project.widget_tokens import WidgetGrant, WidgetToken, WidgetTokens
    from tinyarms.loop.serving.plain_model import PlainCall
    from tinyarms.loop.serving.skill_form import SkillForm
    from tinyarms.loop.testing.ballots import BallotView
    from tinyarms.skills.execution import ModelReply

SETTLE_S = 0.25
"""Seconds that an answer waits for the database to store its task, before the spool keeps it.
Higher: fewer tasks go to the spool while others write much, and callers wait longer then."""


class RemoteUses(ContentUses):
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
        """See to it that a killed process loses none of the tasks that were run: they are in its
        journal, or stored, or after `SETTLE_S` seconds in the spool."""
        self._context.store.settle(SETTLE_S)

    def impatient(self, seconds: float) -> AbstractContextManager[None]:
        """In the block, this thread waits at most so long for the database, then `StoreError` is
        raised."""
        return self._context.store.impatient(seconds)

    def stop_calls(self) -> None:
        """End the calls of models and own scorers that are in flight. Whoever waits for
        one gets `CallStopped`."""
        self._context.stop_calls()

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
