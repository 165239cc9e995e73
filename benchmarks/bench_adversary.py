"""`adversary`: how often accidents, floods and invented users promote a worse prompt.

Users and models are simulated; the product decides. Corrections, tasks and names go through a real
project (SQLite, `run`, `feedback`, the offline gate). Further sessions are drawn on its content,
each with its own model: the product's `held_out_examples` and `paired_gate` read them. Votes are
drawn too; `is_counted` and the rules' own `assess` read them. Session n has seed n; row n of a
table of votes has seed n.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from bars import Bar, Report, table
from made_up_project import (
    CORRECTED,
    OUTAGE_CALLS,
    SKILL,
    TEST,
    MadeUpModel,
    correct,
    gate_of_challenger,
    make_project,
    open_with,
    right,
    wrong,
)
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.offline_gate import paired_gate
from tinyarms.experiments.rule import Rule
from tinyarms.experiments.rules.taste_only import TasteOnly
from tinyarms.experiments.rules.two_gate import TwoGate
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.tasks import run as run_task
from tinyarms.loop.testing.held_out import held_out_examples
from tinyarms.skills.example import Example
from tinyarms.stats.binomial import wilson_interval
from voting_weeks import ALL_ON, MIN_TASKS, Defences, Voter, promoted_weeks

SESSIONS, CORRECTIONS = 200, 500
TENTHS = 10
WEEKS, CURVE_WEEKS, POWER_WEEKS = 4000, 2000, 4000
ACCURACIES = (0.80, 0.60)
"""Accuracies of the incumbent and the challenger on gold: the challenger is worse."""
USERS = 20
"""People and Sybils together where users alone decide."""
VOTES, FLOOD, LIMIT = 72, 300, 50
"""Votes of a week, votes of one voter who floods a test, and the test's limit."""
NONE = Defences(ahead=None, min_tasks=0, merged=False)
Section = tuple[str, list[Bar]]


@dataclass(frozen=True)
class Crowd:
    """Users who correct outputs, in turn."""

    name: str
    users: int
    wrong_of_ten: tuple[int, ...]
    """How many of ten corrections are wrong, for the first user, the second and so on; further
    users start again at the first number."""
    promoting: tuple[Voter, ...] = ()
    """Who votes if the challenger passes the gate; without them, all users vote for it."""


SYBILS = tuple(Voter(f"user {number}", 1.0 if number % 10 < 3 else 0.3) for number in range(USERS))
CROWDS = (
    Crowd("500 wrong corrections by one user", 1, (10,)),
    Crowd("500 wrong corrections by 50 users", 50, (10,)),
    Crowd("30 % wrong corrections by each of 50 users", 50, (3,)),
    Crowd("30 % Sybils, who correct and vote for it", USERS, (10,) * 3 + (0,) * 7, SYBILS),
)


@dataclass(frozen=True)
class Corrected:
    """The content of a project after the corrections, and the result of its gate."""

    counted: int
    """Corrections that count."""
    offered: int
    """Collected examples that a new search may read."""
    in_test: int
    """Those that the gate reads."""
    let_in: int
    """Sessions in which the worse prompt passes the gate."""
    promoted: int


