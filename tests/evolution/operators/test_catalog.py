from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import pytest

from tests.evolution.world import candidate, example, problem, work
from tinyarms.core.ids import derived_random
from tinyarms.core.settings import MutationWeights
from tinyarms.evolution import operators
from tinyarms.evolution.abilities import COMPLETES, Ability
from tinyarms.evolution.operators import with_writer, without_model
from tinyarms.evolution.operators.base import (
    OperatorInput,
    PlainOperator,
    ReflectiveOperator,
    WriterOperator,
)
from tinyarms.evolution.operators.catalog import OPERATORS, operators_for, starting_weights
from tinyarms.evolution.operators.without_model.demonstrations import demonstration
from tinyarms.evolution.problem import Inherited

FOLDERS = (f"{operators.__name__}.with_writer.", f"{operators.__name__}.without_model.")
OTHER_SEARCHES = (".opro", ".evoprompt", ".original")
"""Modules whose operators belong to the optimizers of the same name."""
for folder in (with_writer, without_model):
    for module in iter_modules(folder.__path__, f"{folder.__name__}."):
        import_module(module.name)
ALL: tuple[Ability, ...] = (*COMPLETES, "reflection", "merging")
DEFAULT = starting_weights(MutationWeights(), ALL, has_memory=True, copies=True)


def scaled(**weights: float) -> set[str]:
    """The operators that become likelier, compared with one that needs no writer."""
    changed = starting_weights(MutationWeights(**weights), ALL, has_memory=True, copies=True)
    usual = changed["describe"] / DEFAULT["describe"]
    return {n for n in DEFAULT if changed[n] / DEFAULT[n] > usual * 1.01}


def test_every_operator_has_a_weight_and_a_name_of_its_own() -> None:
    assert [operator.name for operator in OPERATORS] == list(DEFAULT)
    assert len(set(DEFAULT)) == len(OPERATORS)
    assert sum(DEFAULT.values()) == pytest.approx(1)
    assert min(DEFAULT.values()) > 0


def test_every_operator_of_the_two_folders_is_in_the_catalog_or_of_another_search() -> None:
    kinds = (PlainOperator, WriterOperator, ReflectiveOperator)
    classes = {cls for kind in kinds for cls in kind.__subclasses__()}
    written = {cls for cls in classes if cls.__module__.startswith(FOLDERS)}
    of_other_searches = {cls for cls in written if cls.__module__.endswith(OTHER_SEARCHES)}
    assert written - of_other_searches == {type(operator) for operator in OPERATORS}


def test_the_five_weights_scale_the_operators_of_their_group() -> None:
    groups = [
        scaled(direct=0.6),
        scaled(first_order=0.6),
        scaled(crossover=0.4),
        scaled(zero_order=0.3),
        scaled(hypermutation=0.1),
    ]
    assert [sorted(group) for group in groups] == [
        ["fix_failure", "reflect"],
        ["lineage", "rewrite"],
        ["combine", "eda", "eda_rank", "merge"],
        ["lamarckian", "write_afresh", "write_in_style"],
        ["first_order_hyper", "hypermutate", "zero_order_hyper"],
    ]


@pytest.mark.parametrize(
    ("abilities", "more"),
    [
        (COMPLETES, []),
        ((*COMPLETES, "reflection"), ["reflect"]),
        (ALL, ["reflect", "merge"]),
    ],
)
def test_the_writers_abilities_decide_the_operators(
    abilities: tuple[Ability, ...], more: list[str]
) -> None:
    names = [operator.name for operator in operators_for(abilities)]
    assert names == [*(o.name for o in operators_for(COMPLETES)), *more]
    assert list(starting_weights(MutationWeights(), abilities)) == names


def test_only_a_search_with_a_memory_retrieves() -> None:
    without = [operator.name for operator in operators_for(ALL)]
    with_memory = [operator.name for operator in operators_for(ALL, has_memory=True)]
    assert set(with_memory) - set(without) == {"retrieve_demonstrations"}
    assert "retrieve_demonstrations" not in starting_weights(MutationWeights(), ALL)


def test_only_a_search_whose_answers_copy_words_limits_them() -> None:
    without = starting_weights(MutationWeights(), ALL, has_memory=True)
    assert set(DEFAULT) - set(without) == {"limit_words"}


def test_the_weights_for_a_writer_that_only_completes_are_those_of_before() -> None:
    weights = starting_weights(MutationWeights())
    assert len(weights) == 22
    assert weights["choose_demonstrations"] == pytest.approx(0.60 / 1.80)
    assert weights["fix_failure"] == pytest.approx(0.03 / 1.80)


def test_a_weight_of_nothing_leaves_its_group_out() -> None:
    weights = starting_weights(
        MutationWeights(direct=0, crossover=0), ALL, has_memory=True, copies=True
    )
    without = {"fix_failure", "reflect", "combine", "eda", "eda_rank", "merge"}
    assert set(DEFAULT) - set(weights) == without
    assert sum(weights.values()) == pytest.approx(1)


def test_those_outside_the_groups_need_no_writer_and_those_in_them_do() -> None:
    parent, second_parent = (
        candidate("Please say it: negative or positive. Be brief."),
        candidate("Find it.", name="second_parent"),
    )
    pool = [example(i) for i in range(6)]
    second_parent = replace(
        second_parent,
        prompt=replace(second_parent.prompt, demonstrations=(demonstration(pool[0]),)),
    )
    told = Inherited("trim", 1, 1, sentences=("Say it well.",))
    given = OperatorInput(
        replace(problem(), inherited=(told,)), parent, second_parent, pool, derived_random(0)
    )
    given = replace(
        given, ranked=(second_parent, parent), lineage=(second_parent, parent), failures=pool
    )
    given = replace(given, label_bias={"negative": 0.2, "positive": -0.2})
    free = {n for n in starting_weights(MutationWeights()) if n not in scaled_at_all()}
    for operator in operators_for(COMPLETES):
        assert not isinstance(operator, ReflectiveOperator)
        writes = 0 if operator.name in free else 1 + operator.name.endswith("_order_hyper")
        made, asked = work(operator, given, *["Said well."] * writes)
        assert made is not None
        assert len(asked) == writes


def scaled_at_all() -> set[str]:
    return scaled(direct=0.6, first_order=0.6, crossover=0.4, zero_order=0.3, hypermutation=0.1)
