"""The detectors by their names in `triggers.rules`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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


def rules_in_use(triggers: Triggers, preset: str) -> tuple[RuleName, ...]:
    """The rules that may begin an evolution: those in the settings, else those of the preset."""
    if triggers.rules is not None:
        return triggers.rules
    return ("original",) if preset == "original" else DEFAULT


def reason_of(name: str) -> Reason:
    """The reason stored with an evolution that this rule or signal began; a signal's is drift."""
    return next((row[1] for rule, row in _DETECTORS.items() if rule == name), "drift")
