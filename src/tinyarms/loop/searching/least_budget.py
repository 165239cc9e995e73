"""The smallest budget of a search that is worth its calls."""

from __future__ import annotations

from tinyarms.evolution.scoring import call_allocation
from tinyarms.loop.project.context import Context


def least_useful_calls(context: Context, name: str, variants: int | None = None) -> int:
    """The fewest task calls with which a search of the skill can tell prompts apart.

    `variants`: how many it looks for; `None`: the settings choose. Raises `UsageError`,
    `ExampleError` and `ConfigError`.
    """
    skill = context.skill(name).skill
    wanted = variants or context.project.settings.smollm2.variants_per_evolution
    examples = context.example_set(skill, sync=False).offered
    selection = sum(example.split == "selection" for example in examples)
    return call_allocation.least_useful_calls(wanted, selection)
