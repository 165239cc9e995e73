"""`experiments`: how often the rules are wrong, how often they find a real difference, and when.

Figures are exact, by dynamic programming on the boundaries that the product's rules export, or
marked as simulated (20,000 sessions a cell, with 95 % intervals). Preferences are Luce's: an
option is picked in proportion to its weight. "60:40" is challenger : incumbent.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import product
from math import ceil, sqrt
from time import perf_counter

import numpy as np

from bars import Bar, Report, table
from exact_votes import characteristics_of_counts, e_process_promotes, operating_characteristics
from failed_calls import BURST, passed_gates
from gate_scenarios import Challenger, Result, Users, both_gates, picks, who_passes
from original_votes import Scenario, simulate
from terminal_plot import plot
from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.ballot import make_ballot
from tinyarms.experiments.gate_power import examples_needed, gate_power
from tinyarms.experiments.rule import split_roles
from tinyarms.experiments.rules.lead_rule import Boundary, Duel, LeadRule
from tinyarms.experiments.rules.taste_only import EXACT_UP_TO, TasteOnly
from tinyarms.experiments.rules.thompson import BOUNDARY
from tinyarms.experiments.rules.two_gate import TwoGate
from tinyarms.experiments.rules.worst_order import worst_false_promotion
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.dirichlet import probability_most_picked
from voting_weeks import Voter, promoted_weeks

LIMIT, SHORT = 50, 20
SESSIONS = 20_000
EQUAL, MEDIUM, LARGE = (1 / 3, 1 / 3, 1 / 3), (0.3, 0.5, 0.2), (0.2, 0.6, 0.2)
"""Incumbent, best challenger, other challenger."""
AGREEMENTS = tuple(step / 10 for step in range(10))
Section = tuple[str, list[Bar]]


def run(options: argparse.Namespace) -> Report:
    """All sections in turn; each reports its duration on stderr."""
    texts, bars = [], list[Bar]()
    for section in (
        _offline_gate,
        _default_rules,
        _trade_off,
        _taste_only,
        _equal_outputs,
        _worst_order,
        _failed_calls,
        _few_of_many_vote,
        _open_ended,
        _original,
        _beside_others,
        _through_the_rules,
        _single_mode,
    ):
        began = perf_counter()
        text, more = section()
        _say(f"{section.__name__.strip('_').replace('_', ' ')}: {perf_counter() - began:.0f} s")
        texts.append(text)
        bars += more
    return Report("\n\n".join(text for text in texts if text), tuple(bars))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# Offline gate


def _offline_gate() -> Section:
    rows: list[tuple[object, ...]] = []
    for n in (50, 100, 200, 300, 500):
        shares = [_percent(_passes(n, 0.70 + gain)) for gain in (0, 0.05, 0.10, 0.15)]
        rows.append((n, *shares, _percent(gate_power(n, 0.10, 2, 0.5, least_gain=0.05))))
    head = ("examples", "equal", "+5 points", "+10", "+15", "+10 from 0.50")
    needed = ", ".join(
        f"{examples_needed(finalists=k, least_gain=0.05)} for {k}" for k in (1, 2, 3)
    )
    text = (
        "Offline gate: one of two finalists passes (incumbent 0.70, answers independent, gain of "
        "at least 5 points required)\n"
        f"{table(head, rows)}\n"
        f"Examples that find +10 points in 90 %, at any incumbent accuracy: {needed} finalists."
    )
    return text, []


def _passes(n: int, accuracy: float) -> float:
    found = who_passes(n, 0.70, ((accuracy, 0.0), (0.70, 0.0)))
    return sum(chance for who, chance in found.items() if 0 in who)


# Both gates


@dataclass(frozen=True)
class _Bar:
    """A bar on a default session: the true qualities of the challenger, and the targets."""

    name: str
    accuracy: float
    liked: float
    promoted: float
    """A minimum if positive, a maximum if negative."""
    votes: float | None = None


_DEFAULT_BARS = (
    _Bar("10 points worse offline, all like it", 0.60, 0.99, -0.01),
    _Bar("10 points better offline, liked 40:60", 0.80, 0.40, -0.10),
    _Bar("10 points better offline, liked 25:75", 0.80, 0.25, -0.01),
    _Bar("10 points better offline, liked 60:40", 0.80, 0.60, 0.65, 31),
    _Bar("15 points better offline, liked 75:25", 0.85, 0.75, 0.95, 16),
)
_NOT_LOOKING = (
    ("all look", 0.0),
    ("10 % take the first option", 0.1),
    ("20 % take the first option", 0.2),
    ("20 % choose at random", 0.2),
)


def _default_rules() -> Section:
    rule, bars, rows = TwoGate(LIMIT), list[Bar](), list[tuple[object, ...]]()
    for name, share in _NOT_LOOKING:
        found = [
            both_gates(rule, LIMIT, [Challenger(0.70, 0.5, a)] * 2, Users(share))
            for a in AGREEMENTS
        ]
        rows += _rows(f"identical prompts, {name}", "", found)
        worst = max(sum(each.promoted) for each in found)
        bars.append(_at_most(f"default, identical, {name}: promoted", worst, 0.02))
    for bar in _DEFAULT_BARS:
        found = []
        for other in ("alike", "a copy of the incumbent"):
            results = list(_sessions(rule, LIMIT, bar, other))
            rows += _rows(bar.name, other, results)
            found += results
        bars += _bars_of(bar, found)
    for liked in (0.6, 0.4):
        both = [Challenger(0.80, liked), Challenger(0.80, 0.5)]
        name = f"10 points better offline, liked {_ratio(liked)}"
        rows += _rows(name, "as good, liked 50:50", [both_gates(rule, LIMIT, both)])
    three = both_gates(rule, LIMIT, [Challenger(0.70, 0.5)] * 3)
    rows += _rows("identical prompts, three finalists", "", [three])
    head = ("challenger", "the other one", "reaches users", "promoted", "votes")
    short = [
        row
        for bar in (_Bar("identical prompts", 0.70, 0.5, -0.02), *_DEFAULT_BARS)
        for row in _rows(bar.name, "alike", list(_sessions(TwoGate(SHORT), SHORT, bar, "alike")))
    ]
    text = (
        "Default: both gates (300 held-out examples, incumbent 0.70, limit 50), exact. A "
        "range is\nover the agreement of the prompts' answers, from chance to nine tenths of the "
        f"maximum.\n{table(head, rows)}\n\n"
        f"The same at a limit of 20 votes\n{table(head, short)}"
    )
    return text, bars


def _sessions(rule: LeadRule, limit: int, bar: _Bar, other: str) -> Iterator[Result]:
    for agreement in AGREEMENTS:
        mine = Challenger(bar.accuracy, bar.liked, agreement)
        copy = Challenger(0.70, 0.5, agreement)
        result = both_gates(rule, limit, [mine, mine if other == "alike" else copy])
        promoted = result.promoted if other == "alike" else result.promoted[:1]
        yield Result(promoted, result.reached, result.votes)


def _bars_of(bar: _Bar, found: Sequence[Result]) -> list[Bar]:
    promoted = [sum(each.promoted) for each in found]
    name = f"default, {bar.name}"
    if bar.promoted < 0:
        return [_at_most(f"{name}: promoted", max(promoted), -bar.promoted)]
    bars = [_at_least(f"{name}: promoted", min(promoted), bar.promoted)]
    if bar.votes is not None:
        votes = max(each.votes for each in found)
        bars.append(Bar(f"{name}: votes", round(votes, 1), f"<= {bar.votes}", votes <= bar.votes))
    return bars


def _rows(name: str, other: str, found: Sequence[Result]) -> list[tuple[object, ...]]:
    return [
        (
            name,
            other,
            _range([each.reached for each in found]),
            _range([sum(each.promoted) for each in found]),
            f"{max(each.votes for each in found):.1f}",
        )
    ]


# Why two challengers need more


class _Leads(LeadRule):
    """The live gate with other numbers, for two challengers."""

    name = "leads"
    max_votes = LIMIT
    max_duration_days = 7.0

    def __init__(self, early: int, late: int, limit: int) -> None:
        self.early, self.late, self.limit = early, late, limit

    def is_out(self, duel: Duel, challengers: int) -> bool:
        return duel.lead <= -6

    def boundary(self, n: int, challengers: int) -> Boundary:
        return Boundary(self.early if n <= 20 else self.late, -5)

    def limit_lead(self, n: int, challengers: int) -> int | None:
        return self.limit


def _trade_off() -> Section:
    rows: list[tuple[object, ...]] = []
    for early, late, limit in ((6, 6, 2), (6, 6, 4), (6, 6, 6), (6, 7, 6), (6, 8, 6), (7, 7, 4)):
        rule = _Leads(early, late, limit)
        shares = [picks([liked] * 2, Users()) for liked in (0.4, 0.5, 0.6, 0.75)]
        found = operating_characteristics(rule, LIMIT, shares)
        ours = " (ours)" if (early, late, limit) == (6, 7, 6) else ""
        rows.append(
            (
                f"{early}, then {late}, at the limit {limit}{ours}",
                *(_percent(share) for share in found.any_promoted[:3]),
                *(f"{votes:.1f}" for votes in found.votes[2:]),
            )
        )
    head = ("lead", "40:60", "50:50", "60:40", "votes at 60:40", "votes at 75:25")
    text = "Live gate, two challengers alike: one of them is promoted (lead required up to vote 20"
    return f"{text}, after it, at the limit)\n{table(head, rows)}", []


# Users alone


class _ThreeShown(TasteOnly):
    """Shows three challengers beside the incumbent."""

    def arms_shown(self, arms: Sequence[Arm]) -> tuple[Arm, ...]:
        incumbent, challengers = split_roles(arms)
        return (incumbent, *challengers[:3])


def _taste_only() -> Section:
    bars, rows = list[Bar](), list[tuple[object, ...]]()
    for limit in (SHORT, LIMIT):
        for challengers, step in ((2, 20), (3, 10)):
            rule = TasteOnly(limit) if challengers == 2 else _ThreeShown(limit)
            worst, where = _worst_false(rule, limit, challengers, step)
            at = " / ".join(f"{share:g}" for share in where)
            name = f"no challenger better, worst of a grid (at {at})"
            rows.append((limit, challengers, name, _percent(worst), ""))
            if limit == LIMIT:
                what = f"taste-only, {challengers} challengers, false promotions, worst"
                bars.append(_at_most(what, worst, 0.05))
            scenarios = [(MEDIUM, 0.28, 33), (LARGE, 0.84, 32)]
            for shares, least, most in scenarios:
                split = shares if challengers == 2 else (*shares[:2], shares[2] / 2, shares[2] / 2)
                found = operating_characteristics(rule, limit, [split])
                right, votes = float(found.promoted[0, 0]), float(found.votes[0])
                name = "picks " + " / ".join(f"{share:g}" for share in split)
                rows.append((limit, challengers, name, _percent(right), f"{votes:.1f}"))
                if limit == LIMIT and challengers == 2:
                    bars.append(_at_least(f"taste-only, {name}: promoted", right, least))
                    name = f"taste-only, {name}: votes"
                    bars.append(Bar(name, round(votes, 1), f"<= {most}", votes <= most))
    head = ("limit", "challengers", "users", "promoted", "votes")
    text = f"Users alone (`taste_only`), exact\n{table(head, rows)}\n\n{_power_curve()}"
    return text, bars


def _worst_false(
    rule: LeadRule, limit: int, challengers: int, step: int
) -> tuple[float, tuple[float, ...]]:
    """The highest chance to promote challengers no better than the incumbent, and its preferences.

    Covers all preferences in steps of 1/`step`; challengers differ only by their order, so one
    order of them is enough. It does not matter if some other challenger is better.
    """
    grid = [
        (incumbent, *others)
        for incumbent in range(step + 1)
        for others in product(range(step + 1), repeat=challengers)
        if incumbent + sum(others) == step and list(others) == sorted(others, reverse=True)
    ]
    shares = np.array(grid) / step
    promoted = operating_characteristics(rule, limit, shares.tolist()).promoted
    no_better = np.array(grid)[:, 1:] <= np.array(grid)[:, :1]
    false = (promoted * no_better).sum(axis=1)
    worst = int(false.argmax())
    return float(false[worst]), tuple(float(share) for share in shares[worst])


def _power_curve() -> str:
    liked = np.linspace(0.2, 0.9, 57)
    one = [picks([float(share)], Users()) for share in liked]
    curves = {
        "L  live gate of the default, 50 votes": operating_characteristics(
            TwoGate(LIMIT), LIMIT, one
        ).any_promoted,
        "T  users alone, 50 votes": operating_characteristics(
            TasteOnly(LIMIT), LIMIT, one
        ).any_promoted,
        "t  users alone, 20 votes": operating_characteristics(
            TasteOnly(SHORT), SHORT, one
        ).any_promoted,
    }
    title = "How often a challenger is promoted, by the share of users who prefer it"
    return plot(title, liked, curves)


# Tasks on which prompts give the same output


SAME = (0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9)
"""Shares of tasks on which two prompts give the same output."""
_MERGED = ((-1, -1), (1, 0), (0, 1), (1, 1), (-1, 0), (0, -1))
"""The effect of a vote on the leads of two challengers: for the incumbent alone, the first, the
second, both together, the incumbent and the second, the incumbent and the first."""


def _equal_outputs() -> Section:
    """Two challengers that users like as well as the incumbent; equal outputs are one option."""
    bars, rows = list[Bar](), list[tuple[object, ...]]()
    passes = who_passes(300, 0.70, ((0.70, 0.0), (0.70, 0.0)))
    for same in SAME:
        mix = [_votes_for_equals(same)]
        alone = _promotes_of_two(TasteOnly(LIMIT), LIMIT, mix)
        short = _promotes_of_two(TasteOnly(SHORT), SHORT, mix)
        live = _promotes_of_two(TwoGate(LIMIT), LIMIT, mix)
        one = float(operating_characteristics(TwoGate(LIMIT), LIMIT, [(0.5, 0.5)]).any_promoted[0])
        both = sum(
            chance * (live if len(who) == 2 else one) for who, chance in passes.items() if who
        )
        rows.append((_percent(same), *map(_percent, (1 - same**2, both, alone, short))))
        name = f"equally good, same output on {same:.0%} of tasks"
        bars.append(_at_most(f"two gates, {name}: promoted", both, 0.02))
        bars.append(_at_most(f"users alone, {name}: promoted", alone, 0.05))
    head = ("same output", "tasks with a choice", "two gates", "users alone", "at 20 votes")
    text = "Equally good prompts that often give the same output, exact: promoted"
    return f"{text}\n{table(head, rows)}\n\n{_simulated_merges()}", bars


def _promotes_of_two(rule: LeadRule, limit: int, mix: Sequence[Sequence[float]]) -> float:
    return float(operating_characteristics(rule, limit, mix, _MERGED).any_promoted[0])


def _votes_for_equals(same: float) -> list[float]:
    """How often each kind of vote of `_MERGED` occurs, on tasks with a choice.

    Each challenger gives the incumbent's output on that share of tasks. If neither does, the second
    gives the output of the first on that share of the rest. Users like all outputs equally.
    """
    apart = 1 - same
    first_apart = second_apart = apart * same / 2
    pair, all_differ = apart**2 * same / 2, apart**3 / 3
    weights = [all_differ + pair, all_differ + first_apart, all_differ + second_apart]
    weights += [pair, first_apart, second_apart]
    return [weight / sum(weights) for weight in weights]


def _simulated_merges() -> str:
    """The same through real ballots and the rule's own `assess`."""
    rows: list[tuple[object, ...]] = []
    start = datetime(2024, 9, 1, tzinfo=UTC)
    arms = (Arm("0", "", "incumbent"), *(Arm(x, x, "challenger") for x in "AB"))
    for same in (0.1, 0.3, 0.5, 0.6):
        rng, promoted, sessions = random.Random(f"same {same}"), 0, SESSIONS // 20
        for _ in range(sessions):
            outcomes = list[Outcome]()
            while len(outcomes) < LIMIT:
                ballot = make_ballot("", "", _outputs(same, rng), rng)
                if ballot.has_choice:
                    picked, *others = rng.choice(ballot.options)
                    shown = tuple(arm.id for arm in arms)
                    outcomes.append(
                        Outcome(shown, None, picked, "", start, same_output=frozenset(others))
                    )
            promoted += TasteOnly(LIMIT).assess(arms, outcomes, start, start).state == "promote"
        low, high = wilson_interval(promoted, sessions) or (0.0, 1.0)
        exact = _promotes_of_two(TasteOnly(LIMIT), LIMIT, [_votes_for_equals(same)])
        interval = f"{100 * low:.1f} to {100 * high:.1f} %"
        rows.append((_percent(same), _percent(promoted / sessions), interval, _percent(exact)))
    head = ("same output", "users alone, simulated", "interval", "exact")
    return f"The same on real ballots, {SESSIONS // 20:,} sessions a row\n{table(head, rows)}"


