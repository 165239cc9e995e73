"""The detectors by their names in `triggers.rules`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.monitoring.detector import Detector
from tinyarms.monitoring.detectors.adwin import Adwin
from tinyarms.monitoring.detectors.drop import Drop
from tinyarms.monitoring.detectors.floor import Floor
from tinyarms.monitoring.detectors.original_threshold import Original
from tinyarms.monitoring.detectors.page_hinkley import PageHinkley
from tinyarms.monitoring.verdict import Reason

_DETECTORS: Mapping[RuleName, tuple[Callable[[Triggers], Detector], Reason]] = {
    "drop": (Drop, "accuracy_drop"),
    "floor": (Floor, "accuracy_drop"),
    "original": (Original, "accuracy_drop"),
    "adwin": (Adwin, "drift"),
    "page_hinkley": (PageHinkley, "drift"),
}
"""Rule → its detector, and the reason stored with an evolution that it began."""
_JUDGED: RuleName = "judged"
ACCURACY_RULES: tuple[RuleName, ...] = tuple(_DETECTORS)
"""The rules that watch outcomes; the others are signals (`monitoring.signals`)."""
DEFAULT: tuple[RuleName, ...] = ("drop", "floor")
"""The rules in use if the settings name none."""


def detector_named(name: RuleName, triggers: Triggers) -> Detector:
    """A new detector for one of `ACCURACY_RULES`.

    Examples
    --------
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.registry import detector_named
    >>> detector_named("drop", Triggers()).read([]).summary
    'no baseline yet'
    """
    return _DETECTORS[name][0](triggers)


def rules_in_use(
    triggers: Triggers, preset: str, judge_counts: bool = False
) -> tuple[RuleName, ...]:
    """The rules that may begin an evolution: those in the settings, else those of the preset.

    `judge_counts`: whether the skill has a judge of its tasks that is believed. Without one the
    rule `judged` is never in use.

    Examples
    --------
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.registry import rules_in_use
    >>> rules_in_use(Triggers(), "default", judge_counts=True)
    ('drop', 'floor', 'judged')
    >>> rules_in_use(Triggers(rules=("drop", "judged")), "default")
    ('drop',)
    """
    if triggers.rules is not None:
        return tuple(rule for rule in triggers.rules if rule != _JUDGED or judge_counts)
    if preset == "original":
        return ("original",)
    return (*DEFAULT, _JUDGED) if judge_counts else DEFAULT


def with_shared_errors(triggers: Triggers, in_use: Sequence[RuleName]) -> Triggers:
    """The triggers with the part of `false_alarms_per_1000` that each rule in use gets.

    `drop` and every signal are one e-detector each on a stream of their own, which has at most that
    many false alarms in 1,000 of its events, and so in 1,000 tasks. The alarms of several add up,
    however their streams depend on each other. With k of them in use each gets a k-th, and the sum
    stays within the setting.

    Examples
    --------
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.registry import with_shared_errors
    >>> with_shared_errors(Triggers(), ("drop", "floor", "judged")).false_alarms_per_1000
    0.05
    """
    sharing = len([rule for rule in in_use if rule == "drop" or rule not in _DETECTORS])
    if sharing <= 1:
        return triggers
    part = triggers.false_alarms_per_1000 / sharing
    return triggers.model_copy(update={"false_alarms_per_1000": part})


def reason_of(name: str) -> Reason:
    """The reason stored with an evolution that this rule or signal began; a signal's is drift."""
    return next((row[1] for rule, row in _DETECTORS.items() if rule == name), "drift")
