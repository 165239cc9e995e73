"""A person's yes or no to a proposal. A yes puts it into production at once."""

from __future__ import annotations

from dataclasses import replace

from tinyarms.core.errors import ExperimentError, PromptError, UsageError
from tinyarms.core.ids import check_ids
from tinyarms.loop.approving.proposals import Proposal, find
from tinyarms.loop.approving.view import RefusedView
from tinyarms.loop.approving.who import check_may_release, shell_user
from tinyarms.loop.project.accuracy import known_accuracy
from tinyarms.loop.project.context import Context
from tinyarms.loop.refreshing.refresh import REASON, check_free
from tinyarms.loop.releasing.approval import Yes, note
from tinyarms.loop.releasing.release_intent import Release, in_production, release
from tinyarms.loop.releasing.release_rows import end_session
from tinyarms.loop.releasing.restore import (
    BY_HAND,
    Promotion,
    carry_out,
    promotion_by,
    restoration,
)
from tinyarms.loop.releasing.unfinished import recover, settled
from tinyarms.loop.releasing.versions import adopt, begin
from tinyarms.loop.testing.review import promote
from tinyarms.store.db.records import SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork

REFUSED = "Refused in review."


def approve(
    context: Context,
    name: str,
    which: str | None = None,
    user: str | None = None,
    *,
    vouched: bool = False,
) -> Promotion:
    """Put a proposal into production, and note who approved it.

    `which`: its id, a variant's letter or name, or `v3` for version 3; `None`: the only one that
    waits. `user`: who approves it, by default the user of the shell. `vouched`: whether the caller
    has made sure that this person may release. Raises the errors of `check_may_release` otherwise,
    `ExperimentError` if nothing waits or the prompt is in production already, `UsageError` for an
    unknown proposal, `PromptError` if its file cannot be used, and `ConflictError` if it changed or
    was refused meanwhile.
    """
    who = _person(context, user, vouched)
    context.skill(name)
    recover(context, name)
    with context.store.read() as work:
        proposal = find(context, work, name, which)
        yes = Yes.to(work, name, proposal.hash, who)
    active = proposal.replaces
    if proposal.prompt is None:
        raise PromptError(
            f"{name}: {proposal.what} cannot be approved. {proposal.problem}", "Correct it first."
        )
    if active is not None and proposal.hash == active.prompt.hash:
        raise ExperimentError(
            f"{name}: {proposal.what} is in production already: version {active.number}."
        )
    if proposal.variant is not None:
        won = proposal.reason if proposal.waits else None
        return promote(context, name, proposal.variant.id, yes=yes, won=won)
    if proposal.kind == "version":
        return _go_back(context, proposal, yes)
    if proposal.kind == "refresh":
        return _remember(context, proposal, yes)
    made = begin if active is None else adopt
    version = made(context, name, yes, proposal.hash)
    return Promotion(
        skill=name,
        version=version.number,
        from_version=None if active is None else active.number,
        path=version.path,
        previous_accuracy=None,
        current_accuracy=None,
        kind="manual",
    )


def refuse(
    context: Context,
    name: str,
    which: str | None = None,
    user: str | None = None,
    *,
    vouched: bool = False,
) -> RefusedView:
    """Refuse a proposal that waits; the prompt in production stays. The arguments and errors are
    those of `approve`."""
    who = _person(context, user, vouched)
    context.skill(name)
    with settled(context, name) as work:
        proposal = find(context, work, name, which)
        if not proposal.waits:
            raise ExperimentError(
                f"{name}: {proposal.what} does not wait for a person.",
                "See: tinyarms prompt review",
            )
        note(context, work, name, "refused", proposal.hash, proposal.what, who)
        session = proposal.session
        if session is not None:
            _end(context, work, session.id, is_refresh=proposal.kind == "refresh")
    remedy = ""
    if proposal.kind == "file":
        remedy = f"{proposal.what} still has that text. Undo it there: tinyarms drift {name}"
    return RefusedView(
        skill=name,
        id=proposal.id,
        what=proposal.what,
        session_id=None if session is None else session.id,
        user=who,
        remedy=remedy,
    )


def _end(context: Context, work: UnitOfWork, session_id: str, *, is_refresh: bool) -> None:
    if is_refresh:
        work.sessions.end(session_id, SessionState.KEPT, REFUSED, context.clock())
    else:
        end_session(context, work, session_id, SessionState.KEPT, REFUSED)


def _person(context: Context, user: str | None, vouched: bool) -> str:
    """The name of who decides. Whoever nobody vouches for is at the shell, and must own the
    project, whatever name is given."""
    if not vouched:
        check_may_release(context.project.root)
    who = shell_user() if user is None else user
    check_ids(user=who)
    if not who.strip():
        raise UsageError("The user has no name.", "Say who approves or refuses it: --user NAME")
    return who


def _go_back(context: Context, proposal: Proposal, yes: Yes) -> Promotion:
    assert proposal.version is not None and proposal.replaces is not None
    with context.store.read() as work:
        number = proposal.replaces.number
        planned = restoration(context, work, proposal.version, number, "rollback_by_hand", BY_HAND)
    return carry_out(context, replace(planned, yes=yes))


def _remember(context: Context, proposal: Proposal, yes: Yes) -> Promotion:
    assert proposal.session is not None and proposal.prompt is not None
    name = proposal.skill
    with release(context, name) as releasing:
        work = releasing.work
        check_free(work, name)
        number = in_production(work, name).number
        finding = proposal.session.findings.refresh
        planned = Release(
            skill=name,
            prompt=proposal.prompt,
            cause="refresh",
            expected_version=proposal.session.base_version,
            reason=REASON,
            source="refresh",
            previous_accuracy=known_accuracy(work, name, number, context.clock()),
            refresh=proposal.session.id,
            evidence="" if finding is None else finding.gate.reason,
            yes=yes,
        )
        releasing.plan(planned)
    return promotion_by(planned, releasing.version)
