"""How a live test has gone, vote by vote, and what would end it. Only for display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.rule import Rule, votes_among
from tinyarms.experiments.rules import single_mode
from tinyarms.experiments.rules.lead_rule import AgainstIncumbent, Duel, LeadRule
from tinyarms.experiments.rules.sign_e_process import SignEProcess, needed_e_value
from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.experiments.rules.thompson import BOUNDARY, CHECK_EVERY, CONFIDENCE, Thompson
from tinyarms.stats.e_process import sign_e_value


@dataclass(frozen=True)
class Standings:
    """The lead of each challenger after each vote, and the leads that end the test."""

    leads: Mapping[str, tuple[int, ...]]
    """Challenger's arm id → its lead over the incumbent after each vote.

    Under the rule `thompson` the lead is over the best other arm."""
    promote_at: tuple[int | None, ...]
    """The lead that promotes after vote 1, 2 … up to the limit, or to the last vote without one."""
    keep_below: tuple[int | None, ...]
    """For the same votes: the incumbent is kept if all leads are below this."""
    ends: tuple[str, ...]
    """What would end the test from now on, in words."""


def standings(rule: Rule, arms: Sequence[Arm], outcomes: Sequence[Outcome]) -> Standings:
    """The standings after the votes so far, oldest first. Skips do not count, as in the rules."""
    shown_arms = rule.arms_shown(arms)
    if isinstance(rule, SingleMode):
        return Standings({}, (), (), _ends_of_single_mode(rule, shown_arms, outcomes))
    votes = votes_among(shown_arms, outcomes)
    if isinstance(rule, AgainstIncumbent):
        return _against_incumbent(rule, shown_arms, votes[: rule.max_votes])
    if isinstance(rule, Thompson):
        return _thompson(rule, shown_arms, votes[: rule.max_votes])
    return Standings({}, (), (), ())


def _against_incumbent(
    rule: AgainstIncumbent, shown_arms: Sequence[Arm], votes: Sequence[Outcome]
) -> Standings:
    incumbent, *challengers = shown_arms
    leads: dict[str, tuple[int, ...]] = {}
    duels: dict[str, Duel] = {}
    for arm in challengers:
        duel, path = Duel(), list[int]()
        for vote in votes:
            if not rule.is_out(duel, len(challengers)):
                duel = duel.after(vote, arm.id, incumbent.id)
            path.append(duel.lead)
        leads[arm.id], duels[arm.label] = tuple(path), duel
    if isinstance(rule, SignEProcess):
        return Standings(leads, (), (), _ends_of_e_values(rule, duels))
    assert isinstance(rule, LeadRule)
    k, last = len(challengers), rule.max_votes or len(votes)
    boundaries = [rule.boundary(n, k) for n in range(1, last + 1)]
    return Standings(
        leads,
        tuple(boundary.promote_at for boundary in boundaries),
        tuple(boundary.keep_below for boundary in boundaries),
        _ends_of_leads(rule, len(votes), k),
    )


def _ends_of_e_values(rule: SignEProcess, duels: Mapping[str, Duel]) -> tuple[str, ...]:
    needed = needed_e_value(len(duels), rule.rounds)
    current = [f"{label} {sign_e_value(*duel):.3g}" for label, duel in duels.items()]
    return (
        f"Promote: the first challenger with an e-value of {needed:g} against the incumbent "
        f"(now: {', '.join(current)}).",
        f"Keep the incumbent: its e-value against every challenger reaches {needed:g}.",
        "There is no limit of votes or days.",
    )


def _ends_of_single_mode(
    rule: SingleMode, shown_arms: Sequence[Arm], outcomes: Sequence[Outcome]
) -> tuple[str, ...]:
    labels = {arm.id: arm.label for arm in shown_arms}
    e_values = rule.e_values(shown_arms, outcomes)
    needed = single_mode.needed_e_value(len(e_values), rule.rounds)
    current = [f"{labels[arm_id]} {e_value:.3g}" for arm_id, e_value in e_values.items()]
    return (
        f"Promote: the first challenger with an e-value of {needed:g} for more successes "
        f"than the incumbent's (now: {', '.join(current)}).",
        "Keep the incumbent: every challenger is credibly worse.",
        f"At {rule.max_votes} outcomes or after {rule.max_duration_days:g} days: the incumbent is "
        "kept.",
    )


def _ends_of_leads(rule: LeadRule, n: int, k: int) -> tuple[str, ...]:
    promote_at, keep_below = rule.boundary(max(n, 1), k)
    last = rule.max_votes
    votes_left = () if last is None else range(n + 1, last + 1)
    leads = ((m, rule.boundary(m, k).promote_at) for m in votes_left)
    higher = next(((m, lead) for m, lead in leads if lead > promote_at), None)
    from_then = "" if higher is None else f" ({higher[1]} from vote {higher[0]} on)"
    ends = [f"Promote: the first challenger that leads the incumbent by {promote_at}{from_then}."]
    if keep_below is not None:
        ends.append(f"Keep the incumbent: all leads below {keep_below}.")
    elif last is not None:
        later = ((m, rule.boundary(m, k).keep_below) for m in range(n + 1, last + 1))
        first = next(((m, least) for m, least in later if least is not None), None)
        if first is not None:
            ends.append(
                f"Keep the incumbent: all leads below a limit that rises from {first[1]} at "
                f"vote {first[0]}."
            )
    if last is not None and rule.max_duration_days is not None:
        least = rule.limit_lead(last, k)
        result = "the incumbent is kept" if least is None else f"a lead of {least} promotes"
        ends.append(f"At {last} votes or after {rule.max_duration_days:g} days: {result}.")
    return tuple(ends)


def _thompson(rule: Thompson, shown_arms: Sequence[Arm], votes: Sequence[Outcome]) -> Standings:
    picks = dict.fromkeys((arm.id for arm in shown_arms), 0)
    paths: dict[str, list[int]] = {arm.id: [] for arm in shown_arms if arm.role == "challenger"}
    for vote in votes:
        for picked in vote.picks:
            picks[picked] += 1
        for arm_id, path in paths.items():
            path.append(picks[arm_id] - max(n for other, n in picks.items() if other != arm_id))
    boundary = ceil(BOUNDARY * sqrt(rule.max_votes))
    numbers = range(1, rule.max_votes + 1)
    return Standings(
        {arm_id: tuple(path) for arm_id, path in paths.items()},
        tuple(boundary if n >= rule.votes_required else None for n in numbers),
        (None,) * rule.max_votes,
        (
            f"At every {CHECK_EVERY}th vote: an option that is the best with a probability above "
            f"{CONFIDENCE}.",
            f"From vote {rule.votes_required} on: an option that leads all others by {boundary}.",
            f"At {rule.max_votes} votes or after {rule.max_duration_days:g} days the highest mean "
            "wins.",
        ),
    )
