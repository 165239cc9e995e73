"""A skill's situation, from the store and the settings: all that its next step depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from tinyarms.core.quiet_hours import quiet_until
from tinyarms.core.settings import Online, RuleName
from tinyarms.experiments.voter_cap import RECENT
from tinyarms.loop.approving.proposals import proposals
from tinyarms.loop.project.accuracy import WINDOW, accuracy_of
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import who_works
from tinyarms.loop.refreshing.outlook import DueRefresh, due_refresh
from tinyarms.loop.searching.fruitless import cooldown_of
from tinyarms.loop.searching.suggestion import suggestion_of
from tinyarms.loop.testing.live_session import load_live_test
from tinyarms.loop.watching.online_state import read_online
from tinyarms.loop.watching.readings import may_be_scheduled, read_verdict
from tinyarms.monitoring.schedule import check_interval, due_at
from tinyarms.monitoring.verdict import Verdict
from tinyarms.store.db.records import HoldbackRecord, SessionRecord, SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork

SkillState = Literal["watching", "searching", "testing", "in_review", "releasing", "comparing"]
"""`comparing`: a promotion is compared with the version before it."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """The data about a skill at one moment that its next step depends on."""

    skill: str
    now: datetime
    state: SkillState
    session: SessionRecord | None
    """The open session."""
    holdback: HoldbackRecord | None
    """The promotion that is compared with the version before it."""
    version: int
    """The version in production."""
    verdict: Verdict
    """The trigger's verdict on that version."""
    tasks: int
    """Tasks of that version in the last seven days, whether or not their outcome is known."""
    has_outcomes: bool
    """Whether an outcome of that version is known from the last seven days."""
    judged: int
    """How many of its tasks of the last seven days have a grade of a judge that counts."""
    newest_known: tuple[bool, ...]
    """For each of the newest outcomes that users reported in the last seven days: whether it
    counts."""
    evolvable: bool
    why_not_evolvable: str
    """The reason in `config.yaml`."""
    enabled: bool
    """The setting of the same name."""
    quiet_hours: str | None
    """The setting of the same name."""
    quiet_until: datetime | None
    """When the quiet hours end; `None` outside of them."""
    searcher: str | None
    """The process that holds the skill's lease, such as `pid 1234`; `None`: no process does."""
    daemon_runs: bool
    error: str | None
    """Why the daemon's last attempt failed; `None`: it succeeded."""
    retry_at: datetime | None
    """When the daemon tries again; `None`: no search failed."""
    trigger_rests: bool
    """Whether the daemon waits between two checks of the trigger."""
    trigger_rests_until: datetime | None
    """The daemon does not check the trigger before this time; `None`: it may check now."""
    scheduled_at: datetime | None
    """When the next scheduled evolution is due; `None` if none ever is."""
    test_is_decided: bool
    """Whether the live test is decided, but not concluded yet."""
    test_ends_at: datetime | None
    """When the live test ends at the latest; `None`: no day ends it, or no test runs."""
    cooldown_ends_at: datetime | None
    """When the cooldown ends; `None`: the skill was never evolved."""
    fruitless_searches: int
    """How many searches in a row have found nothing better since the last change."""
    waits: str | None = None
    """What waits for a person to approve it, in words, besides the winner of a live test; `None`:
    nothing."""
    refresh: DueRefresh | None = None
    searcher_work: str = "evolve"
    """What that process does."""
    """The refresh of the memory that is due while the skill is only watched, and no search is."""
    suggestion: str | None
    """What a person can do after the last fruitless search; `None`: nothing, or there was none."""


def state_of(work: UnitOfWork, name: str) -> SkillState:
    """The skill's state, from the store."""
    return _state(work, name, work.sessions.open(name), work.holdbacks.open(name))


