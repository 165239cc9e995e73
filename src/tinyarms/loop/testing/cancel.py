"""Cancel a skill's open session and its unfinished release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyarms.core.errors import ExperimentError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.loop.releasing.unfinished import recover, withdraw
from tinyarms.loop.testing.conclude import no_open_session
from tinyarms.loop.testing.next_round import begin_next_round
from tinyarms.store.db.records import SessionState


def cancel(context: Context, name: str) -> Cancelled:
    """Cancel the skill's open session, and withdraw its unfinished release.

    Raises `ExperimentError` if there is neither, or if `config.yaml` already names the new prompt:
    then the release is finished.
    """
    context.skill(name)
    begin_next_round(context, name)  # So that a waiting round is cancelled too.
    with context.store.unit_of_work(durable=True) as work:
        pending = work.intents.pending(name)
        withdrawn = [intent for intent in pending if withdraw(context, work, intent)]
        too_late = [intent for intent in pending if intent not in withdrawn]
        session = work.sessions.open(name)
        if session is not None and not too_late:
            end_session(context, work, session.id, SessionState.CANCELLED, "Cancelled by hand.")
    if too_late:
        recover(context, name)
        raise ExperimentError(
            f"{name}: it is too late to cancel: version {too_late[-1].plan.version} is in "
            "production.",
            f"Roll it back: tinyarms prompt rollback {name}",
        )
    if session is None and not withdrawn:
        raise no_open_session(name)
    return Cancelled(
        skill=name,
        session_id=None if session is None else session.id,
        withdrawn_version=withdrawn[-1].plan.version if withdrawn else None,
    )


@dataclass(frozen=True)
class Cancelled:
    """What was cancelled; the prompt in production stays."""

    skill: str
    session_id: str | None
    """The session that was open; `None` if none was."""
    withdrawn_version: int | None
    """Number of the version whose unfinished release was withdrawn; `None` if there was none."""
    action: Literal["cancelled"] = "cancelled"
    """What was done."""
