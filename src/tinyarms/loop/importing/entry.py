"""The entries of an import in `config.yaml`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from tinyarms.core.settings import ModelSettings
from tinyarms.loop.importing.decide import Decision
from tinyarms.store.project.yaml_edit import append


def skill_entry(
    decision: Decision,
    *,
    description: str,
    prompt_file: str,
    model: str,
    judge: str | None,
    examples: str | None,
) -> CommentedMap:
    """The entry under `skills:`. `judge`: the model that grades by rubrics."""
    entry = CommentedMap(description=description, prompt_template=prompt_file, model=model)
    entry["inputs"] = _inputs(decision)
    if decision.optional and len(decision.optional) == len(decision.inputs):
        entry["needs_one_of"] = _short_list(decision.inputs)
    output = json.loads(json.dumps(decision.output))
    if "labels" in output:
        output["labels"] = _short_list(output["labels"])
    entry["output"] = CommentedMap(output)
    scorer = decision.scorer
    if judge is not None and decision.scorer_name in ("checks", "judge"):
        scorer = {"name": scorer} if isinstance(scorer, str) else dict(scorer or {})
        scorer = {**scorer, "model": judge}
    if scorer is not None:
        entry["scorer"] = CommentedMap(scorer) if isinstance(scorer, Mapping) else scorer
    if decision.success_at is not None:
        entry["success_at"] = decision.success_at
    if examples is not None:
        entry["examples"] = examples
    return entry


def add_entries(
    config: Any, models: Mapping[str, ModelSettings], skill: str, entry: CommentedMap | None
) -> None:
    """Add the models and the skill to the content of `config.yaml`, each after the last one."""
    for name, settings in models.items():
        append(config, "models", name, CommentedMap(settings.model_dump(exclude_defaults=True)))
    if entry is not None:
        append(config, "skills", skill, entry)


def _inputs(decision: Decision) -> CommentedMap | CommentedSeq:
    if not decision.optional:
        return _short_list(decision.inputs)
    inputs = CommentedMap()
    for name in decision.inputs:
        inputs[name] = CommentedMap(optional=True) if name in decision.optional else CommentedMap()
        inputs[name].fa.set_flow_style()
    return inputs


def _short_list(items: Any) -> CommentedSeq:
    found = CommentedSeq(items)
    found.fa.set_flow_style()
    return found