def _outputs(same: float, rng: random.Random) -> dict[str, str | None]:
    outputs: dict[str, str | None] = {"0": "x"}
    outputs["A"] = "x" if rng.random() < same else "y"
    outputs["B"] = "x" if rng.random() < same else "z"
    if outputs["A"] == "y" and outputs["B"] == "z" and rng.random() < same:
        outputs["B"] = "y"
    return outputs


# The worst order of ballots


def _worst_order() -> Section:
    """Two challengers that users do not prefer on any ballot; who gives the same output as whom
    may depend on all votes so far."""
    rows = list[tuple[object, ...]]()
    worst = {limit: _worst_of(TasteOnly(limit), limit) for limit in range(1, EXACT_UP_TO + 1)}
    for limit in (SHORT, 30, LIMIT, 100, 200, EXACT_UP_TO):
        old, new = _OneLead(limit), TasteOnly(limit)
        row: list[object] = [limit, _leads(old, limit), _percent(_worst_of(old, limit))]
        row += [_leads(new, limit), _percent(worst[limit])]
        if limit <= 100:
            found = [operating_characteristics(r, limit, [MEDIUM, LARGE]) for r in (old, new)]
            row += [_percent(float(r.promoted[place, 0])) for place in (0, 1) for r in found]
        else:
            row += [""] * 4
        rows.append(tuple(row))
    name = f"users alone, worst order of ballots, limits 1 to {EXACT_UP_TO}: promoted"
    head = (
        *("limit", "one lead for all", "worst", "leads of the rule", "worst"),
        *("50/30/20, one lead", "rule", "60/20/20, one lead", "rule"),
    )
    text = (
        "Users alone, two challengers no better than the incumbent, ballots in the worst order, "
        "exact: promoted;\nand how often a better one is promoted where all outputs differ. One "
        f"lead for all is that of a single challenger.\n{table(head, rows)}"
    )
    return text, [_at_most(name, max(worst.values()), 0.05)]


