"""Arms and outcomes for the tests of this package."""

from datetime import UTC, datetime

from tinyarms.experiments.arms import Arm, Outcome

START = datetime(2024, 11, 3, 10, tzinfo=UTC)
INCUMBENT = Arm("arm-0", "", "incumbent", 0.78)
A = Arm("arm-a", "A", "challenger", 0.87)
B = Arm("arm-b", "B", "challenger", 0.82)
C = Arm("arm-c", "C", "challenger", 0.91)
ARMS = (INCUMBENT, A, B, C)


def outcome(shown: tuple[Arm, ...], picked: Arm | None, chosen: Arm | None = None) -> Outcome:
    return Outcome(
        shown=tuple(arm.id for arm in shown),
        chosen=chosen.id if chosen else None,
        picked=picked.id if picked else None,
        user="ada",
        at=START,
    )
