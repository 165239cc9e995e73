"""Decide on an experiment: promote, keep, go on, no difference, or leave it to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

NEEDS_OFFLINE_GATE = "two_gate"
"""The rule whose live evidence is not enough without the offline gate."""

State = Literal["go_on", "promote", "keep", "no_difference"]


class LiveEvidence(Protocol):
    """The evidence of a live test; `tinyarms.experiments.rule.Evidence` implements it."""

    @property
    def rule(self) -> str: ...
    @property
    def state(self) -> State: ...
    @property
    def arm(self) -> str | None: ...
    @property
    def reason(self) -> str: ...


class OfflineEvidence(Protocol):
    """The evidence of held-out examples; `tinyarms.experiments.offline_gate.GateEvidence`
    implements it."""

    @property
    def gain(self) -> float | None: ...
    @property
    def passed(self) -> bool: ...
    @property
    def enough(self) -> bool: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True)
class Decision:
    """What to do with an experiment now."""

    action: Literal["promote", "keep", "go_on", "no_difference", "review"]
    arm: str | None
    """Id of the arm to promote or to review; else `None`."""
    reason: str
    """In plain words, with the evidence."""


def decide(
    live: LiveEvidence,
    offline: OfflineEvidence | None,
    min_improvement: float,
    preset: Literal["default", "original"],
    accuracy: float | None,
    review_below: float,
) -> Decision:
    """Decide from the evidence of both gates.

    Parameters
    ----------
    live
        The evidence of the live test.
    offline
        The offline gate's evidence on the arm that `live` would promote; `None`: there is no
        scorer, or the gate did not run.
    min_improvement
        The smallest gain on `test` examples worth a promotion, in [0, 1].
    accuracy
        That arm's accuracy, in [0, 1]; `None`: not known. Only the original preset reads it.
    review_below
        A winner with a lower accuracy waits for a person. Only the original preset reads it.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from tinyarms.experiments.arms import Arm, Outcome
    >>> from tinyarms.experiments.rules.two_gate import TwoGate
    >>> from tinyarms.release.decision import decide
    >>> arms = [Arm("v1", "", "incumbent"), Arm("v2", "A", "challenger")]
    >>> start = datetime(2024, 11, 1, tzinfo=UTC)
    >>> vote = Outcome(("v1", "v2"), chosen=None, picked="v2", user="ann", at=start)
    >>> live = TwoGate().assess(arms, [vote] * 6, start, start)
    >>> decision = decide(live, None, 0.05, "default", accuracy=None, review_below=0.7)
    >>> decision.action
    'keep'
    >>> decision.reason.removeprefix(live.reason)
    ' No offline gate was run. These votes alone prove too little.'
    """
    if live.state != "promote":
        return Decision(live.state, None, live.reason)
    if preset == "original":
        return _decide_original(live, offline, min_improvement, accuracy, review_below)
    if offline is None or not offline.enough:
        if live.rule != NEEDS_OFFLINE_GATE:
            return Decision("promote", live.arm, f"{live.reason} No offline gate: users decide.")
        why = offline.reason if offline else "No offline gate was run."
        return Decision("keep", None, f"{live.reason} {why} These votes alone prove too little.")
    if not offline.passed:
        return Decision("keep", None, f"{live.reason} Offline gate: {offline.reason}")
    if offline.gain is None or offline.gain < min_improvement:
        return Decision("keep", None, f"{live.reason} {_too_small(offline, min_improvement)}")
    return Decision("promote", live.arm, f"{live.reason} Offline gate: {offline.reason}")


def _decide_original(
    live: LiveEvidence,
    offline: OfflineEvidence | None,
    min_improvement: float,
    accuracy: float | None,
    review_below: float,
) -> Decision:
    if accuracy is not None and accuracy < review_below:
        why = f"Its accuracy is {accuracy:.1%}, below {review_below:.0%}: a person must look."
        return Decision("review", live.arm, f"{live.reason} {why}")
    if offline is not None and offline.gain is not None and offline.gain < min_improvement:
        return Decision("keep", None, f"{live.reason} {_too_small(offline, min_improvement)}")
    return Decision("promote", live.arm, live.reason)


def _too_small(offline: OfflineEvidence, min_improvement: float) -> str:
    gain = "unknown" if offline.gain is None else f"{offline.gain:+.1%}"
    return (
        f"The gain on held-out examples is {gain}; promotion needs {min_improvement:.1%} or more."
    )
