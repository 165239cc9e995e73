"""EvoPrompt's operators (Guo et al. 2023, arXiv 2309.08532), one completion for each step.

The paper has a large model do all the steps in one reply, with the steps numbered in the request.
A tiny one loses the thread, so that each step is asked for alone, as a completion.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.operators.base import Material, Operator, Writing
from tinyarms.evolution.operators.sentences import split_sentences
from tinyarms.evolution.operators.with_writer.completion import Combine, Rewrite
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.template import split_frame

_Piece = Generator[ModelRequest, str, str]


class CrossAndMutate:
    """GA: one instruction from two, then that one in other words."""

    name = "cross_and_mutate"

    def __call__(self, material: Material) -> Writing:
        if material.mate is material.parent:
            return None
        both = yield from _piece(Combine(), material, material.instruction, _said(material.mate))
        changed = (yield from _piece(Rewrite(), material, both)) if both else ""
        return Draft(material.with_instruction(changed), crossed=True)


@dataclass(frozen=True)
class MutateDifference:
    """DE: where two others differ is mutated, put into the best (the mate), and then crossed.

    The sentences of the second donor that the first has not are the difference; in the paper the
    model finds it.
    """

    donors: tuple[Candidate, Candidate]
    name: str = "mutate_difference"

    def __call__(self, material: Material) -> Writing:
        one, other = (split_sentences(_said(donor)) for donor in self.donors)
        different = " ".join(sentence for sentence in other if sentence not in one)
        mutated = yield from _piece(Rewrite(), material, different or " ".join(other))
        best = _said(material.mate)
        better = (yield from _piece(Combine(), material, best, mutated)) if mutated else ""
        if better and material.mate is not material.parent:
            better = yield from _piece(Combine(), material, material.instruction, better)
        sources = tuple(donor.id for donor in self.donors if donor is not material.mate)
        return Draft(material.with_instruction(better), crossed=True, sources=sources)


def _piece(operator: Operator, material: Material, text: str, other: str = "") -> _Piece:
    """What the operator makes of a text, or of two; empty if it makes nothing."""
    parent = replace(material.parent, prompt=material.with_instruction(text), mutation_prompt="")
    mate = replace(parent, prompt=material.with_instruction(other))
    draft = yield from operator(replace(material, parent=parent, mate=mate))
    return split_frame(draft.prompt.text)[0] if draft else ""


def _said(candidate: Candidate) -> str:
    return split_frame(candidate.prompt.text)[0]
