"""`docs/skills.md`, from the pydantic models of `config.yaml` and `config/constants.yaml`."""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tinyarms.models.pictures.opening import MAX_BYTES, MAX_SOURCE_PIXELS
from tools.reference.markdown import anchor, code, page, table
from tools.reference.sources import class_of, find_class, load, one_line

MODEL_EXAMPLES = """\
models:
  smollm2:135m:                     # runs inside tinyArms
    kind: embedded
    model: smollm2:135m
  qwen:                             # a model in Ollama
    kind: ollama
    model: qwen3:0.6b
  gpt:                              # hosted: the key comes from the environment
    kind: openai
    model: gpt-4.1-mini
    base_url: https://api.openai.com/v1
    api_key_env: OPENAI_API_KEY
    slots: 8
"""
SKILL_EXAMPLE = """\
skills:
  ticket-topic:
    description: Say which team a support ticket belongs to.
    prompt_template: skills/ticket-topic.md
    model: smollm2:135m
    inputs: [subject, body]
    output:
      labels: [billing, shipping, other]
    scorer: labels
    examples: examples/ticket-topic.jsonl
"""
PROMPT_EXAMPLE = """\
---
demonstrations:
  - inputs: {subject: Where is my parcel?, body: It should be here by now.}
    output: shipping
calibration: {billing: -0.31, shipping: 0.12, other: 0.19}
---
Decide which team this ticket belongs to.

Subject: {{subject}}
Body: {{body}}
"""
EXAMPLE_ROW = (
    '{"inputs": {"subject": "Where is my parcel?", "body": "It should be here by now."}, '
    '"expected": "shipping"}'
)
INPUTS_EXAMPLE = """\
inputs:
  picture: {type: image, optional: true, text_from: ocr}
  content: {optional: true}
needs_one_of: [picture, content]
"""
UNITS = {
    "_days": "days",
    "_hours": "hours",
    "_ms": "milliseconds",
    "_per_s": "",
    "_s": "seconds",
    "seconds": "seconds",
    "tokens": "tokens",
    "max_tokens": "tokens",
    "context_window": "tokens",
    "calls": "calls",
}
"""End of a key → the unit of its value."""
_HEAD = ("Key", "Type", "Default", "Meaning")


def settings_reference() -> str:
    """The text of `docs/skills.md`."""
    return page(
        "Skills and settings",
        [
            "A project has two files of settings. `config.yaml` names its models and skills; "
            "`config/constants.yaml` sets when and how prompts are evolved, tested and released, "
            "and is optional. An unknown key is an error. `tinyarms config show` prints the "
            "effective settings, with the defaults filled in.",
            "",
            "Editors complete and check both files by the JSON schemas in `schemas/`, which the "
            "first line of each file names: `# yaml-language-server: $schema=schemas/config.json`, "
            "and `../schemas/constants.json` in `config/constants.yaml`. `tinyarms config schemas` "
            "writes them into a project that lacks them. `schemas/example.json` describes a row of "
            "an examples file.",
            "",
            *_models(),
            *_skills(),
            *_contracts(),
            *_scorers(),
            *_prompts(),
            *_examples(),
            *_constants(),
        ],
    )


def _models() -> Iterator[str]:
    yield from ("## Models", "", "Each entry under `models:` in `config.yaml` is one model.", "")
    yield from ("```yaml", MODEL_EXAMPLES.rstrip(), "```", "")
    yield from (
        "Set the key before you run tinyArms: `export OPENAI_API_KEY=…`. A service from "
        "`tinyarms monitor install` does not get the variables of your shell; it reads the "
        "file that `install` names.",
        "",
    )
    yield from table(_HEAD, _rows(load("ModelSettings")))
    yield from ("", "### Capabilities", "", find_class("Capabilities").doc, "")
    yield from (*table(_HEAD, _rows(load("Capabilities"))), "")
    yield from ("### Prices", "", "`prices: {input: 0.4, output: 1.6}` in a model's entry.", "")
    yield from (*table(_HEAD, _rows(load("Price"))), "")


def _skills() -> Iterator[str]:
    yield from ("## Skills", "", "Each entry under `skills:` in `config.yaml` is one skill.", "")
    yield from ("```yaml", SKILL_EXAMPLE.rstrip(), "```", "")
    yield from table(_HEAD, _rows(load("SkillModel")))
    yield from (
        "",
        "### Inputs",
        "",
        "The long form gives each input a type, and says whether it may be left out:",
        "",
        "```yaml",
        INPUTS_EXAMPLE.rstrip(),
        "```",
        "",
        "In a prompt, an optional input that is not given leaves no trace: a line of the template "
        "whose inputs are all absent is dropped.",
        "",
    )
    yield from table(_HEAD, _rows(load("InputModel")))
    yield from _pictures()
    yield from ("", "### Judge", "", find_class("Judge").doc, "")
    yield from (*table(_HEAD, _rows(load("Judge"))), "")


