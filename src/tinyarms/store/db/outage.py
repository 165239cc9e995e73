"""Tell an error of the database from one of what was asked of it."""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, StatementError

from tinyarms.core.errors import ConflictError, StoreError
from tinyarms.store.spool import SpoolUnusable


class StillWriting(StoreError):
    """What `write_soon` has to write is not written yet: the database has more to do, or hangs."""


def is_outage(error: BaseException | None) -> bool:
    """Whether the database is the reason, so that the same may succeed later."""
    if not isinstance(error, StoreError) or isinstance(
        error, ConflictError | StillWriting | SpoolUnusable
    ):
        return False
    cause = error.__cause__
    is_of_the_values = isinstance(cause, StatementError) and not isinstance(cause, DBAPIError)
    return not is_of_the_values and not isinstance(cause, DataError)
