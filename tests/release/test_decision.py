import pytest

from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.rule import Evidence, State
from tinyarms.release.decision import decide


def live(state: State = "promote", rule: str = "two_gate") -> Evidence:
    arm = "arm-c" if state == "promote" else None
    return Evidence(rule, state, arm, {}, 20, 0, "Variant C leads by 6.")


def offline(
    wins: int = 30, losses: int = 10, n: int = 200, passed: bool = True, enough: bool = True
) -> GateEvidence:
    return GateEvidence(n, 0.7, 0.8, wins, losses, 0.01, 0.025, passed, enough, "The gate says so.")


@pytest.mark.parametrize("state", ["go_on", "keep", "no_difference"])
@pytest.mark.parametrize("preset", ["default", "original"])
def test_without_a_live_winner_there_is_nothing_to_promote(state: State, preset: str) -> None:
    found = decide(live(state), offline(), 0.05, preset, 0.9, 0.70)  # type: ignore[arg-type]
    assert (found.action, found.arm) == (state, None)


def test_both_gates_and_the_gain_promote() -> None:
    found = decide(live(), offline(), 0.05, "default", None, 0.70)
    assert (found.action, found.arm) == ("promote", "arm-c")
    assert "Variant C leads by 6." in found.reason
    assert "The gate says so." in found.reason


def test_an_offline_gate_not_passed_keeps_the_incumbent() -> None:
    found = decide(live(), offline(passed=False), 0.05, "default", None, 0.70)
    assert (found.action, found.arm) == ("keep", None)
    assert "The gate says so." in found.reason


@pytest.mark.parametrize(("wins", "action"), [(19, "keep"), (20, "promote")])
def test_the_gain_must_reach_the_minimum(wins: int, action: str) -> None:
    """(20 − 10) / 200 is 0.05 exactly; 0.75 − 0.70 in floats would not be."""
    assert decide(live(), offline(wins=wins), 0.05, "default", None, 0.70).action == action


@pytest.mark.parametrize("evidence", [None, offline(n=40, passed=False, enough=False)])
def test_without_an_offline_gate_only_the_stricter_rule_promotes(
    evidence: GateEvidence | None,
) -> None:
    assert decide(live(), evidence, 0.05, "default", None, 0.70).action == "keep"
    found = decide(live(rule="taste_only"), evidence, 0.05, "default", None, 0.70)
    assert (found.action, found.arm) == ("promote", "arm-c")


@pytest.mark.parametrize(
    ("accuracy", "action"), [(None, "promote"), (0.70, "promote"), (0.69, "review")]
)
def test_original_preset_flags_a_weak_winner_for_review(
    accuracy: float | None, action: str
) -> None:
    found = decide(live(rule="thompson"), None, 0.05, "original", accuracy, 0.70)
    assert (found.action, found.arm) == (action, "arm-c")


def test_original_preset_asks_for_the_gain_but_for_no_gate() -> None:
    thompson = live(rule="thompson")
    assert decide(thompson, offline(passed=False), 0.05, "original", 0.8, 0.70).action == "promote"
    assert decide(thompson, offline(wins=12), 0.05, "original", 0.8, 0.70).action == "keep"