def _pictures() -> Iterator[str]:
    largest, pixels = MAX_BYTES // 1_000_000, MAX_SOURCE_PIXELS // 1_000_000
    yield from (
        "",
        "### Pictures",
        "",
        "An input of the type `image` needs `pip install 'tinyarms[images]'`. A picture is given "
        "as a path (`tinyarms run file-naming picture=shot.png`, in Python a `pathlib.Path`), as "
        "bytes, or as a data URL. In Python a text is never taken for a path. PNG, JPEG, WebP, "
        "GIF, BMP, TIFF, PPM and AVIF are opened, whatever the file's name, up to "
        f"{largest} MB and {pixels} million pixels; of an animation the first frame.",
        "",
        "- **A model that sees** gets the picture as an `image_url` part: upright, without "
        "metadata, scaled down to `max_pixels`, at the place of `{{picture}}` in the prompt. "
        "Say `capabilities: {images: true}` in the model's entry if the input has `text_from`.",
        "- **For any other model** `text_from: ocr` reads the text on this machine (Latin scripts, "
        "Chinese, Japanese), and the model gets that text with the picture's name, size, "
        "orientation and date. Lines that could not be read, or only in part, are counted at its "
        "end. Each picture "
        "is read once, and never while an embedded model works.",
        "- **Without either** the skill is refused before anything is spent.",
        "",
        "The writer and the judge are never sent a picture: they get its name, size and text. "
        "The database, prompt files and logs hold its hash, size, path and text, never the "
        "picture. Two pictures are the same if their bytes are. A row of an examples file names a "
        "picture by its path relative to that file, and a demonstration in a prompt file by its "
        "path relative to the project's folder: keep the files, because a model that sees gets "
        "them again.",
    )


def _contracts() -> Iterator[str]:
    yield from (
        "## Output contracts",
        "",
        "`output:` has exactly one of these keys. The contract is enforced by a grammar or a JSON "
        "schema if the server supports it, and always by code. Evolution never changes it.",
        "",
    )
    model, kinds = load("OutputModel"), []
    for key, example in vars(inspect.getmodule(model))["CONTRACT_EXAMPLES"].items():
        contract = model.model_validate({key: example}).contract()
        meaning = find_class(type(contract).__name__).doc
        line = f"{key}: {json.dumps(example)}"
        kinds.append((code(key), meaning, code(line), str(contract.max_tokens)))
    yield from table(("Kind", "An output is", "Example", "`max_tokens`"), kinds)
    yield from ("", *table(_HEAD, _rows(load("OutputModel"))), "")


def _scorers() -> Iterator[str]:
    """From the docstrings of the scorer functions, by their names."""
    yield from (
        "## Scorers",
        "",
        "A scorer compares an output with an example and gives a score from 0 to 1; 1 is best. "
        "`scorer: exact` is the short form of `scorer: {name: exact}`.",
        "",
    )
    module = inspect.getmodule(load("make_scorer"))
    meanings = {
        "judge": "The grade that a judge model gives by `rubric`. Its reason is kept, and a "
        "capable writer reads it.",
        "module:function": "What your own Python function `(example, output)` returns: a number "
        "from 0 to 1, `True` or `False`, or a pair of a number and the reason for it; it may be "
        "`async`. The module may be beside `config.yaml`. It runs in a process of its own, in the "
        "project's folder, with a limit of time and memory. An output for which it raises, hangs "
        "or returns anything else could not be scored, which is not a score of 0. If it has "
        "an attribute `explain`, a function `(example, output)` → text, a capable writer reads "
        "what it says about failures; the same arguments must give the same text.",
        "checks": "The share of the checks that the example lists, such as `contains`, which the "
        "output passes. `tinyarms import` writes them.",
    }
    needs = {
        "checks": "each example lists its checks; `model` may be left out",
        "regex": "`pattern`",
        "judge": "`rubric`; `model` may be left out",
        "module:function": "`timeout_s` and `memory_mb` may be left out",
    }
    rows = []
    for name in vars(module)["SCORER_NAMES"]:
        meaning = meanings.get(name) or _without_examples(vars(module)[name])
        rows.append((code(name), meaning, needs.get(name, "")))
    yield from (*table(("Scorer", "Score", "Options"), rows), "")
    yield from (*table(_HEAD, _rows(load("ScorerModel"))), "")


def _without_examples(function: object) -> str:
    """A function's docstring up to its examples, in one line."""
    return one_line((inspect.getdoc(function) or "").partition("\n\nExamples\n")[0])


