"""The files of the project whose database has the first schema."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN = datetime(2024, 9, 15, 9, tzinfo=UTC)
END = BEGIN + timedelta(days=2)
"""When the database was left alone."""

SEARCHED, OTHERS = ("half", "promoted"), ("picks", "single", "review", "returned", "people")
"""`half`: a drop began its search, which was interrupted. `promoted`: a search's variant passed
the offline gate, won and is watched. `picks`, `single`: live tests of people's variants go on.
`review`: a winner waits for a person. `returned`: promoted, edited, rolled back and reset by
hand. `people`: their session was interrupted before its live test."""
PENDING = "pending"
"""Its winner's promotion is decided and not carried out."""
SKILLS = (*SEARCHED, *OTHERS, PENDING)

V1 = "Good or bad?"
BETTER = "Read the comment slowly and say whether its writer feels good or bad."
EDITED = "Good or bad, do you think?"
BUDGET = 60
"""Task calls of the interrupted search."""

_LABELS = ("good", "bad")


def text(number: int) -> str:
    return f"comment {number}"


def write_project(root: Path) -> None:
    """All files but the database. The setting `mode` and the preset are the default ones."""
    (root / "skills").mkdir(parents=True)
    (root / "config").mkdir()
    skills = "".join(_skill(name) for name in SKILLS)
    model = "  small: {kind: replay, model: small, recording: replies.jsonl}"
    (root / "config.yaml").write_text(f"models:\n{model}\n\nskills:\n{skills}")
    write_settings(root, "")
    for name in SKILLS:
        (root / "skills" / f"{name}.md").write_text(f"{V1}\n")
    (root / "better.md").write_text(f"{BETTER}\n")
    for file, tests in (("half", 0), ("promoted", 100)):
        splits = {"test": range(tests), "search": range(100, 120), "selection": range(120, 130)}
        rows = [
            {
                "id": f"e{n}",
                "inputs": {"text": text(n)},
                "expected": _LABELS[n % 2],
                "split": split,
            }
            for split, numbers in splits.items()
            for n in numbers
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (root / f"{file}.jsonl").write_text(lines)


def write_settings(root: Path, more: str) -> None:
    """`more`: in YAML's flow form, with a comma at its end."""
    block = f"{{{more} smollm2: {{variants_per_evolution: 2}}, holdback: 0.2}}"
    (root / "config" / "constants.yaml").write_text(f"prompt_evolution: {block}\n")


def _skill(name: str) -> str:
    lines = [
        "description: Say what the writer of a comment feels about it.",
        f"prompt_template: skills/{name}.md",
        "prompt_version: 1",
        "model: small",
        "inputs: [text]",
        "output: {labels: [good, bad]}",
        *(
            ["scorer: labels", "success_at: 1", f"examples: {name}.jsonl"]
            if name in SEARCHED
            else ()
        ),
    ]
    return f"  {name}:\n" + "".join(f"    {line}\n" for line in lines)
