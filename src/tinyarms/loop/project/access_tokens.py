"""The tokens by which programs and people use a project through a remote door.

They are in a file of the project's private folder, not in the database: who may ask is known also
while the database is away. A token itself is never stored, only its hash.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from tinyarms.core.clock import Clock
from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.core.ids import check_ids
from tinyarms.core.roles import Role
from tinyarms.core.text import visible
from tinyarms.loop.project.spools import FOLDER
from tinyarms.store.private_folder import make_private_folder
from tinyarms.store.project.files import MAX_TEXT_BYTES, read_text, write_atomically, writing

PREFIX = "ta"
"""Begins each token, so that a scanner for secrets can find it."""
_SECRET_BYTES = 32
"""Random bytes of a token. Nobody guesses so many, so a fast hash of them is enough."""


@dataclass(frozen=True)
class AccessToken:
    """A token, without what is secret about it."""

    id: str
    """Its first part, by which it is revoked."""
    name: str
    """Its user, or the application that holds it."""
    role: Role
    """What it may do."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime | None
    """From then on it is refused; `None`: never."""

    def is_valid(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True)
class NewToken:
    """A token that was just made."""

    id: str
    """Its first part, by which it is revoked."""
    name: str
    """Its user, or the application that holds it."""
    role: Role
    """What it may do."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime | None
    """From then on it is refused; `None`: never."""
    token: str
    """The token itself, which is shown only now."""


@dataclass(frozen=True)
class _Stored:
    token: AccessToken
    digest: str


_ROWS = TypeAdapter(list[_Stored])


@dataclass
class AccessTokens:
    """The tokens of one project. Threads and processes may share them."""

    root: Path
    clock: Clock
    _read: tuple[object, tuple[_Stored, ...]] = (None, ())
    """The stamp of the file and its rows. They change together: threads read both."""

    def add(self, role: Role, name: str, days: float | None = None) -> NewToken:
        """Make a token. Raises `UsageError`, `StoreError` if it cannot be stored."""
        _check(role, name, days)
        now = self.clock()
        ends = None if days is None else now + timedelta(days=days)
        token = AccessToken(secrets.token_hex(4), name, role, now, ends)
        text = f"{PREFIX}_{token.id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        with self._locked():
            self._write([*self._rows(), _Stored(token, _digest(text))])
        return NewToken(token.id, name, role, now, ends, text)

    def all(self) -> list[AccessToken]:
        """All tokens, oldest first. Raises `ConfigError` if their file is broken."""
        return [row.token for row in self._rows()]

    def revoke(self, id: str) -> AccessToken:
        """Refuse a token from now on, in every process. Raises `UsageError` if there is none."""
        with self._locked():
            rows = self._rows()
            found = next((row.token for row in rows if row.token.id == id), None)
            if found is None:
                raise UsageError(
                    f"There is no token {visible(id)!r}.", "See: tinyarms serve token list"
                )
            self._write([row for row in rows if row.token.id != id])
        return found

    def find(self, text: str) -> AccessToken | None:
        """The token that was shown as `text`; `None` if it is none, revoked or expired."""
        digest = _digest(text)
        for row in self._rows():
            if hmac.compare_digest(row.digest, digest):
                return self._unless_ended(row.token)
        return None

    def valid(self, id: str) -> AccessToken | None:
        """The token with this id; `None` if it is none, revoked or expired."""
        found = next((row.token for row in self._rows() if row.token.id == id), None)
        return None if found is None else self._unless_ended(found)

    def signing_key(self) -> bytes:
        """The secret key of this project by which tokens that are not stored are signed.

        It is made at first use. Whoever deletes its file ends all of them. Raises `StoreError`,
        and `ConfigError` if its file is broken.
        """
        path = self._path.parent / "signing-key"
        if not path.exists():
            with self._locked():
                if not path.exists():
                    write_atomically(path, secrets.token_hex(_SECRET_BYTES))
        text = read_text(path, most=MAX_TEXT_BYTES)
        if re.fullmatch(rf"[0-9a-f]{{{2 * _SECRET_BYTES}}}", text) is None:
            raise ConfigError(f"{path}: the file of the signing key is broken.", "Delete it.")
        return bytes.fromhex(text)

    def _unless_ended(self, token: AccessToken) -> AccessToken | None:
        return token if token.is_valid(self.clock()) else None

    @cached_property
    def _path(self) -> Path:
        return self.root / FOLDER / "access" / "tokens.json"

    def _rows(self) -> tuple[_Stored, ...]:
        try:
            stat = self._path.stat()
        except OSError:
            self._read = (None, ())
            return ()
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        known, rows = self._read
        if stamp != known:
            text = read_text(self._path, most=MAX_TEXT_BYTES)
            try:
                rows = tuple(_ROWS.validate_json(text))
            except ValidationError as error:
                raise ConfigError(
                    f"{self._path}: the file of the access tokens is broken.",
                    "Delete it, and make new tokens: tinyarms serve token add",
                ) from error
            self._read = (stamp, rows)
        return rows

    def _write(self, rows: list[_Stored]) -> None:
        text = json.dumps(_ROWS.dump_python(rows, mode="json"), indent=1)
        write_atomically(self._path, text)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time changes the file. Raises `StoreError`."""
        folder = self._path.parent
        with writing(self._path):
            make_private_folder(folder)
            lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _check(role: str, name: str, days: float | None) -> None:
    check_ids(user=name)
    if not name.strip():
        raise UsageError("A token needs the name of its user.", "Give --name.")
    if role not in get_args(Role):
        raise UsageError(f"{role!r} is no role.", f"The roles: {', '.join(get_args(Role))}.")
    if days is not None and not 0 < days <= 36_500:
        raise UsageError("A token is valid for more than 0 and at most 36500 days.", "")