class _OneLead(TasteOnly):
    """Asks for the lead of a single challenger also where two are shown."""

    def boundary(self, n: int, challengers: int) -> Boundary:
        return super().boundary(n, 1)


def _worst_of(rule: LeadRule, limit: int) -> float:
    return worst_false_promotion([rule.boundary(n, 2) for n in range(1, limit + 1)])


def _leads(rule: LeadRule, limit: int) -> str:
    first, last = rule.boundary(1, 2).promote_at, rule.boundary(limit, 2).promote_at
    return str(first) if first == last else f"{first}, at the end {last}"


# Equally accurate prompts, and calls that fail


DIFFER = (0.1, 0.3, 0.6)
"""Shares of the tasks on which two prompts give different answers."""


def _failed_calls() -> Section:
    """Two challengers as accurate as the incumbent; a task whose call fails makes no ballot."""
    bars, rows = list[Bar](), list[tuple[object, ...]]()
    for seed, (differ, failing) in enumerate(product(DIFFER, (0.0, 0.1))):
        mix = [_votes_for_equals(1 - differ)]
        alone = _promotes_of_two(TasteOnly(LIMIT), LIMIT, mix)
        live = _promotes_of_two(TwoGate(LIMIT), LIMIT, mix)
        one = float(operating_characteristics(TwoGate(LIMIT), LIMIT, [(0.5, 0.5)]).any_promoted[0])
        passed = passed_gates(differ, failing, SESSIONS, seed) / SESSIONS
        both = float(passed[1] * one + passed[2] * live)
        gate = _simulated(float(passed[1] + passed[2]))
        rows.append((f"{differ:.0%}", f"{failing:.0%}", gate, _percent(both), _percent(alone)))
        name = f"equally accurate, {differ:.0%} differ, {failing:.0%} of calls fail: promoted"
        bars.append(_at_most(f"two gates, {name}", both, 0.02))
        bars.append(_at_most(f"users alone, {name}", alone, 0.05))
    head = ("answers differ", "calls fail", "pass the gate", "two gates", "users alone")
    text = (
        f"Equally accurate prompts, calls that fail in bursts of {BURST}: {SESSIONS:,} simulated "
        "offline gates a row, votes exact. Where answers\n"
        "differ, one of the two is right: the most that a gate can see."
    )
    return f"{text}\n{table(head, rows)}", bars


