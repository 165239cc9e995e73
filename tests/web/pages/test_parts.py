"""What pages say and draw without a script."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tests.web.pages.test_escaping import HOSTILE, Marks
from tinyarms.core.prices import Money
from tinyarms.core.settings import Budget
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.loop.reporting.population import CandidateView, PopulationView, RefusedCandidate
from tinyarms.loop.reporting.spent import SpentView
from tinyarms.stats.binomial import exact_sign_test
from tinyarms.web.assets.charting import tree
from tinyarms.web.assets.drawings import gate
from tinyarms.web.assets.rendering import breakable, commands

AT = datetime(2026, 3, 1, tzinfo=UTC)


def evidence(wins: int, losses: int, threshold: float = 0.05) -> GateEvidence:
    p = exact_sign_test(wins, losses)
    return GateEvidence(100, 0.5, 0.6, wins, losses, p, threshold, p <= threshold, True, "")


@pytest.mark.parametrize(("wins", "losses"), [(10, 3), (9, 4), (63, 0), (5, 0), (4, 0), (0, 7)])
def test_the_line_of_the_gate_is_where_the_sign_test_passes(wins: int, losses: int) -> None:
    shown = evidence(wins, losses)
    drawn = gate(shown)
    line = re.findall(r'class="bound" x1="(\d+)"', drawn)
    assert f"it won {wins};" in drawn
    if not line:
        assert exact_sign_test(wins + losses, 0) > 0.05 and "no number is enough" in drawn
        return
    assert (wins >= int(line[0])) == shown.passed


def test_without_differences_no_gate_is_drawn() -> None:
    assert gate(None) == gate(evidence(0, 0)) == ""


def test_a_command_is_code_and_leads_to_its_page() -> None:
    said = commands("Users choose: tinyarms prompt vote file-naming. Or `tinyarms doctor`.")
    assert said == (
        'Users choose: <a href="/skills/file-naming/vote"><code>tinyarms prompt vote file-naming'
        "</code></a>. Or <code>tinyarms doctor</code>."
    )
    assert "<a" not in commands("Read them: tinyarms prompt evolve a --budget 400")


def test_no_text_of_a_sentence_becomes_an_element() -> None:
    for text in (HOSTILE, f"tinyarms prompt vote {HOSTILE}", f"{HOSTILE} tinyarms prompt vote a"):
        assert {tag for tag, _ in Marks(commands(text)).found} <= {"a", "code"}
    assert {tag for tag, _ in Marks(breakable(f"a_{HOSTILE}")).found} <= {"wbr"}


def candidate(id: str, parent: str | None) -> CandidateView:
    return CandidateView(id, parent, 0, "rewrite", "Name it.", 0, 0.5, 10, None, AT)


def test_refused_proposals_stand_below_the_candidate_that_they_would_change() -> None:
    refused = tuple(
        RefusedCandidate("rewrite", parent, reason, HOSTILE, AT)
        for parent, reason in (("a", "too_long"), ("gone", "copy"), (None, "copy"))
    )
    view = PopulationView(
        skill="tickets",
        session_id="s",
        began_at=AT,
        ended_at=None,
        searching=True,
        running=None,
        reason="manual",
        writer="m",
        budget=Budget(calls=100),
        spent=SpentView(10, 100, 1.0),
        task_calls=10,
        money=Money(0.0, 0.0, 0.0, 0.0),
        candidates=(candidate("a", None), candidate("b", "a")),
        operators=(),
        refused=refused,
        refused_by={},
    )
    [root] = tree(view)
    assert [each.candidate.id for each in root.below] == ["b"]
    assert [each.reason for each in root.refused] == ["too_long"]
