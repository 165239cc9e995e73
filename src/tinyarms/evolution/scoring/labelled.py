"""What is known of the labels of one example: what calibration and verbalizer are fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tinyarms.skills.example import Example


@dataclass(frozen=True)
class Labelled:
    """A reply to an example whose label is known."""

    example: Example
    logprobs: Mapping[str, float]
    """Label → its log-probability, as the model says."""
    suggested: Mapping[str, float] = field(default_factory=dict)
    """Label → its log-probability, as the other examples suggest; empty: they suggest nothing."""
    listed: Mapping[str, float] = field(default_factory=dict)
    """Word → its log-probability at the beginning of the answer; empty: not known."""

    @property
    def expected(self) -> str:
        """The right label."""
        return self.example.expected
