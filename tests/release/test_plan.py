from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tinyarms.core.errors import ConflictError
from tinyarms.release.period import Period
from tinyarms.release.plan import ConfigKeys, HistoryEntry, ReleasePlan, plan_release
from tinyarms.skills.prompt import Demonstration, Prompt, PromptVersion
from tinyarms.skills.prompt_file import parse_prompt_file

SEPTEMBER = datetime(2024, 9, 15, 9, tzinfo=UTC)
NOVEMBER = datetime(2024, 11, 10, 8, tzinfo=UTC)
V1 = PromptVersion(
    "file-naming", 1, Prompt("Rename this file."), None, "initial", SEPTEMBER,
    "skills/file-naming.md",
)  # fmt: skip
PERIOD_1 = Period(version=V1, since=SEPTEMBER, until=None, by_hand=True)
BETTER = Prompt(
    "Rename based on visual analysis.",
    (Demonstration({"content": "a bridge"}, "golden-gate-bridge"),),
    {"yes": 0.25},
)


def promotion(prompt: Prompt = BETTER) -> ReleasePlan:
    return plan_release(
        V1, 2, prompt, "promote",
        history=[PERIOD_1], previous_accuracy=0.78, current_accuracy=0.91,
        reason="Accuracy drop", now=NOVEMBER, variant_letter="C",
    )  # fmt: skip


def test_a_promotion_writes_what_the_original_design_shows() -> None:
    plan = promotion()
    assert plan.config == ConfigKeys(
        prompt_template="skills/file-naming-v2.md",
        prompt_version=2,
        evolved_at="2024-11-10T08:00:00Z",
        previous_accuracy=0.78,
        current_accuracy=0.91,
        evolution_history=(
            HistoryEntry(
                version=1,
                active_period="2024-09-15 to 2024-11-10",
                accuracy=0.78,
                reason="Accuracy drop",
            ),
            HistoryEntry(
                version=2,
                active_since="2024-11-10",
                accuracy=0.91,
                source="SmolLM2 evolution (variant C)",
            ),
        ),
    )
    assert plan.path == "skills/file-naming-v2.md"


def test_the_file_holds_the_whole_prompt() -> None:
    plan = promotion()
    assert parse_prompt_file(plan.text, plan.path) == BETTER


def test_the_prompt_version_is_a_child_of_the_old_one() -> None:
    version = promotion().prompt_version
    assert (version.number, version.parent, version.source) == (2, 1, "evolution")
    assert (version.prompt, version.created_at) == (BETTER, NOVEMBER)
    assert version.path == "skills/file-naming-v2.md"


def test_a_rollback_is_a_new_version_with_the_old_text() -> None:
    v2 = promotion().prompt_version
    december = datetime(2024, 12, 1, 1, tzinfo=UTC)
    plan = plan_release(
        v2, 3, V1.prompt, "rollback",
        history=[
            replace(PERIOD_1, until=NOVEMBER, accuracy=0.78, reason="Accuracy drop"),
            Period(version=v2, since=NOVEMBER, until=None, by_hand=False, accuracy=0.91),
        ],
        previous_accuracy=0.6123456, current_accuracy=None,
        reason="Worse than version 1", now=december, restored=1,
    )  # fmt: skip
    assert parse_prompt_file(plan.text, plan.path).hash == V1.prompt.hash
    assert plan.path == "skills/file-naming-v3.md"
    assert plan.prompt_version.source == "rollback"
    assert plan.config.evolution_history == (
        HistoryEntry(
            version=1,
            active_period="2024-09-15 to 2024-11-10",
            accuracy=0.78,
            reason="Accuracy drop",
        ),
        HistoryEntry(
            version=2,
            active_period="2024-11-10 to 2024-12-01",
            accuracy=0.6123,
            reason="Worse than version 1",
        ),
        HistoryEntry(
            version=3,
            active_since="2024-12-01",
            accuracy=None,
            source="Rollback to version 1",
        ),
    )


def test_a_plan_has_the_prompt_as_its_file_has_it() -> None:
    plan = promotion(Prompt("Yes or no?", (), {"yes": 0.123456, "no": -1.0}))
    assert plan.prompt == parse_prompt_file(plan.text, plan.path)
    assert plan.prompt.calibration == {"yes": 0.1235, "no": -1.0}


@pytest.mark.parametrize(
    "history", [[], [PERIOD_1, replace(PERIOD_1, version=replace(V1, number=2))]]
)
def test_the_ground_must_not_have_moved(history: list[Period]) -> None:
    with pytest.raises(ConflictError, match="no longer the active one"):
        plan_release(
            V1, 3, BETTER, "manual", history=history, previous_accuracy=None,
            current_accuracy=None, reason="", now=NOVEMBER,
        )  # fmt: skip


def test_a_number_is_never_used_twice() -> None:
    with pytest.raises(ConflictError, match="already exists"):
        plan_release(
            V1, 1, BETTER, "manual", history=[PERIOD_1], previous_accuracy=None,
            current_accuracy=None, reason="", now=NOVEMBER,
        )  # fmt: skip
