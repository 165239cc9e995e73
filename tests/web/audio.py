"""The starter project, whose skill `audio-actions` is answered from a recording."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tinyarms.loop.opening import open_project
from tinyarms.loop.project.starter import init_project
from tinyarms.loop.releasing.versions import active_version
from tinyarms.skills.execution import Message, ModelReply, ModelRequest, build_request

SKILL = "audio-actions"
TRANSCRIPTS = {"Remind me to call Bo": "reminder", "Wake me at seven": "timer"}
PLAIN = "Say hello"
"""What the plain model is asked; it answers with `HELLO`."""
HELLO = "Hello!"


def make_audio_project(root: Path) -> Path:
    """Every model of it answers from a recording."""
    init_project(root)
    config = YAML().load((root / "config.yaml").read_text())
    for name in config["models"]:
        config["models"][name] = {"kind": "replay", "model": "small", "recording": "replies.jsonl"}
    with (root / "config.yaml").open("w") as file:
        YAML().dump(config, file)
    context = open_project(root, {})
    try:
        skill = context.skill(SKILL).skill
        prompt = active_version(context, SKILL).prompt
        requests: list[tuple[ModelRequest, str]] = [
            (build_request(skill.contract, prompt, {skill.inputs[0]: text}), label)
            for text, label in TRANSCRIPTS.items()
        ]
    finally:
        context.close()
    plain = ModelRequest(messages=(Message("user", PLAIN),), max_tokens=1024)
    _record(root, [*requests, (plain, HELLO)])
    return root


def _record(root: Path, replies: list[tuple[ModelRequest, str]]) -> None:
    with (root / "replies.jsonl").open("w") as file:
        for request, text in replies:
            row: dict[str, Any] = {
                "key": request.key("small"),
                "reply": asdict(ModelReply(text, 20, 1, 5.0)),
            }
            file.write(json.dumps(row) + "\n")
