"""Cross-skill learning: reword what one skill's search learned so that it fits any skill."""

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
    """The sentences that a child added to its parent's, with placeholders for the labels.

    Sentences with a word specific to the skill (from its description, first prompt or labels) are
    left out, because they do not fit another skill.
    """
    inherited = set(split_sentences(parent.instruction))
    added = [s for s in split_sentences(child.instruction) if s not in inherited]
    blank = [_without_labels(sentence, problem.contract) for sentence in added]
    own = _words_of(problem)
    return [sentence for sentence in blank if not _words(sentence) & own]


def worded(sentence: str, contract: Contract) -> str | None:
    """A general sentence worded for this contract; `None` if it needs labels and there are none."""
    if _EITHER not in sentence and _LISTED not in sentence:
        return sentence
    if not contract.labels:
        return None
    either, listed = " or ".join(contract.labels), ", ".join(contract.labels)
    return sentence.replace(_EITHER, either).replace(_LISTED, listed)


def origin(
    candidate: Candidate, candidates: Mapping[str, Candidate], inherited: Iterable[Inherited]
) -> str:
    """The skills and sessions that a candidate's sentences or mutation prompt came from.

    Sources that one of its parents shares are left out. `candidates`: candidates by id.
    """
    if candidate.operator == "incumbent":
        return ""
    parents = [candidates[i] for i in candidate.parents if i in candidates]
    sources = [
        learned.source
        for learned in inherited
        if _uses(candidate, learned) and not any(_uses(parent, learned) for parent in parents)
    ]
    return ", ".join(dict.fromkeys(sources))


def _uses(candidate: Candidate, learned: Inherited) -> bool:
    sentences = split_sentences(candidate.instruction)
    return candidate.mutation_prompt in learned.mutation_prompts or any(
        sentence in sentences for sentence in learned.sentences
    )


def _without_labels(sentence: str, contract: Contract) -> str:
    if not contract.labels:
        return sentence
    either, listed = " or ".join(contract.labels), ", ".join(contract.labels)
    return sentence.replace(either, _EITHER).replace(listed, _LISTED)


def _words_of(problem: Problem) -> set[str]:
    """The words that are specific to this skill."""
    labels = problem.contract.labels
    incumbent = split_frame(problem.incumbent.text)[0]
    of_skill = _words(" ".join((problem.description, incumbent, *labels)))
    return of_skill - _words(" ".join((*ADVICE, *contract_wordings(_NAMELESS))))


def _words(text: str) -> set[str]:
    """Words of four letters or more; shorter ones mostly carry no meaning."""
    return set(re.findall(r"[^\W\d_]{4,}", text.casefold())) - {"either", "labels"}
