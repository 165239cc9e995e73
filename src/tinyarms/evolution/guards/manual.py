"""Guards for prompts that people wrote: the same rules as for proposed prompts."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.evolution.guards.rules import ACCEPTED, GuardContext, verdict
from tinyarms.evolution.problem import ManualPrompt, Problem
from tinyarms.skills.prompt import Prompt


def manual_verdicts(
    manual: Sequence[ManualPrompt], problem: Problem
) -> tuple[tuple[ManualPrompt, str], ...]:
    """Each prompt with its verdict: `accepted`, or the name of the guard that rejects it.

    A prompt is compared with the incumbent and with those accepted before it.
    """
    accepted: list[Prompt] = []
    verdicts = []
    for candidate in manual:
        context = GuardContext(
            incumbent=problem.incumbent,
            living=accepted,
            examples=(*problem.search, *problem.failures),
            similar_at=problem.settings.similar_at,
        )
        result = verdict(candidate.prompt, context)
        if result == ACCEPTED:
            accepted.append(candidate.prompt)
        verdicts.append((candidate, result))
    return tuple(verdicts)
