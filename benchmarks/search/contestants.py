"""The contestants."""

from __future__ import annotations

from pathlib import Path

from search.classifier import Classifier
from search.contest import Contestant
from search.human_prompts import ByHand, HumanPrompts
from search.nearest import NearestDemonstrations
from search.ours import Ours
from search.peer import Peer
from search.refreshed import Refreshed

GEPA = ("gepa==0.1.4",)
PROMPTOLUTION = ("promptolution==2.3.0",)
# litellm 1.82.7 and 1.82.8 stole credentials; this one is older.
DSPY = ("dspy==3.4.1", "litellm==1.81.16", "optuna==5.0.0")

QUICK = (
    "ours",
    "ours-without-memory",
    "ours-uncalibrated",
    "ours-random-search",
    "classifier",
    "nearest-demonstrations",
    "refreshed",
    "human-prompts",
    "gepa",
    "promptolution-capo",
    "promptolution-opro",
    "mipro",
)
"""The contestants of `--quick`."""
SKILLS = (
    "by-hand-1",
    "by-hand-2",
    "by-hand-3",
    "classifier",
    "nearest-demonstrations",
    "refreshed",
    "ours",
    "ours-without-memory",
    "ours-random-search",
)
"""The contestants of `--skills`."""


def all_contestants(environments: Path) -> list[Contestant]:
    """Our optimizers, what needs no search, people's prompts, and other projects' own packages."""
    return [
        Ours("ours", "promptbreeder"),
        Ours("ours-without-memory", "promptbreeder", memory=False),
        Ours("ours-uncalibrated", "promptbreeder", calibration=False),
        Ours("ours-opro", "opro"),
        Ours("ours-evoprompt-ga", "evoprompt_ga"),
        Ours("ours-evoprompt-de", "evoprompt_de"),
        Ours("ours-random-search", "random_search"),
        Classifier(),
        NearestDemonstrations(),
        Refreshed(),
        *(ByHand(number) for number in (1, 2, 3)),
        HumanPrompts(),
        *peers(environments),
    ]


def peers(environments: Path) -> list[Peer]:
    """Other projects' optimizers."""

    def promptolution(method: str) -> Peer:
        name = f"promptolution-{method}"
        return Peer(name, "promptolution_peer.py", method, PROMPTOLUTION, environments)

    return [
        Peer("gepa", "gepa_peer.py", "gepa", GEPA, environments),
        promptolution("capo"),
        promptolution("evoprompt-ga"),
        promptolution("evoprompt-de"),
        promptolution("opro"),
        Peer("mipro", "mipro_peer.py", "mipro", DSPY, environments),
        Peer("mipro-zero-shot", "mipro_peer.py", "mipro-zero-shot", DSPY, environments),
    ]
