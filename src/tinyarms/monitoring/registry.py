"""The detectors by their names in `triggers.rules`."""

from __future__ import annotations

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.monitoring.detector import Detector
from tinyarms.monitoring.detectors.adwin import Adwin
from tinyarms.monitoring.detectors.drop import Drop
from tinyarms.monitoring.detectors.floor import Floor
from tinyarms.monitoring.detectors.original_threshold import Original
from tinyarms.monitoring.detectors.page_hinkley import PageHinkley
from tinyarms.monitoring.verdict import Reason

ACCURACY_RULES: tuple[RuleName, ...] = ("drop", "floor", "original", "adwin", "page_hinkley")
"""The rules that watch outcomes; the others are signals (`monitoring.signals`)."""
DEFAULT: tuple[RuleName, ...] = ("drop", "floor")
"""The rules in use where the settings name none."""
_FALLS: tuple[RuleName, ...] = ("drop", "floor", "original")
"""The rules whose alarm is stored as an accuracy drop; that of the others is stored as drift."""
_MAKERS = {
    "drop": Drop,
    "floor": Floor,
    "original": Original,
    "adwin": Adwin,
    "page_hinkley": PageHinkley,
}


def detector_named(name: RuleName, triggers: Triggers) -> Detector:
    """A new detector for one of `ACCURACY_RULES`.

    Examples
    --------
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.registry import detector_named
    >>> detector_named("drop", Triggers()).read().said
    'no baseline yet'
    """
    return _MAKERS[name](triggers)  # type: ignore[no-any-return]


def rules_in_use(triggers: Triggers, preset: str) -> tuple[RuleName, ...]:
    """The rules that may begin an evolution: those in the settings, else those of the preset."""
    if triggers.rules is not None:
        return triggers.rules
    return ("original",) if preset == "original" else DEFAULT


def reason_of(name: str) -> Reason:
    """The reason stored with an evolution that this rule began."""
    return "accuracy_drop" if name in _FALLS else "drift"
