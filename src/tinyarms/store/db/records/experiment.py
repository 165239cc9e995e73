"""Live tests: variants, ballots, votes and assignments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tinyarms.skills.prompt import Prompt

Role = Literal["incumbent", "challenger"]
VariantStatus = Literal["open", "waiting", "won", "cut", "archived"]
"""`waiting`: it is tested in a later round. `cut`: others did as well or better on the examples of
the search and the selection, so users are not asked about it."""


@dataclass(frozen=True, kw_only=True)
class VariantRecord:
    """One arm of an experiment: a challenger or the incumbent."""

    id: str
    session_id: str
    variant_letter: str
    prompt: Prompt
    reasoning: str = ""
    role: Role = "challenger"
    candidate_id: str | None = None
    accuracy: float | None = None
    accuracy_n: int = 0
    """Number of examples that `accuracy` is over."""
    status: VariantStatus = "open"
    votes: int = 0
    """A snapshot for people, written with each vote. Count `votes` rows instead of reading it."""


@dataclass(frozen=True)
class OptionRecord:
    """One variant's output on a ballot."""

    position: int
    """Position of its option on the ballot (0 is first). Variants with the same output share an
    option and its position."""
    variant_id: str
    output: str | None
    """The output; `None`: no usable output."""


@dataclass(frozen=True, kw_only=True)
class BallotRecord:
    """A question to a user: which output is best?

    A task on which all outputs are the same has one option: it is stored, and nobody is asked.
    """

    id: str
    session_id: str
    skill: str
    task_id: str
    rule: str
    """The rule that chose the options and their order."""
    inputs: Mapping[str, str]
    created_at: datetime
    options: tuple[OptionRecord, ...]
    probability: float | None = None
    user: str | None = None

    @property
    def has_choice(self) -> bool:
        """Whether there is anything to choose: not all outputs are the same."""
        return len({option.position for option in self.options}) > 1

    def at(self, position: int) -> tuple[str, ...]:
        """The ids of the variants whose output stands at a position."""
        return tuple(o.variant_id for o in self.options if o.position == position)


@dataclass(frozen=True, kw_only=True)
class VoteRecord:
    """The answer to a ballot."""

    id: str
    ballot_id: str
    answer: Literal["pick", "skip", "none"]
    """`none`: the user wants none of the options."""
    position: int | None
    """Position of the picked option; `None` for the other answers."""
    created_at: datetime
    user: str | None = None
    excluded: Literal["late", "over_cap", "new_name"] | None = None
    """Why it is stored but not counted: the test was over, or its user was too far ahead of the
    others or had run too few tasks."""

    @property
    def counted(self) -> bool:
        return self.excluded is None


@dataclass(frozen=True, kw_only=True)
class ResultRecord:
    """One option of a ballot that has a vote."""

    id: str
    session_id: str
    variant_id: str
    task_id: str
    user_choice: bool
    created_at: datetime
    task_success: bool | None = None


@dataclass(frozen=True, kw_only=True)
class AssignmentRecord:
    """The assignment of a task to a variant, with its probability."""

    id: str
    session_id: str
    task_id: str
    variant_id: str
    probability: float
    created_at: datetime
    probabilities: Mapping[str, float] = field(default_factory=dict)
    """Single mode: id of each variant that could have served the task → its probability."""


@dataclass(frozen=True)
class ServedRecord:
    """A task of single mode and its state."""

    variant_id: str
    """The variant that served it; before the task has come, the assigned variant."""
    probabilities: Mapping[str, float]
    success: bool | None
    user: str | None
    arrived_at: datetime | None
    """When its outcome became known; `None` until then."""


@dataclass(frozen=True, kw_only=True)
class AnnoyanceRecord:
    """An answer to the question whether the vote dialog was annoying."""

    id: str
    user: str | None
    """The user; `None`: no name was given."""
    annoyed: bool | None
    """`None`: the user skipped the question."""
    created_at: datetime
