"""Recall: what a prompt takes from its memory for one task."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from tinyarms.memory.memory import Memory, Neighbour
from tinyarms.skills.prompt import Demonstration, Prompt


def recalled(
    prompt: Prompt,
    memory: Memory,
    inputs: Mapping[str, str],
    leave_out: Collection[str] = (),
    user: str | None = None,
) -> Prompt:
    """The prompt for these inputs: what it takes from its memory becomes part of it.

    The nearest examples follow its own demonstrations (retrieved demonstrations, Liu et al. 2022,
    arXiv 2101.06804), and the log-probabilities of the labels that the examples suggest are added
    to its calibration, times the prior's weight. Added to the log-probabilities of the model they
    make a product of experts (Hinton 2002), which only a model that tells its log-probabilities
    allows: otherwise the examples choose the demonstrations and overrule nothing.

    `leave_out`: ids of examples that are neither shown nor counted. `user`: those of other users
    are neither; `None`: those of all users are. The result has no memory left, so recalling twice
    changes nothing.
    """
    if prompt.retrieve is None:
        return prompt
    shown = shown_examples(prompt, memory, inputs, leave_out, user)
    return replace(
        prompt,
        demonstrations=(*prompt.demonstrations, *map(_demonstration, shown)),
        calibration=with_prior(prompt, memory, inputs, leave_out, user),
        retrieve=None,
    )


def shown_examples(
    prompt: Prompt,
    memory: Memory,
    inputs: Mapping[str, str],
    leave_out: Collection[str] = (),
    user: str | None = None,
) -> list[Neighbour]:
    """The examples that the prompt shows for these inputs, in its order; else like `recalled`."""
    retrieve, own = prompt.retrieve, prompt.demonstrations
    if retrieve is None or not retrieve.demonstrations:
        return []
    # As many more are asked for as may be among the prompt's own demonstrations.
    most = retrieve.demonstrations + len(own)
    found = [
        each
        for each in memory.neighbours(inputs, most, leave_out, user)
        if _demonstration(each) not in own
    ][: retrieve.demonstrations]
    return found[::-1] if retrieve.nearest_last else found


def _demonstration(neighbour: Neighbour) -> Demonstration:
    return Demonstration(dict(neighbour.row.inputs), neighbour.row.expected)


def with_prior(
    prompt: Prompt,
    memory: Memory,
    inputs: Mapping[str, str],
    leave_out: Collection[str] = (),
    user: str | None = None,
) -> Mapping[str, float]:
    """The prompt's calibration with what the examples suggest; else like `recalled`."""
    weight = prompt.retrieve.prior_weight if prompt.retrieve else 0.0
    if not weight:
        return prompt.calibration
    suggested = memory.label_logprobs(inputs, leave_out, user)
    return {
        label: prompt.calibration.get(label, 0.0) + weight * logprob
        for label, logprob in suggested.items()
    }
