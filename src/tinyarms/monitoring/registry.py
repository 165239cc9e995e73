"""The rules by their names in `triggers.rules`."""

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
"""Those that watch outcomes; the others are signals (`monitoring.signals`)."""
DEFAULT: tuple[RuleName, ...] = ("drop", "floor")
_FALLS: tuple[RuleName, ...] = ("drop", "floor", "original")
_MAKERS = {
    "drop": Drop,
    "floor": Floor,
    "original": Original,
    "adwin": Adwin,
    "page_hinkley": PageHinkley,
}


def detector_named(name: RuleName, triggers: Triggers) -> Detector:
    """A fresh one, for one of `ACCURACY_RULES`."""
    return _MAKERS[name](triggers)  # type: ignore[no-any-return]


def rules_in_use(triggers: Triggers, preset: str) -> tuple[RuleName, ...]:
    """What may begin an evolution: as set, else what the preset has."""
    if triggers.rules is not None:
        return triggers.rules
    return ("original",) if preset == "original" else DEFAULT


def reason_of(name: str) -> Reason:
    """What is stored as the reason of an evolution that this rule began."""
    return "accuracy_drop" if name in _FALLS else "drift"