def run(options: argparse.Namespace) -> Report:
    """All sections in turn; each reports its duration on stderr."""
    del options
    texts, bars = [], list[Bar]()
    for section in (_corrections, _outages, _floods, _new_names, _curve, _honest):
        began = perf_counter()
        text, more = section()
        name = section.__name__.strip("_").replace("_", " ")
        print(f"{name}: {perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        texts.append(text)
        bars += more
    return Report("\n\n".join(texts), tuple(bars))


# Corrections


def _corrections() -> Section:
    bars, rows = list[Bar](), list[tuple[object, ...]]()
    for crowd in CROWDS:
        with tempfile.TemporaryDirectory() as folder:
            found = corrected(Path(folder), crowd, CORRECTIONS, SESSIONS)
        rows.append((crowd.name, found.counted, found.offered, found.in_test, found.let_in))
        rows[-1] += (found.promoted,)
        bars.append(_none(crowd.name, found.promoted, SESSIONS))
    head = ("corrections", "counted", "a search may read", "the gate reads", "let in", "promoted")
    text = (
        f"{CORRECTIONS} corrections, then {SESSIONS} sessions of a prompt that is right on "
        f"{ACCURACIES[1]:.0%} of the gold examples;\nthe incumbent is on {ACCURACIES[0]:.0%}. "
        "It answers as the corrections say. A prompt that passes the gate counts as promoted,\n"
        "except with Sybils: there users vote too."
    )
    return f"{text}\n{table(head, rows)}", bars


def corrected(folder: Path, crowd: Crowd, corrections: int, sessions: int) -> Corrected:
    """Send the corrections to a new project and draw the sessions on it; the first is a real one.

    Raises `RuntimeError` if the real gate and the drawn one disagree.
    """
    make_project(folder)
    answers = _answers(crowd, corrections)
    model = MadeUpModel(0, ACCURACIES, {number: answer for number, _, answer in answers})
    context = open_with(folder, model)
    try:
        sent = [correct(context, number, user, answer) for number, user, answer in answers]
        skill = context.skill(SKILL).skill
        held_out = held_out_examples(context, skill)
        drawn = [gate(held_out, replace(model, seed=seed)) for seed in range(sessions)]
        report, _ = gate_of_challenger(context)
        if not report.challengers[0].reason.startswith(drawn[0].reason):
            raise RuntimeError(f"Drawn: {drawn[0].reason} Real: {report.challengers[0].reason}")
        collected = [e for e in context.example_set(skill).offered if e.origin == "collected"]
    finally:
        context.close()
    let_in = [seed for seed, found in enumerate(drawn) if _is_let_in(found)]
    promoted = len(let_in)
    if crowd.promoting:
        weeks = [promoted_weeks(TwoGate(LIMIT), 1, s, crowd.promoting, VOTES) for s in let_in]
        promoted = sum(times for times, _ in weeks)
    return Corrected(
        counted=sum(bool(each.counted) for each in sent),
        offered=len(collected),
        in_test=sum(example.origin == "collected" for example in held_out),
        let_in=len(let_in),
        promoted=promoted,
    )


def _answers(crowd: Crowd, corrections: int) -> list[tuple[int, str, str]]:
    """(number of the text, user, the answer that the user calls right)."""
    answers = []
    for place in range(corrections):
        user, turn = place % crowd.users, place // crowd.users
        is_wrong = turn % 10 < crowd.wrong_of_ten[user % len(crowd.wrong_of_ten)]
        number = CORRECTED + place
        answers.append((number, f"user {user}", wrong(number) if is_wrong else right(number)))
    return answers


def gate(held_out: Sequence[Example], model: MadeUpModel) -> GateEvidence:
    """The offline gate on these examples, with the model's answers."""
    incumbent, challenger = (
        {
            e.id: model.answer(is_challenger, " ".join(e.inputs.values())) == e.expected
            for e in held_out
        }
        for is_challenger in (False, True)
    )
    return paired_gate(incumbent, challenger, finalists=1)


def _is_let_in(found: GateEvidence) -> bool:
    return found.passed and found.gain is not None and found.gain >= 0.05


# Outages


def _outages() -> Section:
    seeds = SESSIONS // TENTHS
    with tempfile.TemporaryDirectory() as folder:
        found = [outage(Path(folder), tenth, seeds) for tenth in range(TENTHS)]
    rows: list[tuple[object, ...]] = [
        (f"{tenth + 1} of {TENTHS}", seeds, interruptions, promoted)
        for tenth, (promoted, interruptions) in enumerate(found)
    ]
    head = ("outage at the beginning of tenth", "sessions", "interruptions", "let in")
    text = (
        f"{OUTAGE_CALLS} calls in a row fail during an offline gate of {TEST} examples, which is "
        f"repeated until it is complete\n{table(head, rows)}"
    )
    promoted = sum(let_in for let_in, _ in found)
    return text, [_none("an outage at every tenth of a gate", promoted, seeds * TENTHS)]


def outage(folder: Path, tenth: int, seeds: int) -> tuple[int, int]:
    """Real gates with an outage at this tenth (0 to 9): how many the worse prompt passes, and how
    often one was interrupted in all."""
    first = 1 + tenth * 2 * TEST // TENTHS
    let_in = interruptions = 0
    for seed in range(seeds):
        place = folder / f"{tenth}-{seed}"
        make_project(place)
        model = MadeUpModel(
            TENTHS * seed + tenth,
            ACCURACIES,
            fails=lambda call: first <= call < first + OUTAGE_CALLS,
        )
        context = open_with(place, model)
        try:
            report, times = gate_of_challenger(context)
        finally:
            context.close()
        let_in += report.started
        interruptions += times
    return let_in, interruptions


# Floods of votes


def _floods() -> Section:
    """One voter always votes for the worse prompt."""
    bars, rows = list[Bar](), list[tuple[object, ...]]()
    let_in = len(_let_in_of_gold())
    rows.append(("both gates, worse on gold", "any time", "", f"{let_in} of {SESSIONS}"))
    bars.append(_none("one voter floods, both gates, worse on gold", let_in, SESSIONS))
    for seed, (when, days) in enumerate(FLOODS.items()):
        promoted, counted = flooded(TasteOnly(LIMIT), SESSIONS, seed, days)
        rows.append(("users alone", when, f"{counted:.1f}", f"{promoted} of {SESSIONS}"))
        bars.append(_none(f"one voter floods, users alone, {when}", promoted, SESSIONS))
    head = ("who decides", "the flood comes", "votes counted", "promoted")
    text = (
        f"One voter floods a test with {FLOOD} votes; eight others give {VOTES} and prefer the "
        "incumbent 80:20. With both gates\nthe votes are not drawn: a prompt that passes counts "
        "as promoted. The others have run tasks before the test."
    )
    return f"{text}\n{table(head, rows)}", bars


FLOODS = {
    "from the second day on": (1.0, 7.0),
    "at random times": (0.0, 7.0),
    "in the first hour": (0.0, 1 / 24),
}
"""When the flood comes → its first and last day."""


def _let_in_of_gold() -> list[int]:
    """The seeds of the sessions in which the worse prompt passes the gate on gold."""
    with tempfile.TemporaryDirectory() as folder:
        make_project(Path(folder))
        context = open_with(Path(folder), MadeUpModel(0, ACCURACIES))
        try:
            held_out = held_out_examples(context, context.skill(SKILL).skill)
        finally:
            context.close()
    seeds = range(SESSIONS)
    return [s for s in seeds if _is_let_in(gate(held_out, MadeUpModel(s, ACCURACIES)))]


def flooded(rule: Rule, weeks: int, seed: int, days: tuple[float, float]) -> tuple[int, float]:
    """In how many weeks the flood promotes the worse prompt, and the counted votes of a week."""
    others = [Voter(f"user {number}", 0.2) for number in range(8)]
    flood = Voter("flood", 1.0, pace=FLOOD * len(others) / VOTES, days=days)
    return promoted_weeks(rule, weeks, seed, [*others, flood], VOTES + FLOOD)


# Sybils where users alone decide


def _new_names() -> Section:
    """Sybils with fewer tasks than a name needs for its votes to count."""
    bars, rows = list[Bar](), list[tuple[object, ...]]()
    none: tuple[float, float] | None = None
    for seed, share in enumerate((0.0, 0.3, 0.5)):
        voters = counted_by_project(sybils(share, liked=0.5), MIN_TASKS - 1)
        promoted, _ = promoted_weeks(TasteOnly(LIMIT), WEEKS, seed, voters, VOTES)
        low, high = wilson_interval(promoted, WEEKS) or (0.0, 1.0)
        rows.append((f"{share:.0%}", _share(promoted, WEEKS)))
        if none is None:
            none = low, high
            continue
        is_equal = low <= none[1] and none[0] <= high
        name = f"users alone, {share:.0%} Sybils of {MIN_TASKS - 1} tasks: promoted"
        target = f"{none[0]:.4f} … {none[1]:.4f}, that of none, within the intervals"
        bars.append(Bar(name, round(promoted / WEEKS, 4), target, is_equal))
    text = (
        f"Users alone, Sybils of {MIN_TASKS - 1} tasks each, {WEEKS:,} weeks a row; the others "
        "like both prompts alike"
    )
    return f"{text}\n{table(('Sybils', 'promoted'), rows)}", bars


def sybils(share: float, liked: float) -> list[Voter]:
    """Users of whom a share always picks the challenger."""
    false = round(share * USERS)
    return [Voter(f"user {number}", 1.0 if number < false else liked) for number in range(USERS)]


def counted_by_project(voters: Sequence[Voter], tasks: int) -> list[Voter]:
    """Whose votes a real project counts after so many tasks per Sybil and enough per user."""
    with tempfile.TemporaryDirectory() as folder:
        make_project(Path(folder))
        context = open_with(Path(folder), MadeUpModel(0, ACCURACIES))
        try:
            for voter in voters:
                for number in range(tasks if voter.liked == 1 else MIN_TASKS):
                    run_task(context, SKILL, {"text": f"comment {number}"}, user=voter.name)
        finally:
            context.close()  # writes queued rows
        return _with_counts(open_with(Path(folder), MadeUpModel(0, ACCURACIES)), voters)


def _with_counts(context: Context, voters: Sequence[Voter]) -> list[Voter]:
    least = context.project.settings.ab_testing.min_tasks
    try:
        with context.store.read() as work:
            return [replace(v, counts=work.tasks.has_run(v.name, least)) for v in voters]
    finally:
        context.close()


def _curve() -> Section:
    """Sybils that run tasks like real users; only an offline gate stops them."""
    rows: list[tuple[object, ...]] = []
    for seed, share in enumerate((0.0, 0.1, 0.2, 0.3, 0.4, 0.5)):
        voters = sybils(share, liked=0.3)
        promoted, _ = promoted_weeks(TasteOnly(LIMIT), CURVE_WEEKS, seed, voters, VOTES)
        rows.append((f"{share:.0%}", _share(promoted, CURVE_WEEKS)))
    text = (
        f"Users alone, Sybils that run tasks too, {CURVE_WEEKS:,} weeks a row; the others prefer "
        "the incumbent 70:30"
    )
    return f"{text}\n{table(('Sybils', 'promoted'), rows)}", []


# Costs for honest users


@dataclass(frozen=True)
class World:
    """Honest users who prefer a better prompt."""

    name: str
    paces: tuple[float, ...]
    """How often each of them votes, relative to the others."""
    same: float = 0
    """The share of tasks on which the prompts give the same output."""
    new: int = 0
    """How many of them have run no task before the week."""

    def voters(self, liked: float) -> list[Voter]:
        return [
            Voter(f"user {number}", liked, pace, 0 if number < self.new else MIN_TASKS)
            for number, pace in enumerate(self.paces)
        ]


WORLDS = (
    World("3 of 12 vote, equal pace", (1, 1, 1)),
    World("3 of 12 vote, pace 3 : 2 : 1", (3, 2, 1)),
    World("12 vote, half of them new", (1,) * 12, new=6),
    World("12 vote, same output on 30 % of tasks", (1,) * 12, same=0.3),
    World("12 vote, same output on 50 % of tasks", (1,) * 12, same=0.5),
)
LIKED: tuple[tuple[Rule, float], ...] = ((TwoGate(LIMIT), 0.60), (TasteOnly(LIMIT), 0.70))
"""For each rule, the share of users who prefer the better prompt: the rule then finds it often but
not always, so that a loss of power would show."""


def _honest() -> Section:
    bars, rows = list[Bar](), list[tuple[object, ...]]()
    for seed, world in enumerate(WORLDS):
        for rule, liked in LIKED:
            before, after = power(rule, world, liked, POWER_WEEKS, seed)
            shares = _share(before, POWER_WEEKS), _share(after, POWER_WEEKS)
            rows.append((world.name, rule.name, f"{liked:.0%}", *shares))
            lost = (before - after) / POWER_WEEKS
            name = f"{world.name}, {rule.name}: power lost by the defences"
            bars.append(Bar(name, round(lost, 4), "<= 0.03", lost <= 0.03))
    head = ("users", "rule", "for the better", "without defences", "with them")
    text = (
        f"Honest users, {VOTES} ballots a week, {POWER_WEEKS:,} weeks a row: the better prompt is "
        "promoted.\nThe defences: caps, a minimum of tasks per name, merging of equal outputs."
    )
    return f"{text}\n{table(head, rows)}", bars


def power(rule: Rule, world: World, liked: float, weeks: int, seed: int) -> tuple[int, int]:
    """In how many weeks the better prompt is promoted, without the defences and with them."""
    voters = world.voters(liked)
    without, with_them = (
        promoted_weeks(rule, weeks, seed, voters, VOTES, same=world.same, defences=each)[0]
        for each in (NONE, ALL_ON)
    )
    return without, with_them


# Formats of figures


def _share(count: int, n: int) -> str:
    low, high = wilson_interval(count, n) or (0.0, 1.0)
    return f"{100 * count / n:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _none(name: str, promoted: int, sessions: int) -> Bar:
    return Bar(f"{name}: promoted of {sessions}", promoted, "= 0", promoted == 0)