# A few of many vote


def _few_of_many_vote() -> Section:
    """Twelve people run 150 tasks in a week and three of them vote, at equal and unequal pace."""
    bars, rows = list[Bar](), list[tuple[object, ...]]()
    for seed, (how, paces) in enumerate((("equal", (1, 1, 1)), ("3 : 2 : 1", (3, 2, 1)))):
        for rule in (TwoGate(LIMIT), TasteOnly(LIMIT)):
            weeks = SESSIONS // 20
            voters = [Voter(f"voter {i}", 0.78, pace) for i, pace in enumerate(paces)]
            promoted, counted = promoted_weeks(rule, weeks, seed, voters, votes=72)
            low, high = wilson_interval(promoted, weeks) or (0.0, 1.0)
            share = promoted / weeks
            interval = f"{100 * low:.1f} to {100 * high:.1f} %"
            rows.append((rule.name, how, f"{counted:.0f} of 72", _percent(share), interval))
            name = f"{rule.name}, 3 of 12 vote, pace {how}, 78 % for the better prompt: promoted"
            bars.append(_at_least(name, share, 0.80))
    head = ("rule", "pace of the voters", "votes counted", "promoted", "interval")
    text = f"Three of twelve people vote, {SESSIONS // 20:,} weeks a row"
    return f"{text}\n{table(head, rows)}", bars


