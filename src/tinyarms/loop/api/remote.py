"""What remote doors need of an open project: who may use it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tinyarms.core.roles import Role
from tinyarms.loop.api.evaluations import Evaluations

if TYPE_CHECKING:
    from tinyarms.loop.project.access_tokens import AccessToken, AccessTokens, NewToken


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
