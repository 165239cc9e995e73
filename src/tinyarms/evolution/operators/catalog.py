"""All operators of the default search, with their starting weights.

| here | in PromptBreeder (arXiv 2309.16797) | in the original design |
|---|---|---|
| `rewrite` | first-order | first_order |
| `fix_failure` | | direct |
| `write_afresh`, `write_in_style` | zero-order | zero_order |
| `combine` | crossover | crossover |
| `cross_demonstrations` | crossover | |
| `eda`, `eda_rank` | EDA, EDA rank-and-index | |
| `lineage` | lineage | |
| `lamarckian` | Lamarckian | |
| `zero_order_hyper`, `first_order_hyper` | hypermutation | hypermutation |
| `hypermutate` | a newly drawn mutation prompt | |
| `choose_`, `change_`, `balance_demonstrations` | context shuffle | |
| `reflect`, `merge` (GEPA, arXiv 2507.19457) | | |

`reflect` and `merge` are only for writers that can do what they ask for, and
`retrieve_demonstrations` only for searches with a memory, and `limit_words` for those whose answers
are made of words of the inputs. The other operators (sentences, the
contract's wording, the description, trimming, sentences from other skills) need no writer and are
in neither design.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyarms.core.settings import MutationWeights
from tinyarms.evolution.abilities import COMPLETES, Ability
from tinyarms.evolution.operators.base import Operator, ReflectiveOperator
from tinyarms.evolution.operators.with_writer.completion import (
    Combine,
    Hypermutate,
    Rewrite,
    WriteAfresh,
    WriteInStyle,
)
from tinyarms.evolution.operators.with_writer.experience import FixFailure, Lamarckian
from tinyarms.evolution.operators.with_writer.hypermutation import FirstOrderHyper, ZeroOrderHyper
from tinyarms.evolution.operators.with_writer.populations import EDA, EDARank, Lineage
from tinyarms.evolution.operators.with_writer.reflection import Merge, Reflect
from tinyarms.evolution.operators.without_model.demonstrations import (
    BalanceDemonstrations,
    ChangeDemonstrations,
    ChooseDemonstrations,
    CrossDemonstrations,
)
from tinyarms.evolution.operators.without_model.from_other_skills import Inherit
from tinyarms.evolution.operators.without_model.input_words import LimitWords
from tinyarms.evolution.operators.without_model.label_order import OrderLabels
from tinyarms.evolution.operators.without_model.retrieval import RetrieveDemonstrations
from tinyarms.evolution.operators.without_model.trimming import Trim
from tinyarms.evolution.operators.without_model.wording import Describe, EditSentences, WordContract


@dataclass(frozen=True)
class _Entry:
    operator: Operator
    weight: float
    group: str = ""
    """The mutation weight that scales it; empty for an operator without a writer."""


_CATALOG = (
    _Entry(ChooseDemonstrations(), 0.60),
    _Entry(RetrieveDemonstrations(), 0.30),
    _Entry(LimitWords(), 0.10),
    _Entry(WordContract(), 0.15),
    _Entry(EditSentences(), 0.10),
    _Entry(CrossDemonstrations(), 0.20),
    _Entry(ChangeDemonstrations(), 0.10),
    _Entry(BalanceDemonstrations(), 0.08),
    _Entry(OrderLabels(), 0.08),
    _Entry(Describe(), 0.06),
    _Entry(Trim(), 0.04),
    _Entry(Inherit(), 0.05),
    _Entry(FixFailure(), 0.03, "direct"),
    _Entry(Rewrite(), 0.10, "first_order"),
    _Entry(Lineage(), 0.02, "first_order"),
    _Entry(Combine(), 0.03, "crossover"),
    _Entry(EDA(), 0.02, "crossover"),
    _Entry(EDARank(), 0.02, "crossover"),
    _Entry(WriteAfresh(), 0.03, "zero_order"),
    _Entry(WriteInStyle(), 0.02, "zero_order"),
    _Entry(Lamarckian(), 0.02, "zero_order"),
    _Entry(Hypermutate(), 0.02, "hypermutation"),
    _Entry(ZeroOrderHyper(), 0.02, "hypermutation"),
    _Entry(FirstOrderHyper(), 0.01, "hypermutation"),
    _Entry(Reflect(), 0.60, "direct"),
    _Entry(Merge(), 0.10, "crossover"),
)

OPERATORS: tuple[Operator, ...] = tuple(entry.operator for entry in _CATALOG)
"""Names are unique."""


def operators_for(
    abilities: Sequence[Ability], has_memory: bool = False, copies: bool = False
) -> tuple[Operator, ...]:
    """The operators that a writer with these abilities can do, in a search with or without a
    memory, whose answers may or may not be held to words of the inputs (`copies`)."""
    return tuple(
        operator
        for operator in OPERATORS
        if (not isinstance(operator, ReflectiveOperator) or operator.needs in abilities)
        and (has_memory or not isinstance(operator, RetrieveDemonstrations))
        and (copies or not isinstance(operator, LimitWords))
    )


def starting_weights(
    mutation_weights: MutationWeights,
    abilities: Sequence[Ability] = COMPLETES,
    has_memory: bool = False,
    copies: bool = False,
) -> Mapping[str, float]:
    """Operator name → starting weight above 0; the weights add up to 1.

    A mutation weight of twice its default makes the operators of that group twice as likely; 0
    leaves them out. The five weights have the same proportions as in the original design, which has
    no operators without a writer.
    """
    default = MutationWeights()
    usable = operators_for(abilities, has_memory, copies)
    scaled = {
        entry.operator.name: entry.weight * _scale(entry.group, mutation_weights, default)
        for entry in _CATALOG
        if entry.operator in usable
    }
    total = sum(scaled.values())
    return {name: weight / total for name, weight in scaled.items() if weight}


def _scale(group: str, weights: MutationWeights, default: MutationWeights) -> float:
    return float(getattr(weights, group) / getattr(default, group)) if group else 1.0
