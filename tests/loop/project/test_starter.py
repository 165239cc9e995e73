from __future__ import annotations

from pathlib import Path

import pytest

from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.starter import init_project, models_overview
from tinyarms.loop.releasing.versions import active_version


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tag", "kind", "model", "url"),
    [
        (None, "embedded", "smollm2:135m", None),
        ("smollm2:360m-instruct-q4_k_m", "embedded", "smollm2:360m-instruct-q4_k_m", None),
        ("ollama:smollm2:360m", "ollama", "smollm2:360m", None),
        ("openai:tiny@http://127.0.0.1:1/v1", "openai", "tiny", "http://127.0.0.1:1/v1"),
    ],
)
def test_a_new_project_opens(
    tmp_path: Path, tag: str | None, kind: str, model: str, url: str | None
) -> None:
    written = init_project(tmp_path, tag)
    assert tmp_path / "config.yaml" in written
    context = open_project(tmp_path, {})
    [settings] = context.project.models.values()
    assert (settings.kind, settings.model, settings.base_url) == (kind, model, url)
    for name in context.project.skills:
        assert active_version(context, name).number == 1
        assert context.examples(context.skill(name).skill)
    context.close()


@pytest.mark.parametrize("tag", ["openai:", "openai:tiny", "openai:@http://x", "ollama:"])
def test_a_model_that_lacks_a_part(tmp_path: Path, tag: str) -> None:
    with pytest.raises(UsageError):
        init_project(tmp_path, tag)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_project_is_not_overwritten(tmp_path: Path) -> None:
    init_project(tmp_path)
    with pytest.raises(ConfigError, match="is here already"):
        init_project(tmp_path)


def test_which_models_are_here(tmp_path: Path) -> None:
    environ = {"TINYARMS_MODELS": str(tmp_path)}
    before = {view.name: view for view in models_overview(environ)}
    assert not before["smollm2:135m"].pulled
    assert before["smollm2:135m"].size == 144_811_072
    Path(before["smollm2:135m"].path).write_bytes(b"")
    after = {view.name: view.pulled for view in models_overview(environ)}
    assert after["smollm2:135m"] and not after["smollm2:360m-instruct-q4_k_m"]
