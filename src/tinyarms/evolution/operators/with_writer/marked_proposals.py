"""How a capable writer is shown cases and returns marked proposals: pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tinyarms.evolution.candidate import Quote

_MARK = re.compile(r"<(/?)(proposal|prompt|quote)\b([^<>]{0,40})>", re.IGNORECASE)
_CASE = re.compile(r"\s+case=[\"']?(\d{1,3})[\"']?\s*")
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
    """The complete proposals of a reply, in its order; what stands around them is ignored.

    The reply is read once from start to end, because nothing bounds its length.
    """
    proposals: list[MarkedProposal] = []
    opened: dict[str, re.Match[str]] = {}
    prompt, quotes = "", list[Quote]()
    for mark in _MARK.finditer(reply):
        tag = mark[2].lower()
        if not mark[1]:
            if tag == "proposal":
                opened, prompt, quotes = {}, "", []
            opened.setdefault(tag, mark)
            continue
        start = opened.pop(tag, None)
        text = "" if start is None else reply[start.end() : mark.start()].strip()
        if start is not None and tag == "quote":
            quotes.append(_quote(start[3], text, cases))
        elif tag == "prompt":
            prompt = prompt or text
        elif tag == "proposal" and start is not None and prompt:
            proposals.append(MarkedProposal(prompt, tuple(quotes)))
            opened, prompt, quotes = {}, "", []
    return proposals


def _quote(attributes: str, words: str, cases: Sequence[Case]) -> Quote:
    case = _CASE.fullmatch(attributes)
    number = int(case[1]) if case else 0
    row = _without_tags(cases[number - 1].inputs) if 1 <= number <= len(cases) else ""
    return Quote(words.strip("\"'“”„«»").strip(), row)


def _without_tags(text: str) -> str:
    """The text, in which nothing can end or begin a block of the form."""
    return _TAG.sub(r"< \1", text)
