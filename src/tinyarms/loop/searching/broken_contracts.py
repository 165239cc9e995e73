"""Replies that break the contract: if nearly all of a search do, its prompts cannot be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tinyarms.core.text import one_line, shorten
from tinyarms.loop.calling.evaluator import EvaluationAnswer
from tinyarms.skills.execution import Unanswered

_NEARLY_ALL = 0.9
"""Share of broken contracts, in [0, 1], from which they count as the reason that nothing better was
found. Lower: it is also said where prompts could still be compared by the rest."""
_ENOUGH_REPLIES = 5
"""Fewest replies that say something about a model. Higher: more calls are spent before it is
said."""
_MOST_CHARACTERS = 120
"""Most characters of a violation that are shown."""


@dataclass
class ContractBreaks:
    """How many replies of a search break the contract."""

    replies: int = 0
    broken: int = 0
    example: str = ""
    """How one of them breaks it, in words."""

    @property
    def are_nearly_all(self) -> bool:
        """Whether so many do that no prompt can be found to be better."""
        return self.replies >= _ENOUGH_REPLIES and self.broken >= _NEARLY_ALL * self.replies

    @property
    def sentence(self) -> str:
        """The numbers, an example, and what to do."""
        example = shorten(one_line(self.example), _MOST_CHARACTERS).rstrip(".")
        return (
            f"{self.broken} of {self.replies} replies break the contract ({example}), so prompts "
            "cannot be compared: say in the prompt what to answer, raise `output.max_tokens`, or "
            "take a model or server that keeps the format (tinyarms doctor)."
        )

    def add(self, answers: Iterable[EvaluationAnswer]) -> None:
        """Count these answers; what has no reply does not count."""
        for answer in answers:
            if answer is None or isinstance(answer, Unanswered):
                continue
            self.replies += 1
            if answer.violation is not None:
                self.broken += 1
                self.example = self.example or answer.violation
