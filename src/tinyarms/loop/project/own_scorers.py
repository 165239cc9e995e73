"""The own scorers of an open project, each loaded once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from weakref import ref

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
    """Those that are loaded."""
    _started: list[ref[OwnScorer]] = field(default_factory=list)
    """These, one that is being loaded, and forgotten ones that are still used."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _refuses: bool = False

    def loaded(self, path: str, where: str, root: Path, limits: ScorerLimits) -> OwnScorer:
        """The scorer with these limits.

        Raises `ConfigError` if it cannot be loaded, and `CallStopped` if `stop` ends the loading.
        """
        key = path, limits
        with self._lock:
            self._check_accepts()
            if key not in self._scorers:
                scorer = OwnScorer(path, where, root.resolve(), limits)
                # Before it is loaded: it may hang in that.
                self._started = [*(known for known in self._started if known()), ref(scorer)]
                scorer.load()
                self._check_accepts()
                self._scorers[key] = scorer
            return self._scorers[key]

    def of(self, skill: Skill, root: Path) -> OwnScorer:
        """The skill's own scorer. Raises as `loaded`."""
        assert skill.scorer is not None
        limits = limits_of(skill.scorer_options)
        return self.loaded(skill.scorer, f"skill {skill.name}", root, limits)

    def forget(self) -> None:
        """Load each scorer again when it is asked for again. The child of one that is in use ends
        once nobody uses it."""
        self._scorers.clear()

    def stop(self) -> None:
        """End all calls in flight, and the loading of a scorer."""
        for scorer in self._running():
            scorer.stop()

    def close(self) -> None:
        """End all child processes; a scorer is loaded again when it is asked for again."""
        self.forget()
        for scorer in self._running():
            scorer.close()

    def refuse(self) -> None:
        """End all, and start none again: the program must end now."""
        self._refuses = True
        self.close()

    def _running(self) -> list[OwnScorer]:
        return [scorer for known in self._started if (scorer := known()) is not None]

    def _check_accepts(self) -> None:
        if self._refuses:
            raise stopped()