def _prompts() -> Iterator[str]:
    yield from (
        "## Prompt files",
        "",
        "A prompt is a Markdown file in `skills/`. `{{name}}` stands for an input and is replaced "
        "literally; without any, the inputs follow the text. YAML front matter is optional:",
        "",
        "```markdown",
        PROMPT_EXAMPLE.rstrip(),
        "```",
        "",
    )
    rows = (
        (
            "`demonstrations`",
            "list of `inputs` and `output`",
            "none",
            find_class("Demonstration").doc,
        ),
        (
            "`calibration`",
            "label: number",
            "none",
            "Bias that is added to the log-probability of each label before the likeliest one is "
            "taken. Only with a `labels` contract.",
        ),
        (
            "`retrieve`",
            "mapping",
            "none",
            "What the prompt takes from its [memory](words.md) for each task, and the `snapshot` "
            "of remembered examples. A search writes it. Remove it, and the prompt has no memory. "
            "`evolution.memory: false` keeps it out of later searches.",
        ),
        (
            "`verbalizer`",
            "mapping",
            "none",
            "A [verbalizer](words.md): under `words` a line for each word with its weight for each "
            "of the `labels`, under `model` the tag of the model whose words they are, and under "
            "`without` a line for each example of the fit with what to add to read it as if it "
            "were not among them. A search writes it. Remove it, together with `calibration`, if "
            "you change the text. `evolution.verbalizer: false` keeps it out of later searches.",
        ),
        (
            "`words_from`",
            "list of inputs",
            "none",
            "The inputs whose words the answer is made of: each run of letters in the contract's "
            "`pattern` becomes a choice of their words, in small or ASCII letters where the "
            "pattern asks for them. Only with a `pattern` contract and a server that enforces it. "
            "A search may write it, and so may you. `evolution.input_words: false` keeps it out of "
            "later searches.",
        ),
    )
    yield from table(_HEAD, rows)
    yield from ("", "tinyArms does not read other keys of the front matter.", "")


def _examples() -> Iterator[str]:
    yield from ("## Examples", "", "Each line is JSON:", "", "```json", EXAMPLE_ROW, "```", "")
    rows = [
        (code(field.name), field.doc)
        for field in find_class("Example").fields
        if field.name != "user"
    ]
    yield from (*table(("Field", "Meaning"), rows), "")


def _constants() -> Iterator[str]:
    yield from (
        "## Settings",
        "",
        "Every key of `config/constants.yaml`. All are below `prompt_evolution:`, and all may be "
        "left out.",
        "",
    )
    for name, model in _blocks(load("EvolutionSettings"), ""):
        yield from (f"### {name or 'prompt_evolution'}", "")
        yield from (*table(_HEAD, _rows(model, name)), "")


def _blocks(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """A model and the models inside it, by their paths of keys."""
    yield prefix, model
    for name, field in model.model_fields.items():
        inner = _inner_model(field.annotation)
        if inner is not None:
            yield from _blocks(inner, f"{prefix}.{name}".strip("."))


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    for part in (annotation, *get_args(annotation)):
        if inspect.isclass(part) and issubclass(part, BaseModel):
            return part
    return None


def _rows(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    docs = {field.name: field.doc for field in class_of(model).fields}
    for name, field in model.model_fields.items():
        key = f"{prefix}.{name}".strip(".")
        if not docs[name]:
            raise LookupError(f"{model.__name__}.{name} has no docstring; write one in the source.")
        meaning = docs[name].replace("`None`", "`null`")
        yield code(key), _type(field, name), _default(field, key), meaning


def _type(field: FieldInfo, name: str) -> str:
    limits = [
        f"{sign} {getattr(limit, attribute):g}"
        for limit in field.metadata
        for attribute, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
        if getattr(limit, attribute, None) is not None
    ]
    unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), "")
    words = _type_words(field.annotation)
    is_number = words.startswith(("integer", "number"))
    return ", ".join([words, *([unit] if unit and is_number else []), *limits])


def _type_words(annotation: Any) -> str:
    simple = {str: "text", int: "integer", float: "number", bool: "true or false", Any: "any"}
    if annotation in simple:
        return simple[annotation]
    if annotation is type(None):
        return "null"
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(code("true" if part is True else str(part)) for part in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(_type_words(part) for part in parts)
    if origin in (list, tuple):
        return f"list of {_type_words(parts[0])}"
    if origin in (dict, Mapping):
        return f"{_type_words(parts[0])}: {_type_words(parts[1])}"
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return "mapping"
    raise LookupError(f"No description exists for the type {annotation} yet.")


def _default(field: FieldInfo, key: str) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, BaseModel):
        return f"[its own keys](#{anchor(key)})"
    if value is None:
        return "`null`"
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, tuple):
        return code(f"[{', '.join(map(str, value))}]")
    if isinstance(value, float):
        return code(f"{value:g}")
    return code(str(value)) if value != "" else "empty"
