import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evolution.world import FRAME, LABELS, PATTERN, candidate, problem, work
from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.operators.base import OperatorInput
from tinyarms.evolution.operators.sentences import join_sentences, split_sentences
from tinyarms.evolution.operators.without_model.label_order import OrderLabels, in_order
from tinyarms.evolution.operators.without_model.wording import (
    ADVICE,
    Describe,
    EditSentences,
    WordContract,
    contract_wordings,
)
from tinyarms.skills.contract import Contract, JsonSchema, Text
from tinyarms.skills.prompt import Demonstration, Prompt
from tinyarms.skills.template import split_frame

THREE = candidate("One is here. Two is here. Three is here.", mutation_prompt="Shorter")
SECOND_PARENT = candidate("Four is there. Five is there.", name="second_parent")


def draft(
    operator: EditSentences | WordContract | Describe | OrderLabels,
    seed: int = 0,
    parent: Candidate = THREE,
    second_parent: Candidate | None = None,
    contract: Contract = LABELS,
) -> Draft | None:
    operator_input = OperatorInput(
        problem(contract, search=2, selection=1),
        parent,
        second_parent or parent,
        (),
        random.Random(seed),
    )
    return work(operator, operator_input)[0]


def instruction(made: Draft | None) -> str:
    assert made is not None
    return split_frame(made.prompt.text)[0]


def edits(second_parent: Candidate | None = None, parent: Candidate = THREE) -> list[list[str]]:
    made = [draft(EditSentences(), seed, parent, second_parent) for seed in range(80)]
    return [split_sentences(instruction(each)) for each in made]


def test_sentences_and_list_lines() -> None:
    assert split_sentences("One. Two!  Three?\n\n- four\n- five ") == [
        *("One.", "Two!", "Three?"),
        *("- four", "- five"),
    ]
    assert split_sentences("") == []


def test_joined_sentences_keep_list_lines_apart() -> None:
    told = "Do this. Then that!\n- four\n- five\n1. six\nAnd go on."
    assert join_sentences(split_sentences(told)) == told
    assert join_sentences(["3 is a number.", "-5 too."]) == "3 is a number. -5 too."
    assert join_sentences([]) == ""


def test_edit_adds_deletes_and_swaps_whole_sentences() -> None:
    before = ["One is here.", "Two is here.", "Three is here."]
    found = edits()
    added = [e for e in found if len(e) == 4]
    assert added and all([s for s in e if s in before] == before for e in added)
    assert all(any(s in ADVICE for s in e) for e in added)
    deleted = [e for e in found if len(e) == 2]
    assert deleted and all(set(e) < set(before) for e in deleted)
    swapped = [e for e in found if len(e) == 3]
    assert swapped and all(sorted(e) == sorted(before) and e != before for e in swapped)
    assert len(added) + len(deleted) + len(swapped) == len(found)


def test_edit_recombines_with_the_mate_and_says_so() -> None:
    made = [draft(EditSentences(), seed, THREE, SECOND_PARENT) for seed in range(80)]
    crossed = [each for each in made if each and each.crossed]
    assert 0 < len(crossed) < len(made)
    assert any("there" in instruction(each) for each in crossed)
    assert all(instruction(each).startswith("One is here.") for each in crossed)
    assert not any("there" in instruction(each) for each in made if each and not each.crossed)


def test_edit_never_deletes_the_only_sentence() -> None:
    assert all("Only this." in e for e in edits(parent=candidate("Only this.")))


def test_edit_of_a_prompt_without_an_instruction_adds_one() -> None:
    parent = Candidate("bare", Prompt("Is {{text}} good?\nLabel:"), "incumbent")
    for seed in range(20):
        made = draft(EditSentences(), seed, parent, SECOND_PARENT)
        assert instruction(made) in ADVICE
        assert made is not None and made.prompt.text.endswith(parent.prompt.text)


def test_a_sentence_does_not_stand_twice() -> None:
    twice = candidate(f"{ADVICE[0]} Two is here.")
    assert all(len(set(e)) == len(e) for e in edits(twice, twice))