# Without a limit


def _open_ended() -> Section:
    rows: list[tuple[object, ...]] = []
    bars: list[Bar] = []
    for theta in (0.5, 0.55, 0.6, 0.65, 0.7, 0.75):
        promoted = e_process_promotes(theta, 1, 2000)
        reached = np.flatnonzero(promoted >= 0.5)
        median = str(reached[0]) if len(reached) else "over 2,000"
        shares = [_percent(promoted[n]) for n in (50, 100, 200, 500, 2000)]
        rows.append((_ratio(theta), *shares, median))
        if theta == 0.5:
            name = "open-ended, 50:50, one challenger: promoted within 2,000 votes"
            bars.append(_at_most(name, float(promoted[-1]), 0.05))
    head = ("liked", "by vote 50", "100", "200", "500", "2,000", "median votes")
    text = "Without a limit (`sign_e_process`, one challenger), exact: promoted by vote n"
    return f"{text}\n{table(head, rows)}", bars


# The original


_KNOWN: dict[str, tuple[tuple[float, float | None], ...]] = {
    "as it is": ((0.019, None), (0.24, 45.6), (0.76, 35.5)),
    "third variant unchanged": ((0.006, None), (0.20, 47.8), (0.73, 40.2)),
}
"""Measurements from before this product was built: winners before the limit, mean votes."""


