"""An import under way."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.records import Imported
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
    source: str
    """The file or folder, as it was named."""
    model: str | None
    """The model that a person chose."""
    dry_run: bool
    report: Report = field(default_factory=Report)
    tally: Tally = field(default_factory=Tally)

    @property
    def skill(self) -> Skill | None:
        """The skill, if it is there already."""
        config = self.context.project.skills.get(self.name)
        return None if config is None else config.skill

    def nothing(self) -> ImportRefused:
        """The refusal where nothing came in, with the first reason."""
        listed = self.report.listed
        if not listed:
            return ImportRefused("There is nothing to import: no row and no prompt.")
        first, others = listed[0], self.report.listed_n - 1
        more = f"And {others} more." if others else ""
        return ImportRefused(f"{first.where}: {first.what} cannot come in: {first.why}.", more)
