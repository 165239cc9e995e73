"""Recall: what a prompt takes from its memory for one task."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from tinyarms.memory.memory import Memory
from tinyarms.skills.prompt import Demonstration, Prompt


def recalled(
    prompt: Prompt,
    memory: Memory,
    inputs: Mapping[str, str],
    leave_out: Collection[str] = (),
) -> Prompt:
    """The prompt for these inputs: what it takes from its memory becomes part of it.

    The nearest examples follow its own demonstrations (retrieved demonstrations, Liu et al. 2022,
    arXiv 2101.06804), and the log-probabilities of the labels that the examples suggest are added
    to its calibration, times the prior's weight. Added to the log-probabilities of the model they
    make a product of experts (Hinton 2002), which only a model that tells its log-probabilities
    allows: otherwise the examples choose the demonstrations and overrule nothing.

    `leave_out`: ids of examples that are neither shown nor counted. The result has no memory left,
    so recalling twice changes nothing.
    """
    retrieve = prompt.retrieve
    if retrieve is None:
        return prompt
    return replace(
        prompt,
        demonstrations=(
            *prompt.demonstrations,
            *_nearest(prompt, memory, inputs, leave_out),
        ),
        calibration=_with_prior(prompt, memory, inputs, leave_out),
        retrieve=None,
    )


def _nearest(
    prompt: Prompt, memory: Memory, inputs: Mapping[str, str], leave_out: Collection[str]
) -> list[Demonstration]:
    retrieve, own = prompt.retrieve, prompt.demonstrations
    if retrieve is None or not retrieve.demonstrations:
        return []
    # As many more are asked for as may be among the prompt's own demonstrations.
    rows = memory.nearest(inputs, retrieve.demonstrations + len(own), leave_out)
    shown = [Demonstration(dict(row.inputs), row.expected) for row in rows]
    nearest = [each for each in shown if each not in own][: retrieve.demonstrations]
    return nearest[::-1] if retrieve.nearest_last else nearest


def _with_prior(
    prompt: Prompt, memory: Memory, inputs: Mapping[str, str], leave_out: Collection[str]
) -> Mapping[str, float]:
    weight = prompt.retrieve.prior_weight if prompt.retrieve else 0.0
    if not weight:
        return prompt.calibration
    suggested = memory.label_logprobs(inputs, leave_out)
    return {
        label: prompt.calibration.get(label, 0.0) + weight * logprob
        for label, logprob in suggested.items()
    }
