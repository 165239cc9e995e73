"""Operators on sentences, without a model."""

from __future__ import annotations

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.evolution.operators.sentences import join_sentences, split_sentences
from tinyarms.evolution.operators.without_model.label_order import in_order
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
