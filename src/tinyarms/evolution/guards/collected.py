"""Guards for examples collected from users, which may become demonstrations."""

from __future__ import annotations

from tinyarms.evolution.guards.rules import ACCEPTED, GUARDS, GuardContext, too_long
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Demonstration, Prompt


def example_verdict(example: Example) -> str:
    """`accepted`, or the name of the first guard that rejects a prompt with the example.

    Its length does not matter: a long example can be evaluated, though not shown.
    """
    prompt = Prompt("", (Demonstration(dict(example.inputs), example.expected),))
    context = GuardContext(incumbent=Prompt(""), living=(), examples=(example,))
    guards = (guard for guard in GUARDS if guard is not too_long)
    return next((guard.__name__ for guard in guards if guard(prompt, context)), ACCEPTED)
