"""Check a skill's examples, whether a search can use them, and the votes that a test gets."""

from __future__ import annotations

from collections.abc import Iterator

from tinyarms.core.errors import ConfigError, NotEvolvable
from tinyarms.core.text import counted
from tinyarms.experiments.gate_outlook import ROWS_FOR_ONE_HELD_OUT, GateOutlook
from tinyarms.experiments.offline_gate import MIN_TEST_EXAMPLES
from tinyarms.loop.diagnosing.finding import DoctorFinding, found_error
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_report import examined_examples
from tinyarms.loop.searching.estimate import estimate
from tinyarms.loop.searching.pricing import NotPriced
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.loop.testing.forecast import current_rule
from tinyarms.loop.testing.pace_warning import pace_of, pace_remedy
from tinyarms.loop.testing.rounds import seats
from tinyarms.skills.example_set import ExampleSet
from tinyarms.skills.skill import Skill

_ROWS = 3
"""Most unusable rows of a file that are reported one by one."""


def example_findings(
    context: Context, skill: Skill, sets: list[ExampleSet]
) -> Iterator[DoctorFinding]:
    """Rows that cannot be used, and examples that are left out. The set goes to `sets`."""
    report, found = examined_examples(context, skill, _ROWS)
    if found is not None:
        sets.append(found)
    for each in report.findings:
        if each.level != "note":
            yield DoctorFinding("examples", each.level, each.what, skill.name, each.remedy)


def search_findings(
    context: Context, skill: Skill, gates: list[GateOutlook]
) -> Iterator[DoctorFinding]:
    """Whether a search can begin, and whether the offline gate will run, which goes to `gates`."""
    try:
        cost = estimate(context, SearchRequest(skill=skill.name))
    except NotEvolvable as error:
        yield found_error("examples", error, skill.name, level="warning")
        return
    except NotPriced:  # found with the prices
        return
    except ConfigError as error:
        yield found_error("config", error, skill.name)
        return
    gate = cost.gate
    if gate is None:
        return
    gates.append(gate)
    if not gate.missing:
        yield DoctorFinding("examples", "ok", gate.sentence, skill.name)
        return
    rows = counted(ROWS_FOR_ONE_HELD_OUT * gate.missing, "row")
    yield DoctorFinding(
        "examples",
        "warning",
        f"{gate.splits.sentence} The offline gate needs {MIN_TEST_EXAMPLES} held out; without it "
        "users alone decide.",
        skill.name,
        f"Add about {rows} to {skill.examples or 'its examples'}.",
    )


def vote_findings(context: Context, name: str, gate: GateOutlook) -> Iterator[DoctorFinding]:
    """The votes of a week, and what a live test can find with them."""
    settings = context.project.settings
    rule = current_rule(settings, "two_gate" if gate.reads else "taste_only")
    challengers = seats(context, settings.preset, settings.smollm2.variants_per_evolution)
    pace = pace_of(context, name, rule, challengers)
    if pace is None:
        what = "How many votes it gets is not known, or its tests have no limit."
        yield DoctorFinding("votes", "ok", what, name)
        return
    what = f"At most {counted(round(pace.votes_per_week), 'vote')} a week. {pace.sentence}"
    if pace.is_enough:
        yield DoctorFinding("votes", "ok", what, name)
    else:
        yield DoctorFinding("votes", "warning", what, name, pace_remedy(name))
