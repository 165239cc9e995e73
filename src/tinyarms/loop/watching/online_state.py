"""What is known about a skill's judge of live tasks: whether it counts, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tinyarms.core.settings import Online
from tinyarms.core.text import counted
from tinyarms.loop.project.accuracy import WINDOW
from tinyarms.monitoring.accuracy import Accuracy, accuracy
from tinyarms.monitoring.judge_trust import (
    MIN_AGREEMENT,
    MIN_OF_EACH,
    MIN_PAIRS,
    PAIRS,
    Agreement,
    Standing,
    agreement,
)
from tinyarms.store.db.records import GradeRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class OnlineView:
    """What the judge of a skill's live tasks says about the version in production."""

    judge: str
    """The model or scorer that grades."""
    share: float
    """Share of the tasks that it grades, in (0, 1]."""
    standing: Standing
    """`believed`, `not_believed`: its grades do not count, or `unchecked`: too few tasks were
    graded by people too, and its grades count."""
    why: str
    """The standing in words."""
    pairs: int
    """Number of the newest tasks that both people and the judge have graded, at most 100."""
    agreed: int
    """On how many of these they agree."""
    balanced_agreement: float | None
    """Mean of the judge's share of agreement on people's successes and on their failures, in
    [0, 1]; 0.5 is guessing. `None`: people have only one of both."""
    interval: tuple[float, float] | None
    """95 % interval of the balanced agreement."""
    good: float | None
    """Share of the random sample of the last seven days that it calls good, in [0, 1]; `None`:
    nothing was graded."""
    n: int
    """How many tasks of these days that share is of."""
    good_interval: tuple[float, float] | None
    """95 % interval of the share."""
    not_graded: int
    """Tasks of these days that it could not grade. They do not count as bad."""
    problem: str | None
    """Why it could not grade the newest of them; `None`: it could grade all."""

    @property
    def counts(self) -> bool:
        """Whether its grades may begin an evolution."""
        return self.standing != "not_believed"


def judge_agreement(work: UnitOfWork, skill: str, online: Online) -> Agreement:
    """How far people and the judge agree on the newest tasks that both have graded."""
    pairs = work.grades.pairs(skill, online.key, PAIRS)
    return agreement([(score >= online.success_at, success) for score, success in pairs])


def judge_counts(work: UnitOfWork, skill: str, online: Online) -> bool:
    """Whether the grades of the skill's judge count."""
    return judge_agreement(work, skill, online).standing != "not_believed"


def read_online(
    work: UnitOfWork, skill: str, version: int, online: Online, now: datetime
) -> OnlineView:
    """The state of the judge, from the store."""
    found = judge_agreement(work, skill, online)
    recent = work.grades.since(skill, version, online.key, now - WINDOW)
    sample = _good(recent, online)
    failed = [grade.problem for grade in recent if grade.problem is not None]
    return OnlineView(
        judge=online.grader,
        share=online.share,
        standing=found.standing,
        why=standing_in_words(found, online),
        pairs=found.n,
        agreed=found.agreed,
        balanced_agreement=found.balanced,
        interval=found.interval,
        good=sample.value,
        n=sample.n,
        good_interval=sample.interval,
        not_graded=len(failed),
        problem=failed[0] if failed else None,
    )


def _good(recent: list[GradeRecord], online: Online) -> Accuracy:
    sampled = [grade.score for grade in recent if grade.sampled]
    return accuracy(None if score is None else score >= online.success_at for score in sampled)


def standing_in_words(found: Agreement, online: Online) -> str:
    """How far the judge agrees with people, and whether it counts."""
    if found.standing == "unchecked":
        fewest = min(found.on_successes.n, found.on_failures.n)
        return (
            f"The judge {online.grader} is not checked against people yet: both have graded "
            f"{counted(found.n, 'task')}, of which {fewest} are of the rarer outcome; "
            f"{MIN_PAIRS} and {MIN_OF_EACH} are needed. Its grades count."
        )
    assert found.balanced is not None and found.interval is not None
    low, high = found.interval
    agrees = (
        f"The judge {online.grader} agrees with people on {found.agreed} of {found.n} tasks "
        f"(balanced {found.balanced:.0%}, 95% interval {low:.0%} to {high:.0%})"
    )
    if found.standing == "believed":
        return f"{agrees}."
    return (
        f"{agrees}, which is too little: it does not count. At least {MIN_AGREEMENT:.0%} and an "
        "interval above 50% are needed."
    )