@pytest.mark.parametrize("contract", [PATTERN, Text()])
def test_word_contract_has_nothing_to_say_of_other_contracts(contract: Contract) -> None:
    assert draft(WordContract(), contract=contract) is None


def test_every_wording_of_a_label_contract_names_the_labels() -> None:
    wordings = contract_wordings(LABELS)
    assert len(set(wordings)) == len(wordings) >= 5
    assert all("negative" in w and "positive" in w for w in wordings)


def test_word_contract_adds_a_wording_or_puts_it_in_the_place_of_all() -> None:
    wordings = contract_wordings(LABELS)
    made = {instruction(draft(WordContract(), seed)) for seed in range(150)}
    told = split_frame(THREE.prompt.text)[0]
    orders = [
        in_order(order, w) for w in wordings for order in (LABELS.labels, LABELS.labels[::-1])
    ]
    assert made == {*orders, *(f"{told} {w}" for w in orders)}


def test_word_contract_says_it_once_and_can_take_it_out() -> None:
    wordings = contract_wordings(LABELS)
    parent = candidate(f"One is here. {wordings[0]}")
    made = [instruction(draft(WordContract(), seed, parent)) for seed in range(60)]
    assert "One is here." in made
    assert all(sum(w in in_order(LABELS.labels, m) for w in wordings) <= 1 for m in made)


LISTS = [
    ("negative or positive?", "positive or negative?"),
    ('It is "negative" or "positive".', 'It is "positive" or "negative".'),
    ("negative, positive; negative if it is bad", "positive, negative; negative if it is bad"),
    ("negative if it is bad, positive if good", "negative if it is bad, positive if good"),
    ("nonnegative or positively", "nonnegative or positively"),
    ("positive and positive", "positive and positive"),
]


@pytest.mark.parametrize(("before", "after"), LISTS)
def test_labels_change_places_only_where_they_are_listed(before: str, after: str) -> None:
    assert in_order(["positive", "negative"], before) == after


def test_of_many_labels_those_that_are_listed_change_places() -> None:
    order = ["Tech", "World", "Tech news", "Sports"]
    assert in_order(order, "a World, Tech news, or Sports story") == (
        "a World, Tech news, or Sports story"
    )
    assert in_order(order[::-1], "World, Tech news or Tech") == "Tech news, World or Tech"


def test_order_labels_names_them_in_another_order() -> None:
    parent = candidate("Is it negative or positive? Say so.")
    made = {instruction(draft(OrderLabels(), seed, parent)) for seed in range(5)}
    assert made == {"Is it positive or negative? Say so."}
    assert draft(OrderLabels(), parent=THREE) is None
    assert draft(OrderLabels(), parent=parent, contract=PATTERN) is None


def test_word_contract_knows_the_keys_of_a_schema() -> None:
    contract = JsonSchema({"type": "object", "properties": {"action": {}, "who": {}}})
    assert "action, who" in instruction(draft(WordContract(), contract=contract))


def test_describe_starts_from_the_description() -> None:
    made = {instruction(draft(Describe(), seed)) for seed in range(40)}
    said = problem().description
    assert said in made
    assert made - {said} <= {f"{said} {a}" for a in ADVICE}
    assert len(made) > 3


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([EditSentences(), WordContract(), Describe()]),
    st.integers(0, 10_000),
    st.lists(st.sampled_from([*ADVICE, "One.", "- a point"]), max_size=4),
)
def test_frame_and_demonstrations_stay(
    operator: EditSentences | WordContract | Describe, seed: int, told: list[str]
) -> None:
    shown = (Demonstration({"text": "fine"}, "positive"),)
    text = f"{' '.join(told)}\n\n{FRAME}".strip()
    parent = Candidate("p", Prompt(text, shown, {"positive": 1.0}), "manual")
    made = draft(operator, seed, parent, SECOND_PARENT)
    assert made is not None
    assert split_frame(made.prompt.text)[1] == FRAME
    assert made.prompt.demonstrations == shown
    assert not made.prompt.calibration
    assert made == draft(operator, seed, parent, SECOND_PARENT)
