"""The input of a search: the prompt to improve, the examples, the budget and the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from tinyarms.core.privacy.finder import MaskKind
from tinyarms.core.settings import Evolution
from tinyarms.evolution.abilities import COMPLETES, Ability
from tinyarms.evolution.input_words import inputs_of_answers
from tinyarms.skills.contract import Contract
from tinyarms.skills.example import Example
from tinyarms.skills.input_words import can_limit
from tinyarms.skills.prompt import Prompt, Retrieval

if TYPE_CHECKING:
    from tinyarms.memory.memory import Memory


@dataclass(frozen=True)
class Inherited:
    """What the last search of another skill learned about one operator."""

    operator: str
    tries: int
    """Number of its proposals."""
    wins: int
    """Number of its children that beat their parent."""
    mutation_prompts: tuple[str, ...] = ()
    """Mutation prompts that made winners, the most successful first."""
    sentences: tuple[str, ...] = ()
    """Sentences that winners added, worded for this problem, the most successful first."""
    source: str = ""
    """The skill and its session, e.g. `sst2 (session 1a2b3c4d)`."""


@dataclass(frozen=True)
class ManualPrompt:
    """A prompt that a person wrote, for the first population."""

    name: str
    """Its name for people: its file or its version."""
    prompt: Prompt


@dataclass(frozen=True)
class Problem:
    """The prompt to improve and the means to improve it. No example is in the split `test`."""

    skill: str
    description: str
    contract: Contract
    incumbent: Prompt
    search: tuple[Example, ...]
    selection: tuple[Example, ...]
    success_at: float
    """A score of at least this is a success."""
    calls: int
    """Most task calls of the search, cache hits excluded."""
    settings: Evolution
    variants: int = 3
    """Most finalists."""
    manual: tuple[Prompt, ...] = ()
    """Prompts written by people, for the first population."""
    failures: tuple[Example, ...] = ()
    """`search` examples that the skill has recently failed on, newest first; may be empty."""
    seed: int = 0
    inherited: tuple[Inherited, ...] = ()
    """Results of other skills' searches; one entry per operator and skill."""
    namespace: str = ""
    """Prefix that makes candidate ids unique: the session's id."""
    abilities: tuple[Ability, ...] = COMPLETES
    """What the writer can do."""
    writer_masks: tuple[MaskKind, ...] = ()
    """Kinds of private data that the writer must not see."""
    explain: Callable[[Example, str], str] | None = None
    """(example, output) → why the scorer does not give it the best score, in one line; empty: it
    cannot say. `None`: no scorer says why."""

    memory: Memory | None = None
    """The examples that candidates may recall; `None`: prompts have no memory."""
    memory_share: Literal["skill", "user"] = "skill"
    """`user`: an example of a user is neither shown to other users nor counted for them."""

    @property
    def calibrates(self) -> bool:
        """Whether label calibration is fitted: the outputs are labels and the settings allow it."""
        return bool(self.contract.labels) and self.settings.label_calibration

    @property
    def verbalizes(self) -> bool:
        """Whether weights of words are fitted where the server lists words."""
        return self.calibrates and self.settings.verbalizer

    @cached_property
    def copied_inputs(self) -> tuple[str, ...]:
        """The inputs of whose words right answers are made; empty: too few of them are, or the
        settings or the contract do not allow it."""
        if not self.settings.input_words or not can_limit(self.contract):
            return ()
        return inputs_of_answers(self.search)

    def suggested(self, example: Example) -> Mapping[str, float]:
        """Label → its log-probability as the other remembered examples suggest it.

        Neither the example nor a near copy of it is counted, nor what its user must not see. Empty
        without a memory.
        """
        if self.memory is None or not self.calibrates:
            return {}
        known = self._suggested
        if example.id not in known:
            copies = self.memory.copies(example.inputs)
            user = example.user if self.memory_share == "user" else None
            known[example.id] = self.memory.label_logprobs(example.inputs, copies, user)
        return known[example.id]

    def remembering(self, prompt: Prompt) -> Prompt:
        """The prompt of a candidate, with this search's memory in place of another.

        Where labels are calibrated, every candidate has it: its calibration then weighs what the
        examples suggest.
        """
        retrieve = prompt.retrieve or Retrieval()
        if self.memory is None or not (retrieve.demonstrations or self.calibrates):
            return prompt if prompt.retrieve is None else replace(prompt, retrieve=None)
        return replace(prompt, retrieve=replace(retrieve, snapshot=self.memory.snapshot))

    @cached_property
    def _suggested(self) -> dict[str, Mapping[str, float]]:
        return {}