def _original() -> Section:
    scenarios = {"equal": EQUAL, "50/30/20": (0.5, 0.3, 0.2), "60/20/20": (0.6, 0.2, 0.2)}
    kinds: dict[str, Scenario] = {
        "as it is": Scenario(EQUAL),
        "third variant unchanged": Scenario(EQUAL, third_fails=False),
        "20 % follow the leader's label": Scenario(EQUAL, follow=0.2),
    }
    rows: list[tuple[object, ...]] = []
    bars: list[Bar] = []
    for kind, scenario in kinds.items():
        for place, (name, shares) in enumerate(scenarios.items()):
            how = Scenario(shares, scenario.follow, scenario.third_fails)
            ends = simulate(how, LIMIT, SESSIONS, seed=1)
            found = ends.declared() if name == "equal" else ends.declared(0)
            votes = float(ends.votes.mean())
            rows.append((kind, name, _simulated(found), f"{votes:.1f}"))
            if kind in _KNOWN:
                bars += _reproduced(f"original, {kind}, {name}", found, votes, *_KNOWN[kind][place])
    head = ("original preset", "users", "winner before the limit", "votes")
    text = (
        f"The original preset, {SESSIONS:,} sessions a row: any winner (equal), the right one\n"
        f"{table(head, rows)}\n"
        "At the limit it names the highest mean, so nearly all sessions promote something."
    )
    return text, bars


