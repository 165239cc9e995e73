from __future__ import annotations

import random
from dataclasses import replace

from tests.evolution.world import INCUMBENT, LABELS, candidate, problem, work
from tinyarms.evolution.operators.base import OperatorInput
from tinyarms.evolution.operators.without_model.from_other_skills import Inherit
from tinyarms.evolution.problem import Inherited

LABELLED = "Label the text as negative or positive."
TOLD = Inherited("word_contract", 5, 3, sentences=(LABELLED, "Be brief."), source="mails")


def drafts(inherited: tuple[Inherited, ...]) -> set[str]:
    found = set()
    for seed in range(30):
        given = replace(problem(LABELS, search=2, selection=1), inherited=inherited)
        parent = candidate(INCUMBENT.text)
        draft = work(Inherit(), OperatorInput(given, parent, parent, (), random.Random(seed)))[0]
        if draft is not None:
            found.add(draft.prompt.text)
    return found


def test_what_others_learned_goes_in_or_stands_alone() -> None:
    texts = drafts((TOLD,))
    assert any(text.startswith(LABELLED) for text in texts)
    assert any("feels. Be brief." in text for text in texts)
    assert all("{{text}}" in text for text in texts)


def test_with_nothing_learned_it_proposes_nothing() -> None:
    assert drafts(()) == set()
    assert drafts((replace(TOLD, sentences=()),)) == set()
