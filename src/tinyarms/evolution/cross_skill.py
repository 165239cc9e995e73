"""What one skill's search learns that may help another, in words that fit any skill."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.operators.sentences import split_sentences
from tinyarms.evolution.operators.without_model.wording import ADVICE, contract_wordings
from tinyarms.evolution.problem import Inherited, Problem
from tinyarms.skills.contract import Contract, Labels
from tinyarms.skills.template import split_frame

_EITHER, _LISTED = "{either}", "{labels}"
_NAMELESS = Labels((_EITHER, _EITHER))


def general_sentences(child: Candidate, parent: Candidate, problem: Problem) -> list[str]:
    """The sentences that a child has and its parent has not, the labels left blank.

    Those with a word of the skill (of its description, its first prompt or its labels) are left
    out: they would say nothing about another skill.
    """
    before = set(split_sentences(split_frame(parent.prompt.text)[0]))
    added = [s for s in split_sentences(split_frame(child.prompt.text)[0]) if s not in before]
    blank = [_without_labels(sentence, problem.contract) for sentence in added]
    own = _words_of(problem)
    return [sentence for sentence in blank if not _words(sentence) & own]


def worded(sentence: str, contract: Contract) -> str | None:
    """A general sentence in words for this contract; `None` if it has no labels to fill in."""
    if _EITHER not in sentence and _LISTED not in sentence:
        return sentence
    if not isinstance(contract, Labels):
        return None
    either, listed = " or ".join(contract.labels), ", ".join(contract.labels)
    return sentence.replace(_EITHER, either).replace(_LISTED, listed)


def origin(
    candidate: Candidate, known: Mapping[str, Candidate], inherited: Iterable[Inherited]
) -> str:
    """Which skills and sessions a candidate's sentences or mutation prompt have come from.

    What its parents had already is theirs to tell. `known`: candidates by id.
    """
    if candidate.operator == "incumbent":
        return ""
    parents = [known[i] for i in candidate.parents if i in known]
    sources = [
        each.source
        for each in inherited
        if _has(candidate, each) and not any(_has(parent, each) for parent in parents)
    ]
    return ", ".join(dict.fromkeys(sources))


def _has(candidate: Candidate, each: Inherited) -> bool:
    sentences = split_sentences(split_frame(candidate.prompt.text)[0])
    return candidate.mutation_prompt in each.mutation_prompts or any(
        sentence in sentences for sentence in each.sentences
    )


def _without_labels(sentence: str, contract: Contract) -> str:
    if not isinstance(contract, Labels):
        return sentence
    either, listed = " or ".join(contract.labels), ", ".join(contract.labels)
    return sentence.replace(either, _EITHER).replace(listed, _LISTED)


def _words_of(problem: Problem) -> set[str]:
    """The words that are the skill's own."""
    labels = problem.contract.labels if isinstance(problem.contract, Labels) else ()
    incumbent = split_frame(problem.incumbent.text)[0]
    of_skill = _words(" ".join((problem.description, incumbent, *labels)))
    return of_skill - _words(" ".join((*ADVICE, *contract_wordings(_NAMELESS))))


def _words(text: str) -> set[str]:
    """Words with meaning, more or less: of four letters or more."""
    return set(re.findall(r"[^\W\d_]{4,}", text.casefold())) - {"either", "labels"}
