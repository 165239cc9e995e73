"""The own scorers of an open project, each loaded once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinyarms.loop.project.own_scorer import MEMORY_MB, TIMEOUT_S, OwnScorer, ScorerLimits, stopped
from tinyarms.skills.skill import Skill


def limits_of(options: Mapping[str, float | int | str]) -> ScorerLimits:
    """The limits among a scorer's options in `config.yaml`."""
    seconds, mib = options.get("timeout_s", TIMEOUT_S), options.get("memory_mb", MEMORY_MB)
    return ScorerLimits(float(seconds), int(mib))


@dataclass
class OwnScorers:
    """The own scorers of an open project, each loaded once."""

    _scorers: dict[tuple[str, ScorerLimits], OwnScorer] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _refuses: bool = False

    def loaded(self, path: str, where: str, root: Path, limits: ScorerLimits) -> OwnScorer:
        """The scorer with these limits. Raises `ConfigError` if it cannot be loaded."""
        key = path, limits
        with self._lock:
            if self._refuses:
                raise stopped()
            if key not in self._scorers:
                scorer = OwnScorer(path, where, root.resolve(), limits)
                scorer.load()
                self._scorers[key] = scorer
            return self._scorers[key]

    def of(self, skill: Skill, root: Path) -> OwnScorer:
        """The skill's own scorer. Raises `ConfigError`."""
        assert skill.scorer is not None
        limits = limits_of(skill.scorer_options)
        return self.loaded(skill.scorer, f"skill {skill.name}", root, limits)

    def stop(self) -> None:
        """End all calls in flight."""
        for scorer in list(self._scorers.values()):
            scorer.stop()

    def close(self) -> None:
        """End all child processes; a scorer is loaded again when it is asked for again."""
        scorers = list(self._scorers.values())
        self._scorers.clear()
        for scorer in scorers:
            scorer.close()

    def refuse(self) -> None:
        """End all, and start none again: the program must end now."""
        self._refuses = True
        self.close()
