from __future__ import annotations

from tests.evolution.world import FRAME, problem
from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.protocol import Outcome
from tinyarms.loop.searching.operator_stats import operator_records, operator_views
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import OperatorRecord


def made(name: str, instruction: str, announced: str = "") -> Candidate:
    return Candidate(name, Prompt(f"{instruction}\n\n{FRAME}"), "any", ("p",), announced)


def test_proposals_rejections_winners_and_what_won() -> None:
    parent = Candidate("p", Prompt(f"Say it.\n\n{FRAME}"), "incumbent")
    brief, briefer = made("a", "Say it. Be brief.", "Loudly"), made("b", "Be brief.", "Loudly")
    lost = made("c", "Say it. Be specific.", "Slowly")
    outcome = Outcome(
        candidates=[parent, brief, briefer, lost],
        proposals=[
            Proposal("rewrite", ("p",), "accepted", brief, beat_parent=True),
            Proposal("rewrite", ("p",), "too_similar"),
            Proposal("rewrite", ("p",), "too_similar"),
            Proposal("rewrite", ("p",), "accepted", lost, beat_parent=False),
            Proposal("edit_sentences", ("p",), "accepted", briefer, beat_parent=True),
            Proposal("edit_sentences", ("p",), "empty"),
        ],
    )
    found = operator_records("s", problem(), outcome, writing={"rewrite"})
    assert found == [
        OperatorRecord(
            session_id="s",
            operator="rewrite",
            proposals=4,
            accepted=2,
            rejected={"too_similar": 2},
            beat_parent=1,
            mutation_prompts={"Loudly": 1},
            sentences={"Be brief.": 1},
        ),
        OperatorRecord(
            session_id="s",
            operator="edit_sentences",
            proposals=2,
            accepted=1,
            rejected={"empty": 1},
            beat_parent=1,
            # Nobody was asked: that it was announced so says nothing.
            mutation_prompts={},
            sentences={"Be brief.": 1},
        ),
    ]
    assert operator_views(found)[0].rejected == {"too_similar": 2}
