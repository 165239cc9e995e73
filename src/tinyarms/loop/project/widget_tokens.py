"""Tokens for one task or one ballot, which a widget in a page of another site holds.

They are signed, not stored: an application makes one for each task that it shows. Each ends with
the application's own token, or after a day.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from tinyarms.core.clock import Clock
from tinyarms.core.errors import UsageError
from tinyarms.core.ids import check_ids
from tinyarms.loop.project.access_tokens import PREFIX, AccessTokens

VALID = timedelta(days=1)
"""How long a token works. Longer: people may answer later, and a token that leaks works longer."""
_BEGIN = f"{PREFIX}w_"
_LONGEST = 8000
"""Most characters of a token that is looked at. Ids of the longest kind make about 5,000."""


@dataclass(frozen=True)
class WidgetGrant:
    """What a token for one task or one ballot is good for."""

    kind: Literal["task", "ballot"]
    """`task`: its feedback. `ballot`: to read it and to vote on it."""
    id: str
    """The task or the ballot."""
    user: str | None
    """Whose feedback or vote it is; `None`: the user's for whom the task or ballot was made."""


@dataclass(frozen=True)
class WidgetToken:
    """A token for one task or one ballot that was just made."""

    token: str
    """The token. Whoever holds it can read the id and the user's name in it."""
    expires_at: datetime
    """From then on it is refused."""


@dataclass(frozen=True)
class _Signed:
    grant: WidgetGrant
    by: str
    """The id of the application's token."""
    until: int
    """Seconds since 1970 at which it ends."""


_SIGNED = TypeAdapter(_Signed)


@dataclass(frozen=True)
class WidgetTokens:
    """The tokens for one task or ballot of one project. Threads and processes may share them."""

    made_by: AccessTokens
    clock: Clock

    def make(self, grant: WidgetGrant, by: str) -> WidgetToken:
        """Make a token. `by`: the id of the application's token, with which it ends too.

        Raises `UsageError` for an unusable id or name or if that token has ended, and
        `StoreError` or `ConfigError` if the key cannot be used.
        """
        check_ids(id=grant.id, user=grant.user)
        if not self._is_valid(by):
            raise UsageError(
                "Only a token of an application that is valid makes tokens for its pages.",
                "Make one: tinyarms serve token add --role application",
            )
        until = int((self.clock() + VALID).timestamp())
        said = _SIGNED.dump_json(_Signed(grant, by, until))
        signature = _sign(self.made_by.signing_key(), said)
        text = f"{_BEGIN}{_text(said)}.{_text(signature)}"
        return WidgetToken(text, datetime.fromtimestamp(until, UTC))

    def find(self, text: str) -> WidgetGrant | None:
        """What the token is good for; `None` if it is none of this project, or has ended."""
        if not text.startswith(_BEGIN) or not text.isascii() or len(text) > _LONGEST:
            return None
        said, _, signature = text.removeprefix(_BEGIN).partition(".")
        try:
            content, signed = _bytes(said), _bytes(signature)
            if not hmac.compare_digest(_sign(self.made_by.signing_key(), content), signed):
                return None
            found = _SIGNED.validate_json(content)
        except (binascii.Error, ValidationError):
            return None
        is_valid = self.clock().timestamp() < found.until and self._is_valid(found.by)
        return found.grant if is_valid else None

    def _is_valid(self, by: str) -> bool:
        token = self.made_by.valid(by)
        return token is not None and token.role == "application"


def _sign(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, hashlib.sha256)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
