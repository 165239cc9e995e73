"""Operators that edit sentences, without a model."""

from __future__ import annotations

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.constants import ADVICE_CHANCE, REMOVE_WORDING_CHANCE, REPLACE_CHANCE
from tinyarms.evolution.operators.base import OperatorInput, PlainOperator
from tinyarms.evolution.operators.sentences import join_sentences, split_sentences
from tinyarms.evolution.operators.without_model.label_order import in_order
from tinyarms.skills.contract import Contract

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
    """Sentences that state the contract, with the labels in the contract's order.

    There is none for a pattern: a tiny model cannot read a regular expression.
    """
    if not contract.labels:
        wording = "" if contract.kind == "pattern" else contract.wording()
        return (wording,) if wording else ()
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


class EditSentences(PlainOperator):
    """Add, delete or swap whole sentences, or recombine those of two parents."""

    name = "edit_sentences"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        rng, sentences = inputs.rng, split_sentences(inputs.instruction)
        others = split_sentences(inputs.second_parent.instruction)
        edits = ["add", *(["delete", "swap"] if len(sentences) > 1 else [])]
        if sentences and inputs.second_parent is not inputs.parent:
            edits.append("recombine")
        edit = rng.choice(edits)
        if edit == "add":
            index = rng.randint(0, len(sentences))
            sentences = [*sentences[:index], rng.choice(ADVICE), *sentences[index:]]
        elif edit == "delete":
            sentences.pop(rng.randrange(len(sentences)))
        elif edit == "swap":
            index = rng.randrange(len(sentences) - 1)
            sentences[index], sentences[index + 1] = sentences[index + 1], sentences[index]
        else:
            cut, other_cut = rng.randint(1, len(sentences)), rng.randint(0, len(others))
            sentences = sentences[:cut] + others[other_cut:]
        unique = list(dict.fromkeys(sentences))
        return Draft(
            inputs.with_instruction(join_sentences(unique)),
            inputs.parent.mutation_prompt,
            crossed=edit == "recombine",
        )


class WordContract(PlainOperator):
    """Add a sentence that states the contract, remove it, or use it as the instruction."""

    name = "word_contract"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        contract = inputs.problem.contract
        wordings = contract_wordings(contract)
        if not wordings:
            return None
        rng, sentences = inputs.rng, split_sentences(inputs.instruction)
        labels = contract.labels
        wording = in_order(rng.sample(labels, len(labels)), rng.choice(wordings))
        others = [s for s in sentences if in_order(labels, s) not in wordings]
        states_contract = len(others) < len(sentences)
        if others and states_contract and rng.random() < REMOVE_WORDING_CHANCE:
            changed = others
        elif rng.random() < REPLACE_CHANCE:
            changed = [wording]
        else:
            changed = [*others, wording]
        return Draft(
            inputs.with_instruction(join_sentences(changed)), inputs.parent.mutation_prompt
        )


class Describe(PlainOperator):
    """Use the skill's description as the instruction."""

    name = "describe"

    def draft(self, inputs: OperatorInput) -> Draft | None:
        sentences = [inputs.problem.description.strip()]
        if inputs.rng.random() < ADVICE_CHANCE:
            sentences.append(inputs.rng.choice(ADVICE))
        return Draft(inputs.with_instruction(" ".join(sentences)))
