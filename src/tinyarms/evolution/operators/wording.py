"""Operators on sentences, without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.skills.contract import Contract, Labels
from tinyarms.skills.template import split_frame

ADVICE = (
    "Read the whole input first.",
    "Use the words of the input.",
    "Name what matters most.",
    "Be specific.",
    "Be brief.",
    "Leave out what is not important.",
    "Give only the answer.",
    "Do not explain.",
)
"""Sentences that fit most tasks."""
_NUMBER = re.compile(r"\s*\d+[.)]\s+")
_BETWEEN_LABELS = r"(?:\s*[,/|]\s*(?:(?:or|and)\s+)?|\s+(?:or|and)\s+)"
_LIST_LINE = re.compile(r"(?:[-*+•]|\d+[.)])\s|#+\s")


def contract_wordings(contract: Contract) -> tuple[str, ...]:
    """Ways to say in a sentence what the contract asks for, labels in the contract's order."""
    if not isinstance(contract, Labels):
        return (contract.wording(),) if contract.kind == "json_schema" else ()
    either = " or ".join(contract.labels)
    listed = ", ".join(contract.labels)
    return (
        f"Label the text as {either}, and answer with a single label.",
        f"Determine whether the text is {either}.",
        f"Given a text, classify it as {either}.",
        f"Choose the label that fits the text best: {listed}.",
        f"Which one is it: {either}?",
        contract.wording(),
    )


def in_order(labels: Sequence[str], text: str) -> str:
    """The text with the labels named in this order wherever two or more of them are listed.

    A list that lacks some of the labels has the others in this order.
    """

    def listed(found: re.Match[str]) -> str:
        named = set(_one_of(labels).findall(found.group()))
        ordered = iter([label for label in labels if label in named])
        places = _one_of(labels).findall(found.group())
        if len(places) != len(named):
            return found.group()
        return _one_of(labels).sub(lambda _: next(ordered), found.group())

    label = f"[\"'`*]?{_one_of(labels).pattern}[\"'`*]?"
    return re.sub(f"{label}(?:{_BETWEEN_LABELS}{label})+", listed, text)


def _one_of(labels: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(labels, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


class OrderLabels:
    """The labels are named in another order, which moves a tiny model's preference for some.

    Models lean to what stands at a certain place of a list (Pezeshkpour & Hruschka 2023,
    arXiv 2308.11483); to which, the race finds out.
    """

    name = "order_labels"

    def __call__(self, material: Material) -> Writing:
        contract = material.problem.contract
        if not isinstance(contract, Labels) or len(contract.labels) < 2:
            return None
        order = material.rng.sample(contract.labels, len(contract.labels))
        changed = in_order(order, material.instruction)
        if changed == material.instruction:
            changed = in_order(order[::-1], material.instruction)
        if changed == material.instruction:
            return None
        return Draft(material.with_instruction(changed), material.parent.mutation_prompt)
        yield  # an operator is a generator, even one that asks nothing


class EditSentences:
    """Add, delete, swap or recombine whole sentences."""

    name = "edit_sentences"

    def __call__(self, material: Material) -> Writing:
        rng, sentences = material.rng, split_sentences(material.instruction)
        others = split_sentences(split_frame(material.mate.prompt.text)[0])
        edits = ["add", *(["delete", "swap"] if len(sentences) > 1 else [])]
        if sentences and material.mate is not material.parent:
            edits.append("recombine")
        edit = rng.choice(edits)
        if edit == "add":
            place = rng.randint(0, len(sentences))
            sentences = [*sentences[:place], rng.choice(ADVICE), *sentences[place:]]
        elif edit == "delete":
            sentences.pop(rng.randrange(len(sentences)))
        elif edit == "swap":
            place = rng.randrange(len(sentences) - 1)
            sentences[place], sentences[place + 1] = sentences[place + 1], sentences[place]
        else:
            cut, other_cut = rng.randint(1, len(sentences)), rng.randint(0, len(others))
            sentences = sentences[:cut] + others[other_cut:]
        unique = list(dict.fromkeys(sentences))
        return Draft(
            material.with_instruction(join_sentences(unique)),
            material.parent.mutation_prompt,
            crossed=edit == "recombine",
        )
        yield  # an operator is a generator, even one that asks nothing


class WordContract:
    """The contract's wording goes in, comes out, or takes the place of the instruction."""

    name = "word_contract"

    def __call__(self, material: Material) -> Writing:
        contract = material.problem.contract
        wordings = contract_wordings(contract)
        if not wordings:
            return None
        rng, sentences = material.rng, split_sentences(material.instruction)
        labels = contract.labels if isinstance(contract, Labels) else ()
        wording = in_order(rng.sample(labels, len(labels)), rng.choice(wordings))
        others = [s for s in sentences if in_order(labels, s) not in wordings]
        if others and len(others) < len(sentences) and rng.random() < 0.3:
            changed = others
        elif rng.random() < 0.5:
            changed = [wording]
        else:
            changed = [*others, wording]
        return Draft(
            material.with_instruction(join_sentences(changed)), material.parent.mutation_prompt
        )
        yield  # an operator is a generator, even one that asks nothing


class Describe:
    """The skill's description becomes the instruction."""

    name = "describe"

    def __call__(self, material: Material) -> Writing:
        sentences = [material.problem.description.strip()]
        if material.rng.random() < 0.5:
            sentences.append(material.rng.choice(ADVICE))
        return Draft(material.with_instruction(" ".join(sentences)))
        yield  # an operator is a generator, even one that asks nothing


def split_sentences(text: str) -> list[str]:
    """Sentences and list lines, trimmed, empty ones left out."""
    sentences = []
    for line in text.splitlines():
        number = _NUMBER.match(line)
        head = number.group() if number else ""  # its point ends no sentence
        first, *others = re.split(r"(?<=[.!?])\s+", line[len(head) :])
        sentences += [head + first, *others]
    return [sentence.strip() for sentence in sentences if sentence.strip()]


def join_sentences(sentences: Sequence[str]) -> str:
    """The inverse of `split_sentences`: one after the other, list lines on lines of their own."""
    text = ""
    for before, sentence in pairwise(["", *sentences]):
        on_its_own = _LIST_LINE.match(before) or _LIST_LINE.match(sentence)
        text += ("\n" if on_its_own else " ") + sentence
    return text.strip()
