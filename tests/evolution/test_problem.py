"""A search's memory: what its candidates remember, and what the examples suggest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evolution.world import INCUMBENT, PATTERN, example, problem
from tinyarms.evolution.operators.without_model.retrieval import with_memory
from tinyarms.evolution.scoring.stratify import split_demonstrations
from tinyarms.memory.memory import Memory
from tinyarms.skills.contract import Contract, Labels
from tinyarms.skills.prompt import Prompt, Retrieval

LABELS = Labels(("negative", "positive"))


def memory_of(contract: Contract) -> Memory:
    return Memory.of([example(n, contract=contract) for n in range(40)], contract.labels)


def test_a_candidate_remembers_the_examples_of_its_search() -> None:
    memory = memory_of(LABELS)
    searched = replace(problem(), memory=memory)
    elsewhere = replace(INCUMBENT, retrieve=Retrieval(demonstrations=2, snapshot="another"))
    found = searched.remembering(elsewhere)
    assert found.retrieve == Retrieval(demonstrations=2, snapshot=memory.snapshot)
    # Where labels are calibrated, what the examples suggest is weighed for every candidate.
    assert searched.remembering(INCUMBENT).retrieve == Retrieval(snapshot=memory.snapshot)
    assert with_memory(searched).retrieve == Retrieval(demonstrations=4)


def test_a_text_that_shows_no_examples_remembers_none() -> None:
    searched = replace(problem(), contract=PATTERN, memory=memory_of(PATTERN))
    assert searched.remembering(INCUMBENT) is INCUMBENT
    nothing = replace(INCUMBENT, retrieve=Retrieval(snapshot="another"))
    assert searched.remembering(nothing) == INCUMBENT
    shown = searched.remembering(replace(INCUMBENT, retrieve=Retrieval(demonstrations=3)))
    assert shown.retrieve is not None and shown.retrieve.snapshot
    assert searched.suggested(example(0)) == {}


def test_a_search_without_a_memory_takes_it_away() -> None:
    remembered = replace(INCUMBENT, retrieve=Retrieval(demonstrations=2, snapshot="another"))
    assert problem().remembering(remembered) == INCUMBENT
    assert problem().remembering(INCUMBENT) is INCUMBENT
    assert problem().suggested(example(0)) == {}


@pytest.mark.slow
def test_an_example_suggests_nothing_for_itself_or_a_near_copy() -> None:
    rows = [example(n) for n in range(40)]
    twin = replace(rows[0], id="twin", inputs={"text": rows[0].inputs["text"].upper() + "!"})
    searched = replace(problem(), memory=Memory.of([*rows, twin], LABELS.labels))
    without = Memory.of(rows[1:], LABELS.labels)
    expected = without.label_logprobs(rows[0].inputs)
    found = searched.suggested(rows[0])
    assert max(found, key=lambda label: found[label]) == max(
        expected, key=lambda label: expected[label]
    )
    assert found == pytest.approx(expected, abs=0.7)  # only the slopes were fitted with the two
    assert searched.suggested(rows[0]) is found


def test_the_prompt_is_otherwise_the_same() -> None:
    searched = replace(problem(), memory=memory_of(LABELS))
    assert replace(searched.remembering(INCUMBENT), retrieve=None) == INCUMBENT
    assert isinstance(with_memory(searched), Prompt)


@pytest.mark.slow
def test_where_users_share_nothing_an_example_counts_for_its_user_alone() -> None:
    rows = [replace(example(n), user=("", "ada", "ben")[n % 3]) for n in range(60)]
    memory = Memory.of(rows, LABELS.labels)
    searched = replace(problem(), search=tuple(rows), memory=memory, memory_share="user")
    for row in rows[:6]:
        copies = memory.copies(row.inputs)
        assert searched.suggested(row) == memory.label_logprobs(row.inputs, copies, row.user)
    # All users would see the demonstrations of a prompt.
    pool, race = split_demonstrations(searched)
    assert pool and not any(row.user for row in pool)
    assert {row.id for row in (*pool, *race)} == {row.id for row in rows}
    shared, _ = split_demonstrations(replace(searched, memory_share="skill"))
    assert any(row.user for row in shared)
