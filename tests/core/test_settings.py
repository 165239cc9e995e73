from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tinyarms.core.settings import EvolutionSettings, ModelSettings, Triggers

FIRST_FORM = {
    "trigger": {
        "skill_accuracy_threshold": 0.7,
        "feedback_sample_size": 30,
        "evolution_cooldown_hours": 24,
    }
}


def test_nothing_given_means_the_defaults() -> None:
    read = EvolutionSettings.model_validate({})
    assert read == EvolutionSettings()
    assert (read.preset, read.enabled, read.alpha) == ("default", True, 0.05)
    assert (read.triggers.accuracy_threshold, read.triggers.sample_size) == (0.80, 20)
    assert (read.ab_testing.votes_required, read.ab_testing.max_votes) == (30, 50)
    assert sum(read.evolution.mutation_weights.model_dump().values()) == pytest.approx(1)


def test_labels_are_calibrated_unless_it_is_switched_off() -> None:
    assert EvolutionSettings().evolution.label_calibration is True
    read = EvolutionSettings.model_validate({"evolution": {"label_calibration": False}})
    assert read.evolution.label_calibration is False


def test_the_first_form_of_the_keys_is_mapped() -> None:
    expected = Triggers(accuracy_threshold=0.7, sample_size=30, cooldown_hours=24)
    assert EvolutionSettings.model_validate(FIRST_FORM).triggers == expected


def test_reading_leaves_what_is_read_as_it_was() -> None:
    given = {"trigger": dict(FIRST_FORM["trigger"]), "enabled": False}
    first = EvolutionSettings.model_validate(given)
    assert given == {"trigger": FIRST_FORM["trigger"], "enabled": False}
    assert EvolutionSettings.model_validate(given) == first


def test_the_fuller_form_wins_over_the_first() -> None:
    both = FIRST_FORM | {"triggers": {"sample_size": 40}}
    expected = Triggers(accuracy_threshold=0.7, sample_size=40, cooldown_hours=24)
    assert EvolutionSettings.model_validate(both).triggers == expected
    none = EvolutionSettings.model_validate(FIRST_FORM | {"triggers": None})
    assert none.triggers.sample_size == 30


def test_a_part_may_be_given() -> None:
    read = EvolutionSettings.model_validate(
        {"preset": "original", "evolution": {"budget": {"calls": None, "seconds": 60}}}
    )
    assert read.preset == "original"
    assert (read.evolution.budget.calls, read.evolution.budget.seconds) == (None, 60)
    assert read.evolution.population_size == EvolutionSettings().evolution.population_size


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"trigger": 5}, "trigger: must be a mapping"),
        ({"trigger": {}, "triggers": 5}, "triggers: must be a mapping"),
        ({"trigger": {}, "triggers": "ab"}, "triggers: must be a mapping"),
        ({"trigger": {"threshold": 0.7}}, "trigger.threshold: unknown key"),
        ({"trigger": {"threshold": 0.7, 5: 6}}, "trigger.5: unknown key"),
        ({"trigger": {"skill_accuracy_threshold": "high"}}, "triggers.accuracy_threshold"),
        ({"triggers": {"accuracy_threshold": 1.2}}, "triggers.accuracy_threshold"),
        ({"triggers": {"accuracy_threshold": -0.1}}, "triggers.accuracy_threshold"),
        ({"triggers": {"sample_size": 0}}, "triggers.sample_size"),
        ({"triggers": {"sample_size": 2.5}}, "triggers.sample_size"),
        ({"triggers": {"treshold": 0.7}}, "triggers.treshold"),
        ({"triggers": []}, "triggers"),
        ({"ab_testing": {"show_probability": 2}}, "ab_testing.show_probability"),
        ({"ab_testing": {"max_duration_days": 0}}, "ab_testing.max_duration_days"),
        ({"smollm2": {"variants_per_evolution": 27}}, "smollm2.variants_per_evolution"),
        ({"evolution": {"mutation_weights": {"direct": -1}}}, "mutation_weights.direct"),
        ({"evolution": {"budget": {"calls": 0}}}, "evolution.budget.calls"),
        ({"experiment": {"mode": "both"}}, "experiment.mode"),
        ({"alpha": 1}, "alpha"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"preset": "theirs"}, "preset"),
        ({"colour": "red"}, "colour"),
        ([], "valid dictionary"),
    ],
)
def test_a_wrong_value_is_named(data: Any, where: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EvolutionSettings.model_validate(data)
    [first, *_] = caught.value.errors()
    assert where in f"{'.'.join(map(str, first['loc']))} {first['msg']}"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        EvolutionSettings().alpha = 0.5  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "remote"},
        {"model": None},
        {"timeout_s": 0},
        {"context_window": 10},
        {"slots": 0},
        {"threads": 0},
        {"server": "nginx"},
        {"api_key": "secret"},
    ],
)
def test_a_model_with_a_wrong_value(wrong: dict[str, Any]) -> None:
    good = {"kind": "embedded", "model": "smollm2:135m"}
    assert ModelSettings.model_validate(good).slots is None
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        ModelSettings.model_validate(good | wrong)
