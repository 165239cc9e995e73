from __future__ import annotations

from pathlib import Path

import pytest

from tinyarms.core.errors import ConfigError
from tinyarms.core.settings import EvolutionSettings
from tinyarms.skills.contract import JsonSchema, Labels, Pattern, Text
from tinyarms.skills.skill import PictureInput, Skill
from tinyarms.store.project.config import SkillConfig, find_project, load_project, load_usable

MODELS = """\
models:
  tiny:
    kind: embedded
    model: smollm2:135m
"""
SKILL = """\
skills:
  file-naming:
    description: Name it.
    prompt_template: skills/file-naming.md
    model: tiny
    inputs: [file_name, content]
    output: {pattern: "[a-z]+"}
"""


def write(root: Path, config: str, constants: str | None = None) -> Path:
    (root / "config.yaml").write_text(config)
    if constants is not None:
        (root / "config").mkdir(exist_ok=True)
        (root / "config" / "constants.yaml").write_text(constants)
    return root


def test_the_project_is_found_upwards(tmp_path: Path) -> None:
    write(tmp_path, MODELS)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_project(deep, {}) == tmp_path
    assert find_project(tmp_path, {}) == tmp_path


def test_tinyarms_home_comes_first_and_has_to_be_right(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    home = write(tmp_path / "home", MODELS)
    write(tmp_path, MODELS)
    assert find_project(tmp_path, {"TINYARMS_HOME": str(home)}) == home
    with pytest.raises(ConfigError, match="TINYARMS_HOME") as caught:
        find_project(tmp_path, {"TINYARMS_HOME": str(tmp_path / "nowhere")})
    assert "tinyarms init" in caught.value.hint


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no config\.yaml") as caught:
        find_project(tmp_path, {})
    assert "tinyarms init" in caught.value.hint


def test_the_least_that_is_needed(tmp_path: Path) -> None:
    project = load_project(write(tmp_path, MODELS + SKILL))
    skill = Skill(
        name="file-naming",
        description="Name it.",
        inputs=("file_name", "content"),
        model="tiny",
        contract=Pattern("[a-z]+"),
        scorer=None,
        model_tag="smollm2:135m",
    )
    assert project.root == tmp_path
    assert project.skills == {"file-naming": SkillConfig(skill, "skills/file-naming.md", 1)}
    assert project.models["tiny"].model == "smollm2:135m"
    assert project.settings == EvolutionSettings()


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    said = """\
    prompt_version: 3
    scorer: {name: regex, pattern: "^a"}
    success_at: 0.75
    examples: examples/file-naming.jsonl
    evolvable: false
    reason: rules are rules
    evolved_at: "2024-11-10T08:00:00Z"
    previous_accuracy: 0.78
    current_accuracy:
    evolution_history:
      - version: 1
"""
    longer = SKILL.replace(
        "[file_name, content]", "{picture: {type: image}, said: {type: transcript}, text: {}}"
    )
    found = load_project(write(tmp_path, MODELS + longer + said)).skills["file-naming"]
    assert found.prompt_version == 3
    assert found.skill.inputs == ("picture", "said", "text")
    assert found.skill.scorer == "regex"
    assert found.skill.scorer_options == {"pattern": "^a"}
    assert found.skill.success_at == 0.75
    assert found.skill.examples == "examples/file-naming.jsonl"
    assert (found.skill.evolvable, found.skill.reason) == (False, "rules are rules")


@pytest.mark.parametrize(
    ("output", "contract"),
    [
        ("{labels: [yes, no]}", Labels(("yes", "no"))),
        ("{labels: [a, b], max_tokens: 3}", Labels(("a", "b"), 3)),
        ("{pattern: 'a+', max_tokens: 9}", Pattern("a+", 9)),
        ("{json_schema: {type: object}}", JsonSchema({"type": "object"})),
        (
            "{json_schema: {$ref: '#/$defs/a', $defs: {a: {type: object}}}}",
            JsonSchema({"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}}),
        ),
        ("{text: true}", Text()),
    ],
)
def test_outputs(tmp_path: Path, output: str, contract: object) -> None:
    config = MODELS + SKILL.replace('{pattern: "[a-z]+"}', output)
    found = load_project(write(tmp_path, config)).skills["file-naming"]
    assert found.skill.contract == contract


@pytest.mark.parametrize(
    ("scorer", "name", "options"),
    [
        ("keywords", "keywords", {}),
        ("mymodule:function", "mymodule:function", {}),
        ("{name: judge, rubric: Be fair.}", "judge", {"rubric": "Be fair."}),
        ("{name: judge, rubric: R, model: tiny}", "judge", {"rubric": "R", "model": "tiny"}),
    ],
)
def test_scorers(tmp_path: Path, scorer: str, name: str, options: dict[str, str]) -> None:
    config = MODELS + SKILL + f"    scorer: {scorer}\n"
    found = load_project(write(tmp_path, config)).skills["file-naming"].skill
    assert (found.scorer, found.scorer_options) == (name, options)


def _skill(key: str, value: str) -> str:
    kept = [line for line in SKILL.splitlines() if not line.startswith(f"    {key}:")]
    return MODELS + "\n".join([*kept, f"    {key}: {value}"]) + "\n"


def test_a_block_that_only_holds_what_aliases_stand_for(tmp_path: Path) -> None:
    whole = "base: &m {kind: embedded, model: 'smollm2:135m'}\n" + SKILL
    (tmp_path / "config.yaml").write_text(whole + "models: {tiny: *m}\n")
    assert load_project(tmp_path).models["tiny"].model == "smollm2:135m"
    inner = "parts:\n  first: &m {kind: embedded, model: 'smollm2:135m'}\n" + SKILL
    (tmp_path / "config.yaml").write_text(inner + "models: {tiny: *m}\n")
    assert load_project(tmp_path).models["tiny"].kind == "embedded"
    (tmp_path / "config.yaml").write_text(MODELS + SKILL + "skils: {a: 1}\n")
    with pytest.raises(ConfigError, match="skils: unknown key"):
        load_project(tmp_path)


@pytest.mark.parametrize("skills", ["skills:\n", "skills: {}\n", "skills: {}  # none yet\n"])
def test_a_project_may_have_no_skills_yet(tmp_path: Path, skills: str) -> None:
    (tmp_path / "config.yaml").write_text(MODELS + skills)
    assert load_project(tmp_path).names == ()


def mistake(root: Path) -> str:
    """The first mistake in the files of a project, which is not in more than one line."""
    errors = load_usable(root)[1]
    assert errors
    assert "\n" not in str(errors[0])
    return str(errors[0])


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        ("models: [1\n", ["line 2", "broken YAML"]),
        ("- 1\n", ["must be a mapping"]),
        ("", ["models: is missing"]),
        (MODELS, ["skills: is missing"]),
        (MODELS + "skills: []\n", ["skills: is empty"]),
        ("models:\n" + SKILL, ["models: is empty"]),
        (MODELS + SKILL + "skils: 1\n", ["skils: unknown key", "Known: models, skills"]),
        (
            MODELS + SKILL + "budget: {calls: 100}\n",
            [
                "budget: unknown key.",
                "It belongs at `prompt_evolution.evolution.budget` in config/constants.yaml.",
            ],
        ),
        (
            MODELS.replace("kind", "knd") + SKILL,
            ["models.tiny.knd: unknown key. Did you mean kind?"],
        ),
        (MODELS.replace("embedded", "magic") + SKILL, ["models.tiny.kind", "'ollama'", "'magic'"]),
        (MODELS + "    slots: 0\n" + SKILL, ["models.tiny.slots", "greater than", "not 0"]),
        (_skill("outptu", "1"), ["skills.file-naming.outptu: unknown key", "output,"]),
        (_skill("model", "huge"), ["skills.file-naming.model", "models.huge", "Known: tiny"]),
        (
            _skill("prompt_version", "two"),
            ["prompt_version: must be a whole number, not 'two'"],
        ),
        (_skill("inputs", "[]"), ["skills.file-naming.inputs", "at least one"]),
        (_skill("inputs", "[file name]"), ["skills.file-naming.inputs", "'file name'"]),
        (_skill("inputs", "{x: {type: smell}}"), ["inputs.x.type", "'image'", "'smell'"]),
        (_skill("inputs", "content"), ["inputs", "must be a list, for example [content]"]),
        (_skill("output", "{}"), ["output", "exactly one of labels, pattern"]),
        (_skill("output", "{text: true, pattern: a}"), ["output", "exactly one of"]),
        (_skill("output", "{text: false}"), ["output.text", "must be true, not false"]),
        (_skill("output", "{labels: [a, A]}"), ["output", "look the same"]),
        (_skill("output", "{labels: [1, 2]}"), ["output.labels.0", "must be text, not 1", "not 1"]),
        (_skill("output", "{lables: [a, b]}"), ["output.lables: unknown key", "labels"]),
        (_skill("output", "{pattern: '(?=a)'}"), ["output", "no grammar can express"]),
        (_skill("output", "{pattern: '('}"), ["output", "not a regular expression"]),
        (_skill("output", "{json_schema: {type: 7}}"), ["output", "not a JSON schema"]),
        (
            _skill("output", "{json_schema: {$ref: 'http://127.0.0.1:9/schema'}}"),
            ["output", "'http://127.0.0.1:9/schema' is not in the schema", "Nothing is fetched"],
        ),
        (
            _skill("output", "{json_schema: {prefixItems: [{$ref: '#/$defs/name'}]}}"),
            ["output", "'#/$defs/name' is not in the schema"],
        ),
        (_skill("scorer", "best"), ["scorer", "'best'", "keywords"]),
        (
            _skill("scorer", "regex"),
            ["naming.scorer: the scorer 'regex' lacks its option"],
        ),
        (_skill("scorer", "{name: regex, pattern: '('}"), ["scorer", "not a regular expression"]),
        (_skill("scorer", "judge"), ["scorer", "needs `rubric`"]),
        (
            _skill("scorer", "{name: judge, rubric: R, model: huge}"),
            ["skills.file-naming.scorer.model", "models.huge", "Known: tiny"],
        ),
        (_skill("success_at", "2"), ["success_at", "less than or equal to 1", "not 2"]),
        (MODELS + SKILL.replace("file-naming:", "../x:"), ["skills.../x", "not a valid name"]),
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, config: str, parts: list[str]) -> None:
    message = mistake(write(tmp_path, config))
    assert message.startswith(f"{tmp_path / 'config.yaml'}, line ")
    for part in parts:
        assert part in message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("constants", "parts"),
    [
        ("prompt_evolutoin: {}\n", ["prompt_evolutoin: unknown key", "Known: prompt_evolution"]),
        (
            "prompt_evolution: {budget: {calls: 100}}\n",
            ["budget: unknown key", "It belongs at `prompt_evolution.evolution.budget`."],
        ),
        (
            "prompt_evolution: {triggers: {acuracy: 1}}\n",
            ["prompt_evolution.triggers.acuracy: unknown key", "accuracy_threshold"],
        ),
        (
            "prompt_evolution: {triggers: {accuracy_threshold: high}}\n",
            [
                "prompt_evolution.triggers.accuracy_threshold",
                "must be a number, not 'high'",
                "'high'",
            ],
        ),
        ("prompt_evolution: {alpha: 0}\n", ["prompt_evolution.alpha", "greater than 0"]),
        ("prompt_evolution: {trigger: {x: 1}}\n", ["prompt_evolution", "trigger.x: unknown key"]),
    ],
)
def test_mistakes_in_the_constants(tmp_path: Path, constants: str, parts: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_project(write(tmp_path, MODELS + SKILL, constants))
    message = str(caught.value)
    assert "\n" not in message
    for part in ["constants.yaml", *parts]:
        assert part in message


def test_what_is_usable_beside_what_is_broken(tmp_path: Path) -> None:
    broken = SKILL.replace("skills:\n  file-naming", "  broken").replace("model: tiny", "modell: x")
    write(tmp_path, MODELS + "  torn: {kind: ollama}\n" + SKILL + broken, "prompt_evolution: 3\n")
    project, errors = load_usable(tmp_path)
    assert (list(project.models), list(project.skills)) == (["tiny"], ["file-naming"])
    assert project.settings == EvolutionSettings()
    told = [error.message for error in errors]
    assert len(told) == 3
    for part, message in zip(("constants", "models.torn", "skills.broken"), told, strict=True):
        assert part in message
    with pytest.raises(ConfigError, match=r"constants\.yaml"):
        load_project(tmp_path)


@pytest.mark.parametrize("constants", ["", "# nothing\n", "prompt_evolution:\n  # alpha: 0.1\n"])
def test_constants_that_say_nothing(tmp_path: Path, constants: str) -> None:
    assert load_project(write(tmp_path, MODELS + SKILL, constants)).settings == EvolutionSettings()


def test_constants_in_the_first_form(tmp_path: Path) -> None:
    constants = "prompt_evolution:\n  trigger:\n    skill_accuracy_threshold: 0.7\n"
    settings = load_project(write(tmp_path, MODELS + SKILL, constants)).settings
    assert settings.triggers.accuracy_threshold == 0.7


def test_an_earlier_name_of_a_setting_is_read(tmp_path: Path) -> None:
    constants = "prompt_evolution: {learning: {max_share_of_a_user: 0.4}}\n"
    project = load_project(write(tmp_path, MODELS + SKILL, constants))
    assert project.settings.learning.max_share_per_user == 0.4


def test_a_missing_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_project(tmp_path)


PICTURE = "{picture: {type: image, optional: true, text_from: ocr}, content: {optional: true}}"


def test_inputs_may_be_pictures_and_optional(tmp_path: Path) -> None:
    config = (
        SKILL.replace("[file_name, content]", PICTURE) + "    needs_one_of: [picture, content]\n"
    )
    skill = load_project(write(tmp_path, MODELS + config)).skills["file-naming"].skill
    assert skill.inputs == ("picture", "content")
    assert skill.optional == {"picture", "content"}
    assert skill.pictures == {"picture": PictureInput(2_000_000, "ocr")}
    assert skill.wrong_inputs({"content"}) is None
    assert skill.wrong_inputs({}) == "needs one of the inputs 'picture' and 'content'"


@pytest.mark.parametrize(
    ("inputs", "more", "why"),
    [
        (PICTURE, "", "all inputs are optional: name in `needs_one_of`"),
        (PICTURE, "needs_one_of: [picture, file]", "'file' is not an input with `optional: true`"),
        ("[content]", "needs_one_of: [content]", "'content' is not an input with `optional: true`"),
        ("{content: {text_from: ocr}}", "", "`text_from` belongs to an input of the type image"),
        (
            "{content: {max_pixels: 20000}}",
            "",
            "`max_pixels` belongs to an input of the type image",
        ),
        ("{picture: {type: image, max_pixels: 9}}", "", "greater than or equal to 10000"),
        ("{picture: {type: image, text_from: me}}", "", "must be 'ocr'"),
    ],
)
def test_inputs_that_contradict_themselves(
    tmp_path: Path, inputs: str, more: str, why: str
) -> None:
    config = SKILL.replace("[file_name, content]", inputs) + (f"    {more}\n" if more else "")
    message = mistake(write(tmp_path, MODELS + config))
    assert why in message
    assert "skills.file-naming" in message


def test_a_skill_shares_its_memory_as_it_says_or_as_the_project_says(tmp_path: Path) -> None:
    user = "prompt_evolution: {memory: {share: user}}"
    own = "    memory: {share: skill}\n"
    for config, constants, share in (
        (MODELS + SKILL, None, "skill"),
        (MODELS + SKILL, user, "user"),
        (MODELS + SKILL + own, user, "skill"),
    ):
        found = load_project(write(tmp_path, config, constants)).skills["file-naming"].skill
        assert found.memory_share == share
        assert found.memory_of("ada") == (None if share == "skill" else "ada")


def test_a_skills_name_must_fit_into_a_files_name(tmp_path: Path) -> None:
    longest, longer = "n" * 100, "n" * 101
    config = MODELS + SKILL.replace("file-naming:", f"{longest}:")
    assert longest in load_project(write(tmp_path, config)).skills
    said = mistake(write(tmp_path, config.replace(longest, longer)))
    assert f"skills.{longer} is not a valid name for a skill. Use up to 100 letters" in said
