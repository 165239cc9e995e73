"""How a capable writer is shown cases and returns marked proposals: pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tinyarms.evolution.candidate import Quote

_PROPOSAL = re.compile(r"<proposal>(.*?)</proposal>", re.DOTALL | re.IGNORECASE)
_QUOTE = re.compile(r"<quote\s+case=[\"']?(\d+)[\"']?\s*>(.*?)</quote>", re.DOTALL | re.IGNORECASE)
_PROMPT = re.compile(r"<prompt>(.*?)</prompt>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<(/?(?:case|proposal|prompt|quote)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """A row as the writer is shown it."""

    inputs: str
    notes: tuple[tuple[str, str], ...]
    """(label, text): the answers, and why one is wrong."""


@dataclass(frozen=True)
class MarkedProposal:
    """One proposal of a reply."""

    prompt: str
    quotes: tuple[Quote, ...]


def cases_text(cases: Sequence[Case]) -> str:
    """The cases, numbered from 1."""
    return "\n\n".join(
        "\n".join(
            (
                f'<case number="{number}">',
                f"Input: {_without_tags(case.inputs)}",
                *(f"{label}: {_without_tags(text)}" for label, text in case.notes),
                "</case>",
            )
        )
        for number, case in enumerate(cases, start=1)
    )


def form_text(proposals: int) -> str:
    """What the reply must look like."""
    return (
        f"Reply with {proposals} blocks of exactly this form and with nothing else. The quote is "
        "copied word for word from the input of the case that it names; a proposal whose quote is "
        "not there is thrown away.\n\n"
        "<proposal>\n"
        '<quote case="1">the words of the input that show why it is needed</quote>\n'
        "<prompt>the whole new instruction</prompt>\n"
        "</proposal>"
    )


def read_proposals(reply: str, cases: Sequence[Case]) -> list[MarkedProposal]:
    """The complete proposals of a reply, in its order; what stands around them is ignored."""
    proposals = []
    for block in _PROPOSAL.findall(reply):
        prompt = _PROMPT.search(block)
        if prompt is None or not prompt.group(1).strip():
            continue
        quotes = tuple(_quotes(_QUOTE.findall(block[: prompt.start()]), cases))
        proposals.append(MarkedProposal(prompt.group(1).strip(), quotes))
    return proposals


def _quotes(pairs: Iterable[tuple[str, str]], cases: Sequence[Case]) -> Iterable[Quote]:
    for number, words in pairs:
        exists = len(number) < 4 and 1 <= int(number) <= len(cases)
        row = _without_tags(cases[int(number) - 1].inputs) if exists else ""
        yield Quote(words.strip().strip("\"'“”„«»").strip(), row)


def _without_tags(text: str) -> str:
    """The text, in which nothing can end or begin a block of the form."""
    return _TAG.sub(r"< \1", text)
