"""`approval: required` has no way around it, and this test would see one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.loop.approving.doors import EXAMPLES, STEPS, machine

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@pytest.mark.slow
def test_nothing_unapproved_is_served(new_project: Path) -> None:
    run_state_machine_as_test(
        machine(new_project),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=QUIET,
        ),
    )


def allow(*args: object, **options: object) -> None:
    """In place of a check that refuses."""


def no(*args: object) -> bool:
    """In place of a question whether approval is needed."""
    return False


BROKEN = {
    "a release asks nobody": {"releasing.release_intent.permit": allow},
    "the gates promote": {
        "testing.conclude.needs_approval": no,
        "releasing.release_intent.permit": allow,
    },
    "an edited file is taken": {"releasing.versions.needs_approval": no},
    "an unfinished release is finished": {"releasing.approval._is_new": no},
}
"""What is broken on purpose: names below `tinyarms.loop`, and what takes their place."""


@pytest.mark.slow
@pytest.mark.parametrize("what", BROKEN)
def test_a_way_around_would_be_seen(
    what: str, new_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, instead in BROKEN[what].items():
        monkeypatch.setattr(f"tinyarms.loop.{name}", instead)
    with pytest.raises(AssertionError, match="served without approval"):
        run_state_machine_as_test(
            machine(new_project),
            settings=settings(
                max_examples=10 * EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=QUIET,
                report_multiple_bugs=False,
            ),
        )