def _reproduced(
    name: str, found: float, votes: float, share: float, printed: float | None
) -> list[Bar]:
    near = abs(found - share) <= 0.015
    bars = [Bar(f"{name}: winner before the limit", round(found, 4), f"{share} ± 0.015", near)]
    if printed is not None:
        near = abs(votes - printed) <= 1
        bars.append(Bar(f"{name}: votes", round(votes, 1), f"{printed} ± 1", near))
    return bars


# Comparison of rules


def _beside_others() -> Section:
    texts = []
    for limit in (LIMIT, SHORT):
        rows = [
            _lead_row("live gate of the default (its error is bounded offline)", TwoGate, limit),
            _lead_row("users alone", TasteOnly, limit),
            _simulated_row("original preset", limit, ucb=False),
            _simulated_row("UCB1 in place of its draw", limit, ucb=True),
            _count_row("fixed, chi-square at the limit", limit, "fixed"),
            _count_row("sequential, lead of 2.25·√N, every vote", limit, "sequential"),
            _count_row("P(best) > 0.95, Dirichlet, every 5th vote", limit, "dirichlet"),
        ]
        head = ("rule", "equal: any winner", "50/30/20: right, votes", "60/20/20: right, votes")
        texts.append(f"Three options, limit {limit}, winners before or at the limit\n")
        texts[-1] += table(head, rows)
    note = (
        "In the first two the incumbent is one of the options (at 30 and 20 %), and a winner is a\n"
        "promotion. UCB, fixed, sequential and P(best) are not in the product."
    )
    return "\n\n".join([*texts, note]), []


def _lead_row(name: str, kind: type[TwoGate] | type[TasteOnly], limit: int) -> tuple[object, ...]:
    found = operating_characteristics(kind(limit), limit, [EQUAL, MEDIUM, LARGE])
    cells = [f"{_percent(float(found.promoted[i, 0]))}, {found.votes[i]:.1f}" for i in (1, 2)]
    return (name, _percent(float(found.any_promoted[0])), *cells)


def _simulated_row(name: str, limit: int, ucb: bool) -> tuple[object, ...]:
    cells = []
    for shares in (EQUAL, (0.5, 0.3, 0.2), (0.6, 0.2, 0.2)):
        ends = simulate(Scenario(shares, ucb=ucb), limit, SESSIONS, seed=2)
        found = ends.declared() if shares == EQUAL else ends.declared(0)
        votes = "" if shares == EQUAL else f", {ends.votes.mean():.1f}"
        cells.append(f"{_simulated(found)}{votes}")
    return (name, *cells)


def _count_row(name: str, limit: int, kind: str) -> tuple[object, ...]:
    def winner(n: int, counts: tuple[int, int, int]) -> int | None:
        second, first = sorted(counts)[1:]
        if kind == "fixed":
            spread = sum((count - n / 3) ** 2 for count in counts) * 3 / n
            wins = n == limit and spread > 5.991 and first > second
        elif kind == "sequential":
            wins = first - second >= ceil(BOUNDARY * sqrt(limit))
        else:
            wins = n % 5 == 0 and first > second and _p_best(tuple(sorted(counts))) > 0.95
        return counts.index(first) if wins else None

    cells = []
    for shares in (EQUAL, (0.5, 0.3, 0.2), (0.6, 0.2, 0.2)):
        declared, votes = characteristics_of_counts(winner, limit, shares)
        if shares == EQUAL:
            cells.append(_percent(float(declared.sum())))
        else:
            cells.append(f"{_percent(float(declared[0]))}, {votes:.1f}")
    return (name, *cells)


