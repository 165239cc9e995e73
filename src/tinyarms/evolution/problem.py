"""What a search is given: the prompt to improve, the examples, the budget and the settings."""

from __future__ import annotations

from dataclasses import dataclass

from tinyarms.core.settings import Evolution
from tinyarms.skills.contract import Contract
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt


@dataclass(frozen=True)
class Inherited:
    """What the last search of another skill learned of one operator."""

    operator: str
    tries: int
    """Its proposals."""
    wins: int
    """Children that beat their parent."""
    mutation_prompts: tuple[str, ...] = ()
    """Those that announced winners, the one that did most often first."""
    sentences: tuple[str, ...] = ()
    """Sentences that winners brought in, in words that fit this problem, best first."""
    source: str = ""
    """The skill and its session, e.g. `sst2 (session 1a2b3c4d)`."""


@dataclass(frozen=True)
class Problem:
    """What is to be improved, and with what means. Examples carry no `test` split."""

    skill: str
    description: str
    contract: Contract
    incumbent: Prompt
    search: tuple[Example, ...]
    selection: tuple[Example, ...]
    success_at: float
    """A score of at least this is a success."""
    calls: int
    """Task calls that may be made in all, cache hits excluded."""
    settings: Evolution
    variants: int = 3
    manual: tuple[Prompt, ...] = ()
    failures: tuple[Example, ...] = ()
    """Examples on which the skill has failed lately, newest first; may be empty."""
    seed: int = 0
    inherited: tuple[Inherited, ...] = ()
    """What searches of other skills learned; one entry for each operator and skill."""
    namespace: str = ""
    """Makes candidate ids unique: the session's id."""
