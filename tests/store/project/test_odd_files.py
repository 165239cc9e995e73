"""Config files that are odd in another way than a wrong key: what happens is defined, and quick."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.store.project.test_config import MODELS, SKILL, mistake, write
from tinyarms.core.errors import ConfigError
from tinyarms.store.project.config import find_project, load_project, load_usable

OTHER = SKILL.replace("skills:\n  file-naming", "  other")
BOMB = "z0: &z0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"z{n}: &z{n} [{', '.join([f'*z{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


def skill(key: str, value: str) -> str:
    return MODELS + SKILL + f"    {key}: {value}\n" + OTHER


@pytest.mark.parametrize(
    "config",
    [
        "\ufeff" + MODELS + SKILL,
        (MODELS + SKILL).replace("\n", "\r\n"),
        "--- # one document\n" + MODELS + SKILL + "...\n",
        "%YAML 1.1\n---\n" + MODELS + SKILL,
        "base: &m {kind: embedded, model: 'smollm2:135m'}\nmodels: {tiny: *m}\n" + SKILL,
        MODELS + "  big: {<<: {kind: embedded, slots: 2}, model: a, slots: 4}\n" + SKILL,
        MODELS + SKILL.replace('{pattern: "[a-z]+"}', "{labels: [yes, no, on, off]}"),
        MODELS + SKILL + "    evolvable: no\n    reason: 2024-01-01\n",
    ],
)
def test_odd_but_usable(tmp_path: Path, config: str) -> None:
    write(tmp_path, "")
    (tmp_path / "config.yaml").write_bytes(config.encode())
    assert load_project(tmp_path).unusable == {}


def test_a_merge_key_gives_way_to_the_own_keys(tmp_path: Path) -> None:
    merged = "  big: {<<: {kind: embedded, slots: 2}, model: a, slots: 4}\n"
    models = load_project(write(tmp_path, MODELS + merged + SKILL)).models
    assert (models["big"].kind, models["big"].slots) == ("embedded", 4)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "line 1: models: is missing"),
        ("# nothing\n", "line 1: models: is missing"),
        ("---\n", "line 1: models: is missing"),
        (MODELS + "---\n" + SKILL, "line 5: a second document begins. Remove the line `---`"),
        (MODELS.replace("  tiny", "\ttiny"), "line 2: broken YAML at the key tiny: a tab."),
        (MODELS + "a: b: c\n", "line 5: broken YAML at the key a: a colon where no value"),
        (MODELS + "a: {b: 1\n", "a bracket is not closed"),
        (MODELS + "a: 'b\n", "a quoted text has no end"),
        (MODELS + "a: *b\n", "an alias without its anchor"),
        (MODELS + "a: b\0\n", "line 5: broken YAML at the key a: the character U+0000"),
        ("a: &a " + "[" * 5000, "line 1: it is nested deeper than 100 levels"),
        ("models: {a: " + "{b: " * 150, "it is nested deeper than 100 levels"),
        pytest.param(
            "x: [" + "a, " * 12000 + "]",
            "the file has more than 10,000 values",
            marks=pytest.mark.slow,
        ),
        ("- a\n", "line 1: must be a mapping of keys to values"),
        ("text\n", "line 1: must be a mapping of keys to values"),
        (
            "1: a\n" + MODELS + SKILL,
            'line 1: 1: the key 1 is not a text. In quotes it is one: "1".',
        ),
        (MODELS + MODELS + SKILL, "line 5: models: the key occurs twice, first in line 1"),
    ],
)
def test_mistakes_of_a_whole_file(tmp_path: Path, config: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_project(write(tmp_path, config))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (
            skill("success_at", ".nan"),
            "line 12: skills.file-naming.success_at: .nan is not a finite",
        ),
        (skill("prompt_version", "9" * 40), "prompt_version: the number 9999999"),
        (skill("prompt_version", "9" * 6000), "prompt_version: the number 9999999"),
        (skill("prompt_version", "9999999999"), "must be less than or equal to 1000000000"),
        (skill("reason", "&a [*a]"), "the alias *a is inside of what it stands for"),
        (skill("reason", "!foo a"), "the tag !foo is unknown"),
        (skill("reason", "!!python/object:os.system x"), "the tag !!python/object"),
        (skill("evolution_history", "{1: a}"), "the key 1 is not a text"),
        (skill("evolution_history", "{? [a] : b}"), "a key must be a text, not a list"),
        (skill("description", "Again."), "the key occurs twice, first in line 7"),
        (skill("<<", "3"), "`<<` must name a mapping"),
        pytest.param(
            BOMB + skill("reason", "*z8"),
            "the aliases stand for more than 20,000 values",
            marks=pytest.mark.slow,
        ),
        (skill("memory", "no"), "must be a mapping of keys to values, not 'no'. Its keys: share."),
    ],
)
def test_mistakes_of_one_skill_leave_the_others(tmp_path: Path, config: str, said: str) -> None:
    write(tmp_path, config)
    project = load_project(tmp_path)
    assert list(project.skills) == ["other"]
    assert list(project.unusable) == ["file-naming"]
    assert said in str(project.unusable["file-naming"])
    assert mistake(tmp_path) == str(project.unusable["file-naming"])


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("{$ref: '#'}", "leads back to itself"),
        ("{$ref: '#/$defs/a', $defs: {a: {allOf: [{$ref: '#/$defs/a'}]}}}", "leads back to itself"),
        ("{$ref: 'http://127.0.0.1:9/s'}", "'http://127.0.0.1:9/s' is not in the schema"),
        ("{$ref: 'file:///etc/passwd'}", "is not in the schema"),
        ("{properties: {a: {$ref: '#/$defs/a'}}}", "'#/$defs/a' is not in the schema"),
        ("{type: 7}", "json_schema: it is not a JSON schema: type cannot be 7"),
        ("{required: x}", 'required is "x", and must be a list'),
    ],
)
def test_schemas_that_cannot_be_checked(tmp_path: Path, schema: str, said: str) -> None:
    config = MODELS + SKILL.replace('{pattern: "[a-z]+"}', f"{{json_schema: {schema}}}")
    assert said in mistake(write(tmp_path, config))


@pytest.mark.parametrize(
    "constants",
    [
        "prompt_evolution: {triggers: {cooldown_hours: .inf}}\n",
        "prompt_evolution: {retention_days: 99999999999}\n",
        "prompt_evolution: {reset_after_days: 1e300}\n",
        "prompt_evolution: {evolution: {budget: {seconds: 1e12}}}\n",
    ],
)
def test_numbers_that_no_calendar_has(tmp_path: Path, constants: str) -> None:
    with pytest.raises(ConfigError, match=r"constants\.yaml, line 1: prompt_evolution\."):
        load_project(write(tmp_path, MODELS + SKILL, constants))
    with pytest.raises(ConfigError, match=r"models\.tiny\.timeout_s: \.inf is not a finite"):
        config = MODELS + "    timeout_s: .inf\n" + SKILL
        raise load_usable(write(tmp_path, config, ""))[1][0]


def test_what_is_no_readable_text(tmp_path: Path) -> None:
    path = write(tmp_path, MODELS + SKILL) / "config.yaml"
    path.write_bytes((MODELS + SKILL).encode("utf-16"))
    assert "the file is UTF-16, not UTF-8" in mistake(tmp_path)
    path.write_bytes((MODELS + "a: é\n").encode("latin-1"))
    assert "line 5: byte" in mistake(tmp_path)
    os.truncate(path, 100_000_000)
    assert "the file has more than 1 MB" in mistake(tmp_path)
    path.unlink()
    os.mkfifo(path)
    assert find_project(tmp_path, {}) == tmp_path
    assert "it is not a regular file" in mistake(tmp_path)
    path.unlink()
    path.mkdir()
    assert "Move the folder away" in mistake(tmp_path)
    path.rmdir()
    path.symlink_to(path)
    assert "links lead in a circle" in mistake(tmp_path)
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    assert "there is no such file" in mistake(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (write(tmp_path, MODELS + SKILL) / "config.yaml").chmod(0)
    assert "chmod u+r" in mistake(tmp_path)
