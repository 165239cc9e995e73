"""An import under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tinyarms.core.errors import ImportRefused, TinyArmsError
from tinyarms.exchange.incoming.records import Imported
from tinyarms.loop.importing.choices import NO_CHOICES, Choices
from tinyarms.loop.importing.decide import Decision
from tinyarms.loop.importing.report import Report
from tinyarms.loop.importing.tally import Tally
from tinyarms.loop.project.context import Context
from tinyarms.skills.skill import Skill


@dataclass
class Running:
    """One import under way."""

    context: Context
    name: str
    imported: Imported
    source: str = ""
    """The file or folder, as it was named; empty: there is none."""
    model: str | None = None
    """The model that a person chose."""
    dry_run: bool = False
    choices: Choices = NO_CHOICES
    """What a person chose for a new skill."""
    refuse: Callable[[Report], TinyArmsError] | None = None
    """Makes the error if a row cannot come in; `None`: such rows are left out."""
    collected_by: str | None = None
    """The user whose collected examples the rows become; `None`: they become gold."""
    decision: Decision | None = None
    """What the skill is; `None` before it is decided."""
    description: str = ""
    """What a new skill does, once it is decided."""
    prompt: str = ""
    """The text of a new skill's first prompt, once it is decided."""
    report: Report = field(default_factory=Report)
    tally: Tally = field(default_factory=Tally)

    @property
    def skill(self) -> Skill | None:
        """The skill, if it is there already."""
        config = self.context.project.skills.get(self.name)
        return None if config is None else config.skill

    @property
    def refusal(self) -> TinyArmsError | None:
        """The error because of rows that cannot come in; `None`: there are none, or they are left
        out."""
        if self.refuse is None or self.report.first_left_out is None:
            return None
        return self.refuse(self.report)

    def nothing(self) -> TinyArmsError:
        """The refusal where nothing came in, with the first reason."""
        if self.refusal is not None:
            return self.refusal
        first, others = self.report.weightiest, self.report.listed_n - 1
        if first is None:
            return ImportRefused("There is nothing to import: no row and no prompt.")
        more = f"And {others} more." if others else ""
        return ImportRefused(f"{first.where}: {first.what} cannot come in: {first.why}.", more)
