"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinyarms.core.errors import UsageError
from tinyarms.core.ids import derived_id
from tinyarms.core.roles import Role
from tinyarms.loop.project.widget_tokens import WidgetGrant

if TYPE_CHECKING:
    from tinyarms.loop.project.access_tokens import AccessToken


@dataclass(frozen=True)
class Caller:
    """Whoever sent a request, as far as it was proved."""

    role: Role
    user: str | None
    """The user's name; `None`: the person who owns the project, as on the command line."""
    key: str
    """Tells callers apart, for limits and repeated requests."""
    session: str | None = None
    """The session's id if a cookie proved it; `None`: a token did."""
    token_id: str | None = None
    """The id of the stored token that proved it, also if a session began with it."""
    only: WidgetGrant | None = None
    """The one task or ballot that the caller's token is good for; `None`: all that the role may."""

    @classmethod
    def of(cls, token: AccessToken) -> Caller:
        """Whoever holds this token."""
        return cls(token.role, token.name, f"token {token.id}", token_id=token.id)

    @property
    def is_vouched(self) -> bool:
        """Whether a token says what this caller may do. Otherwise it is the person who started the
        service, and may release what that person may at the shell."""
        return self.token_id is not None

    def acts_for(self, user: str | None) -> str | None:
        """The user that a request is for: the caller, or whom an application names.

        Raises `UsageError` if anybody else names another user.
        """
        if self.role == "application":
            return user
        if user is not None and user != self.user:
            raise UsageError(
                "Only a token of the role application may name another user.",
                "Leave out `user`.",
            )
        return self.user

    def id_of(self, given: str | None, made: str | None) -> str | None:
        """The id for what a request stores: the one that it gives, else the one of its key.

        Raises `UsageError` if a page gives one: it could take the id of another feedback or vote.
        """
        if given is not None and self.only is not None:
            raise UsageError(
                "A token for one task or ballot may give no id of its own.",
                "Send an Idempotency-Key.",
            )
        return given or made


def page_caller(grant: WidgetGrant) -> Caller:
    """Whoever holds a token for one task or ballot. Routes that do not say so refuse it."""
    key = f"widget {derived_id(grant.kind, grant.id, grant.user)}"
    return Caller("vote", grant.user, key, only=grant)