def _state(
    work: UnitOfWork, name: str, session: SessionRecord | None, holdback: HoldbackRecord | None
) -> SkillState:
    """The same for the skill's open session and its open holdback."""
    if work.intents.pending(name):
        return "releasing"
    if session is not None:
        match session.state:
            case SessionState.TESTING:
                return "testing"
            case SessionState.IN_REVIEW:
                return "in_review"
            case _:
                return "searching"
    return "watching" if holdback is None else "comparing"


def read_situation(
    context: Context, name: str, version: int, rules: Sequence[RuleName] | None, *, in_daemon: bool
) -> Situation:
    """Read the situation from the store and the settings. Changes nothing and calls no model.

    `version`: the version in production. `rules`: the rules and signals to read, which must include
    those in use; `None`: only those. `in_daemon`: the daemon calls, so it runs.
    """
    settings, config, now = context.project.settings, context.skill(name), context.clock()
    skill, online = config.skill, config.online
    with context.store.read() as work:
        at_work = who_works(work, name)
        session, latest = work.sessions.open(name), work.sessions.latest(name)
        holdback = work.holdbacks.open(name)
        watch = work.watches.get(name)
        cooldown = cooldown_of(context, work, name)
        scheduled = may_be_scheduled(settings, skill)
        suggestion = None if latest is None else suggestion_of(work, latest)
        interval = check_interval(settings)
        checked_at = watch.checked_at if watch else None
        rests_until = checked_at + interval if checked_at and interval else None
        is_decided, ends_at = _live_test(work, session, now)
        counts = work.tasks.counts(name, version, now - WINDOW)
        situation = Situation(
            skill=name,
            now=now,
            state=_state(work, name, session, holdback),
            session=session,
            holdback=holdback,
            version=version,
            verdict=read_verdict(work, settings, skill, version, rules, cooldown, now, online),
            newest_known=tuple(work.feedback.newest_known(name, now - WINDOW, RECENT)),
            tasks=counts.tasks,
            has_outcomes=accuracy_of(counts).n > 0,
            judged=0 if online is None else _judged(work, name, version, online, now),
            evolvable=skill.evolvable,
            why_not_evolvable=skill.reason,
            enabled=settings.enabled,
            quiet_hours=settings.quiet_hours,
            quiet_until=quiet_until(settings.quiet_hours, now),
            searcher=at_work.process,
            searcher_work=at_work.work,
            daemon_runs=in_daemon or bool(at_work.daemons),
            error=watch.error if watch else None,
            retry_at=watch.retry_at if watch else None,
            trigger_rests=interval is not None,
            trigger_rests_until=rests_until if rests_until and now < rests_until else None,
            scheduled_at=(
                due_at(cooldown.triggers, cooldown.evolved_at, now) if scheduled else None
            ),
            test_is_decided=is_decided,
            test_ends_at=ends_at,
            cooldown_ends_at=cooldown.ends_at,
            fruitless_searches=cooldown.fruitless_searches,
            suggestion=None if suggestion is None else suggestion.sentence,
        )
    if situation.state in ("watching", "comparing") and config.needs_approval:
        situation = replace(situation, waits=_waits(context, name))
    is_busy = situation.state != "watching" or situation.searcher is not None
    comes_first = situation.verdict.begins_search or situation.waits is not None
    if is_busy or comes_first:
        return situation
    return replace(situation, refresh=due_refresh(context, skill, version))


def _waits(context: Context, name: str) -> str | None:
    with context.store.read() as work:
        found = [each.what for each in proposals(context, work, name) if each.waits]
    return " and ".join(found) or None


def _judged(work: UnitOfWork, name: str, version: int, online: Online, now: datetime) -> int:
    view = read_online(work, name, version, online, now)
    return view.n if view.counts else 0


def _live_test(
    work: UnitOfWork, session: SessionRecord | None, now: datetime
) -> tuple[bool, datetime | None]:
    """Whether the live test is decided, and when it ends at the latest."""
    if session is None or session.state is not SessionState.TESTING:
        return False, None
    test = load_live_test(work, session)
    days = test.days_left(now)
    is_decided = test.assess(now).state != "go_on"
    return is_decided, None if days is None else now + timedelta(days=days)
