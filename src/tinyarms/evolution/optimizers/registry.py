"""The optimisers by name."""

from __future__ import annotations

from tinyarms.core.errors import UsageError
from tinyarms.core.settings import Evolution
from tinyarms.evolution.constants import FINAL_EXAMPLES
from tinyarms.evolution.optimizers.evoprompt_de import EvoPromptDE
from tinyarms.evolution.optimizers.evoprompt_ga import EvoPromptGA
from tinyarms.evolution.optimizers.opro import OPRO
from tinyarms.evolution.optimizers.promptbreeder import PromptBreeder
from tinyarms.evolution.optimizers.promptbreeder_original import OriginalPromptBreeder
from tinyarms.evolution.optimizers.random_search import RandomSearch
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import StepwiseOptimizer

OPTIMIZERS: dict[str, type[StepwiseOptimizer]] = {
    "promptbreeder": PromptBreeder,
    "original": OriginalPromptBreeder,
    "opro": OPRO,
    "evoprompt_ga": EvoPromptGA,
    "evoprompt_de": EvoPromptDE,
    "random_search": RandomSearch,
}


def make_optimizer(name: str, problem: Problem) -> StepwiseOptimizer:
    """The optimiser of this name for a problem. Raises `UsageError` for an unknown name."""
    if name not in OPTIMIZERS:
        raise UsageError(
            f"There is no optimizer {name!r}.", f"Known: {', '.join(sorted(OPTIMIZERS))}."
        )
    return OPTIMIZERS[name](problem)


def original_calls(settings: Evolution) -> int:
    """Most task calls of the search of the original design."""
    tournaments = settings.generations * 3 * settings.evaluation_samples
    return FINAL_EXAMPLES * (1 + settings.population_size) + tournaments
