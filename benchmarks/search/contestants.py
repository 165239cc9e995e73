"""The contestants."""

from __future__ import annotations

from pathlib import Path

from search.contest import Contestant
from search.human_prompts import HumanPrompts
from search.ours import Ours
from search.peer import Peer

GEPA = ("gepa==0.1.4",)
PROMPTOLUTION = ("promptolution==2.3.0",)
# litellm 1.82.7 and 1.82.8 stole credentials; this one is older.
DSPY = ("dspy==3.4.1", "litellm==1.81.16", "optuna==5.0.0")

QUICK = (
    "ours",
    "ours-uncalibrated",
    "ours-random-search",
    "human-prompts",
    "gepa",
    "promptolution-capo",
    "promptolution-opro",
    "mipro",
)
"""The contestants of `--quick`."""


def all_contestants(environments: Path) -> list[Contestant]:
    """Our optimizers, people's prompts, and other projects' own packages."""

    def promptolution(method: str) -> Peer:
        name = f"promptolution-{method}"
        return Peer(name, "promptolution_peer.py", method, PROMPTOLUTION, environments)

    return [
        Ours("ours", "promptbreeder"),
        Ours("ours-uncalibrated", "promptbreeder", calibration=False),
        Ours("ours-opro", "opro"),
        Ours("ours-evoprompt-ga", "evoprompt_ga"),
        Ours("ours-evoprompt-de", "evoprompt_de"),
        Ours("ours-random-search", "random_search"),
        HumanPrompts(),
        Peer("gepa", "gepa_peer.py", "gepa", GEPA, environments),
        promptolution("capo"),
        promptolution("evoprompt-ga"),
        promptolution("evoprompt-de"),
        promptolution("opro"),
        Peer("mipro", "mipro_peer.py", "mipro", DSPY, environments),
        Peer("mipro-zero-shot", "mipro_peer.py", "mipro-zero-shot", DSPY, environments),
    ]
