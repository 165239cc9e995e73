"""A project that is only served: one skill, whose model is never really asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinyarms.store.project.files import write_atomically

SKILL = "feeling"
PROMPT = "Good or bad?"
_CONFIG = f"""\
models:
  none: {{kind: replay, model: none, recording: none.jsonl}}
skills:
  {SKILL}:
    description: Say what the writer feels.
    prompt_template: skills/{SKILL}.md
    model: none
    inputs: [text]
    output: {{labels: [good, bad]}}
"""


def write_project(root: Path, settings: Mapping[str, Any]) -> None:
    """Write it. `settings`: the block `prompt_evolution` of `constants.yaml`."""
    write_atomically(root / "config.yaml", _CONFIG)
    constants = json.dumps({"prompt_evolution": dict(settings)})
    write_atomically(root / "config" / "constants.yaml", constants)
    write_atomically(root / "skills" / f"{SKILL}.md", f"{PROMPT}\n")
    write_atomically(root / "none.jsonl", "")
