import pytest

from tinyarms.core.errors import ExperimentError
from tinyarms.core.settings import AbTesting
from tinyarms.experiments.registry import make_rule, rule_named
from tinyarms.experiments.rules.sign_e_process import SignEProcess
from tinyarms.experiments.rules.taste_only import TasteOnly
from tinyarms.experiments.rules.thompson import Thompson
from tinyarms.experiments.rules.two_gate import TwoGate

SETTINGS = AbTesting(votes_required=10, max_votes=40, max_duration_days=3)


def test_each_preset_has_its_rule() -> None:
    assert make_rule("original", SETTINGS, seed=9) == Thompson(10, 40, 3, seed=9)
    assert make_rule("default", SETTINGS) == TwoGate(40, 3)
    assert make_rule("default", SETTINGS, offline_gate=False) == TasteOnly(40, 3)


def test_an_open_ended_test_without_a_gate_uses_the_e_process() -> None:
    assert make_rule("default", SETTINGS, offline_gate=False, open_ended=True) == SignEProcess()
    # With an offline gate, the live gate ends by itself; the original preset keeps its limits.
    assert make_rule("default", SETTINGS, open_ended=True) == TwoGate(40, 3)
    assert make_rule("original", SETTINGS, open_ended=True).name == "thompson"


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ExperimentError, match="'ucb'"):
        rule_named("ucb", SETTINGS)
