import pytest

from tinyarms.core.errors import ExperimentError
from tinyarms.core.settings import AbTesting
from tinyarms.experiments.registry import make_rule, rule_named
from tinyarms.experiments.taste_only import TasteOnly
from tinyarms.experiments.thompson import Thompson
from tinyarms.experiments.two_gate import TwoGate

SETTINGS = AbTesting(votes_required=10, max_votes=40, max_duration_days=3)


def test_presets() -> None:
    assert make_rule("original", SETTINGS, seed=9) == Thompson(10, 40, 3, seed=9)
    assert make_rule("default", SETTINGS) == TwoGate(40, 3)
    assert make_rule("default", SETTINGS, offline_gate=False) == TasteOnly(40, 3)


@pytest.mark.parametrize("name", ["thompson", "two_gate", "taste_only"])
def test_a_rule_is_found_again_by_its_name(name: str) -> None:
    assert rule_named(name, SETTINGS).name == name


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ExperimentError, match="'ucb'"):
        rule_named("ucb", SETTINGS)