@cache
def _p_best(counts: tuple[int, ...]) -> float:
    return max(probability_most_picked(counts))


# Checks by the rules themselves


def _through_the_rules() -> Section:
    """Sessions on real ballots, read by `assess`: the exact figures must lie in their intervals.

    Users who do not look take the first option that the ballot shows.
    """
    cells: list[tuple[str, LeadRule, Sequence[float], float]] = [
        ("live gate, equal, 20 % take the first option", TwoGate(LIMIT), (0.5, 0.5), 0.2),
        ("live gate, one at 60:40", TwoGate(LIMIT), (0.6,), 0.0),
        ("users alone, 75:25 and 50:50", TasteOnly(LIMIT), (0.75, 0.5), 0.0),
    ]
    rows: list[tuple[object, ...]] = []
    bars: list[Bar] = []
    for seed, (name, rule, liked, first) in enumerate(cells):
        promoted, votes = _assessed(rule, picks(liked, Users()), first, seed)
        found = operating_characteristics(rule, LIMIT, [picks(liked, Users(first))])
        exact = float(found.any_promoted[0])
        low, high = wilson_interval(promoted, SESSIONS, 0.999) or (0.0, 1.0)
        rows.append((name, _simulated(promoted / SESSIONS), _percent(exact), f"{votes:.2f}"))
        rows[-1] += (f"{found.votes[0]:.2f}",)
        target = f"in {low:.4f} … {high:.4f}, simulated through the rule"
        bars.append(Bar(f"exact figure, {name}", round(exact, 4), target, low <= exact <= high))
    head = ("session", "promoted, simulated", "exact", "votes, simulated", "exact")
    text = f"The rules themselves on real ballots, {SESSIONS:,} sessions a row"
    return f"{text}\n{table(head, rows)}", bars


def _assessed(
    rule: LeadRule, shares: Sequence[float], take_first: float, seed: int
) -> tuple[int, float]:
    rng = random.Random(seed)
    incumbent = Arm("0", "", "incumbent")
    arms = (incumbent, *(Arm(x, x, "challenger") for x in "AB"[: len(shares) - 1]))
    shown, start = rule.arms_shown(arms), datetime(2024, 9, 1, tzinfo=UTC)
    promoted, votes = 0, 0
    for _ in range(SESSIONS):
        outcomes = []
        for arm in rng.choices(shown, shares, k=LIMIT):
            ballot = make_ballot("", "", {each.id: each.id for each in shown}, rng)
            order = tuple(arm_id for (arm_id,) in ballot.options)
            picked = order[0] if rng.random() < take_first else arm.id
            outcomes.append(Outcome(order, None, picked, "", start))
        evidence = rule.assess(arms, outcomes, start, start)
        promoted += evidence.state == "promote"
        votes += evidence.votes
    return promoted, votes / SESSIONS


def _single_mode() -> Section:
    from single_mode_cells import cells

    return cells(_say)


# Formats of figures


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _range(shares: Sequence[float]) -> str:
    low, high = (f"{100 * share:.1f}" for share in (min(shares), max(shares)))
    return f"{low} %" if low == high else f"{low} to {high} %"


def _simulated(share: float) -> str:
    low, high = wilson_interval(round(share * SESSIONS), SESSIONS) or (0.0, 1.0)
    return f"{100 * share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _ratio(liked: float) -> str:
    return f"{round(100 * liked)}:{round(100 * (1 - liked))}"


def _at_most(name: str, value: float, bar: float) -> Bar:
    return Bar(name, round(value, 4), f"<= {bar}", value <= bar)


def _at_least(name: str, value: float, bar: float) -> Bar:
    return Bar(name, round(value, 4), f">= {bar}", value >= bar)
