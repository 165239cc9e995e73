"""What serves tasks and keeps them while the database does not answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Event, Lock

from tinyarms.loop.project.prompt_copies import PromptCopies
from tinyarms.loop.project.reach import Reach
from tinyarms.loop.project.spools import Spools


@dataclass
class Standby:
    """Of one open project. Threads may share it."""

    root: Path
    """The project's folder."""
    reading: Reach = field(default_factory=lambda: Reach("read"))
    """Whether the database answers those who read and cannot wait."""
    writing: Reach = field(default_factory=lambda: Reach("write"))
    """The same for those who write."""
    outage: str = ""
    """Why the database could not be used when the project was opened, in words; else empty."""
    closing: Event = field(default_factory=Event)
    """Set when the project is being closed."""
    has_taken_over: bool = False
    """Whether this process has taken over the ballots that others did not finish."""
    spools: Spools = field(init=False)
    """What could not be stored yet."""
    returning: Lock = field(default_factory=Lock)
    """Held by the thread that stores what the spools hold."""

    def __post_init__(self) -> None:
        self.spools = Spools(self.root)

    @cached_property
    def copies(self) -> PromptCopies:
        """The copies on disk of the prompts in production."""
        return PromptCopies(self.root)
