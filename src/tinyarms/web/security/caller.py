"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinyarms.core.errors import UsageError
from tinyarms.core.roles import Role

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
    """The id of the token that proved it, now or when the session began; `None`: the link did."""

    @classmethod
    def of(cls, token: AccessToken) -> Caller:
        """Whoever holds this token."""
        return cls(token.role, token.name, f"token {token.id}", token_id=token.id)

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
