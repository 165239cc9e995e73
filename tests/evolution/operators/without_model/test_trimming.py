import random
from collections import Counter

import pytest

from tests.evolution.world import FRAME, candidate, problem, work
from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.operators.base import OperatorInput
from tinyarms.evolution.operators.without_model.trimming import Trim
from tinyarms.skills.prompt import Demonstration, Prompt
from tinyarms.skills.template import split_frame


def draft(told: str, seed: int = 0) -> Draft | None:
    parent = candidate(told, mutation_prompt="Shorter")
    return work(Trim(), OperatorInput(problem(), parent, parent, (), random.Random(seed)))[0]


def trimmed(told: str) -> set[str]:
    made = [draft(told, seed) for seed in range(40)]
    return {split_frame(each.prompt.text)[0] for each in made if each}


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ("Please carefully classify the review.", "Classify the review."),
        ("Your task is to classify the review.", "Classify the review."),
        ("In this task, you are asked to classify the review.", "Classify the review."),
        ("your job is to classify the review", "classify the review"),
        ("Classify the review, please.", "Classify the review."),
        ("Read it, and then you should classify it in order to help.", None),
        ("Classify the review (take your time).", "Classify the review."),
        ("You must not explain.", "-"),
        ("Classify the review (positive or negative).", "-"),
        ("Ordne die Kritik ein.", "-"),
    ],
)
def test_idle_words_go(told: str, left: str | None) -> None:
    left = "Read it, and then classify it to help." if left is None else left
    assert trimmed(told) == ({left} - {"-"})


def test_the_sentence_that_has_least_to_do_with_the_task_goes_most_often() -> None:
    task = "Classify the review by the feeling of the writer."
    labels = "It is positive or negative."
    chatter = "Nobody knows how long a summer evening lasts."
    told = " ".join([task, chatter, labels])
    made = Counter(split_frame(d.prompt.text)[0] for s in range(100) if (d := draft(told, s)))
    assert set(made) <= {f"{task} {labels}", f"{chatter} {labels}", f"{task} {chatter}"}
    assert made[f"{task} {labels}"] > 60


def test_sentences_go_in_any_language_and_lines_stay() -> None:
    told = "Classify the review.\n\n- Wer zuerst kommt, mahlt zuerst.\n- Rien ne va plus."
    assert trimmed(told) == {
        "Classify the review.\n\n- Rien ne va plus.",
        "Classify the review.\n\n- Wer zuerst kommt, mahlt zuerst.",
        "- Wer zuerst kommt, mahlt zuerst.\n- Rien ne va plus.",
    }


def test_the_only_sentence_stays() -> None:
    assert draft("Classify the review.") is None
    assert draft("Please.") is None
    bare = Candidate("bare", Prompt("Is {{text}} good?"), "incumbent")
    assert work(Trim(), OperatorInput(problem(), bare, bare, (), random.Random(0))) == (None, [])


def test_frame_and_demonstrations_stay() -> None:
    shown = (Demonstration({"text": "fine"}, "positive"),)
    parent = Candidate("p", Prompt(f"Please say it.\n\n{FRAME}", shown), "manual")
    made, _ = work(Trim(), OperatorInput(problem(), parent, parent, (), random.Random(0)))
    assert made is not None
    assert made.prompt == Prompt(f"Say it.\n\n{FRAME}", shown)
