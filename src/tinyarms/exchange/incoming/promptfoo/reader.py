"""The format `promptfoo`: its configs, and CSV and JSON lines of its tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.core.text import one_line
from tinyarms.exchange.incoming.promptfoo.cases import (
    Case,
    case_of,
    cases,
    cases_of_file,
    rows,
    scenario_cases,
)
from tinyarms.exchange.incoming.promptfoo.cells import MAGIC
from tinyarms.exchange.incoming.promptfoo.parts import Files, Part
from tinyarms.exchange.incoming.promptfoo.prompts import Prompts, schema_of_config
from tinyarms.exchange.incoming.promptfoo.providers import model_of, providers
from tinyarms.exchange.incoming.promptfoo.references import kind_of, path_of
from tinyarms.exchange.incoming.records import (
    Columns,
    FoundModel,
    FoundPrompt,
    Imported,
    Listed,
    Rewritten,
    Row,
    Turn,
)
from tinyarms.exchange.incoming.registry import Format
from tinyarms.exchange.incoming.source import Source
from tinyarms.skills.template import variables

_NAME = "promptfoo"
_YAML = (".yaml", ".yml", ".json")
_CODE = (".js", ".cjs", ".mjs", ".ts", ".py")
_KEYS = ("prompts", "providers", "targets", "tests", "scenarios", "defaultTest")
_TOP = re.compile(rf"^[\"']?({'|'.join(_KEYS)})[\"']?[ \t]*:", re.MULTILINE)
_TOP_JSON = re.compile(rf"\"({'|'.join(_KEYS)})\"\s*:")
_OTHER_FIRST_KEYS = "description|metadata|options|threshold|provider"
_TEST = re.compile(
    r"\A\ufeff?(?:[ \t]*(?:#[^\n]*)?\n)*-[ \t]+(?:(?:vars|assert)[ \t]*:|"
    rf"(?:{_OTHER_FIRST_KEYS})[ \t]*:(?=.*?\n[ \t]+(?:vars|assert)[ \t]*:))",
    re.DOTALL,
)
_TEST_LINE = re.compile(
    rf"\A\ufeff?\s*\{{(?=\s*\"(?:vars|assert|{_OTHER_FIRST_KEYS})\"\s*:)"
    r"(?=[^\n]*\"(?:vars\"\s*:\s*[{\[\"]|assert\"\s*:\s*[{\[]))"
)
_LOOKED_AT = 200_000
"""Bytes of a file that are looked at to recognise it."""
_MOST_CHARACTERS = 200_000_000
"""Most characters of all rows of a config, whose lists and variables multiply. Higher: longer waits
and larger files."""
_OTHER_KEYS: Mapping[str, str] = {
    "outputPath": "results are not written there",
    "env": "the environment is not set",
    "extensions": "code is not run",
    "nunjucksFilters": "code is not run",
    "redteam": "attacks are not made here",
    "evaluateOptions": "there are settings of its own for that",
    "commandLineOptions": "there are settings of its own for that",
    "derivedMetrics": "there is one score for each row",
    "writeLatestResults": "results are kept in the project",
    "sharing": "nothing is sent",
}
"""Key of a config → why it is not carried over."""


def _recognises(source: Source) -> float:
    """1 for a config by its name, 0.9 for one by its keys, 0.8 for a file of tests."""
    if any(_is_config_name(path) for path in _top_files(source)) or _only_config_below(source):
        return 1.0
    files = _top_files(source)
    if any(_looks_like_config(source, path) for path in files):
        return 0.9
    return 0.8 if any(_looks_like_tests(source, path) for path in files) else 0.0


def _top_files(source: Source) -> list[Path]:
    return [path for path in source.files if path.parent == source.root]


def _only_config_below(source: Source) -> Path | None:
    """The config in a folder below, where there is exactly one: so a config comes in whose
    references lead out of its own folder."""
    found = [path for path in source.files if _is_config_name(path)]
    return found[0] if len(found) == 1 else None


def _is_config_name(path: Path) -> bool:
    return path.name.startswith("promptfooconfig") and path.suffix in (*_YAML, *_CODE)


def _looks_like_config(source: Source, path: Path) -> bool:
    if path.suffix not in _YAML:
        return False
    keys = _TOP_JSON if path.suffix == ".json" else _TOP
    found = set(keys.findall(source.head(path, _LOOKED_AT)))
    return len(found) >= 2 and bool(found & {"prompts", "tests", "scenarios"})


def _looks_like_tests(source: Source, path: Path) -> bool:
    form = {".csv": MAGIC, ".yaml": _TEST, ".yml": _TEST, ".jsonl": _TEST_LINE}.get(path.suffix)
    return form is not None and form.search(source.head(path, _LOOKED_AT)) is not None


def _read(source: Source, columns: Columns) -> Imported:
    if columns.are_given:
        raise ImportRefused(
            "A promptfoo config names its columns itself.",
            "Leave out --input, --expected, --split.",
        )
    path, others = _config(source)
    if path.suffix in _CODE:
        raise ImportRefused(f"{source.place(path)}: is code, which is not run.", "Save it as YAML.")
    files = Files(source)
    if path.suffix in (".csv", ".jsonl"):
        part = Part(files, path, source.place(path), 1)
        found = _Config(source, path, None)
        return found.imported(lambda: cases_of_file(part, path))
    config = _Config(source, path, _config_of(files.root(path)))
    if others:
        names = ", ".join(source.place(other) for other in others)
        config.notes.append(f"Other configs of the folder were not read: {names}.")
    return config.read()


def _config_of(root: Part) -> Part:
    """The config itself, or the one that a file of results has."""
    config = root.get("config")
    return config if root.get("prompts") is None and config is not None else root


def _config(source: Source) -> tuple[Path, list[Path]]:
    """The config of the source, and others of which it is the main one. Raises `ImportRefused`."""
    files = _top_files(source)
    if len(files) == 1:
        return files[0], []
    named = [path for path in files if _is_config_name(path)]
    main = [path for path in named if path.stem == "promptfooconfig"]
    found = main or named or [path for path in files if _looks_like_config(source, path)]
    found = found or [path for path in files if _looks_like_tests(source, path)]
    if not found:
        below = _only_config_below(source)
        if below is None:
            raise ImportRefused(f"{source.path}: has no promptfoo config.", "Name the file.")
        found = [below]
    if len(found) > 1 and not main:
        raise ImportRefused(
            f"{source.path}: has {len(found)} configs, of which one can come in at a time: "
            f"{'; '.join(_answer(source, path) for path in found)}.",
            "Name one of them.",
        )
    return found[0], [path for path in named if path != found[0]]


def _answer(source: Source, path: Path) -> str:
    """The name of one of several configs, and what is wrong with it."""
    try:
        config = _Config(source, path, _config_of(Files(source).root(path)))
        imported = config.read()
        for part in imported.rows():
            if isinstance(part, Listed):
                return f"{part.where}: {part.what}, {part.why}"
            missing = config.shown - part.inputs.keys() if isinstance(part, Row) else None
            if missing and isinstance(part, Row):
                return f"{part.where}: it has no {', '.join(sorted(missing))}"
    except ImportRefused as error:
        return error.message.rstrip(".")
    return f"{source.place(path)} can come in"


@dataclass
class _Config:
    """One config on its way in."""

    source: Source
    path: Path
    root: Part | None
    """`None`: the file has tests only."""
    listed: list[Listed] = field(default_factory=list)
    rewritten: list[Rewritten] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    prompts: Prompts = field(default_factory=Prompts)
    models: list[FoundModel] = field(default_factory=list)
    judge: FoundModel | None = None
    schema: object = None

    def read(self) -> Imported:
        """The whole config. Raises `ImportRefused`."""
        root = self.root
        assert root is not None
        if root.is_list:
            return self.imported(lambda: cases(root))
        if not root.is_map:
            raise ImportRefused(f"{root.where}: must be a mapping of keys to values.")
        self._head_comment(root)
        self._prompts(root)
        self._providers(root)
        for key, why in _OTHER_KEYS.items():
            if root.get(key) is not None:
                self.listed.append(Listed(root.key_line(key), key, why))
        default = self._default(root)
        tests, scenarios = root.get("tests"), root.get("scenarios")

        def found() -> Iterator[Case | Listed]:
            for each in _both(cases(tests), scenario_cases(scenarios)):
                yield each if isinstance(each, Listed) else each.over(default)

        return self.imported(found)

    def _prompts(self, root: Part) -> None:
        """The prompts. Where there are none, promptfoo shows the variable `prompt`. Raises
        `ImportRefused` if the tests have no such variable either."""
        prompts = root.get("prompts")
        if prompts is not None:
            self.prompts.read(prompts)
            return
        found = _both(cases(root.get("tests")), scenario_cases(root.get("scenarios")))
        first = next((each for each in found if isinstance(each, Case)), None)
        if first is None or "prompt" not in {*first.given, *first.cells}:
            attacks = root.get("redteam")
            if attacks is not None:
                why = "has no prompts and tests of its own, and attacks are not made here"
                raise ImportRefused(f"{root.key_line('redteam')}: {why}.")
            raise ImportRefused(f"{root.where}: has no prompts.", "Add them.")
        turn = Turn("user", "{{prompt}}")
        self.prompts.found.append(FoundPrompt((turn,), root.where))
        self.notes.append("It has no prompts, so the prompt is {{prompt}} alone, as in promptfoo.")

    def imported(self, found: object) -> Imported:
        """The import of these cases."""
        description = None if self.root is None else self.root.get("description")
        shown = self.shown
        return Imported(
            format=_NAME,
            rows=lambda: _rows(found(), self.path.parent, shown),  # type: ignore[operator]
            prompts=tuple(self.prompts.found),
            models=tuple(self.models),
            judge_model=self.judge,
            json_schema=self.schema if isinstance(self.schema, dict) else None,
            description="" if description is None else one_line(description.text),
            listed=(*self.listed, *self.prompts.listed),
            rewritten=(*self.rewritten, *self.prompts.rewritten),
            notes=(*self.notes, *self.prompts.notes),
        )

    @property
    def shown(self) -> frozenset[str]:
        """The variables that the prompts show."""
        turns = [turn for prompt in self.prompts.found for turn in prompt.turns]
        return frozenset(name for turn in turns for name in variables(turn.text))

    def _providers(self, root: Part) -> None:
        for provider in providers(root.get("providers") or root.get("targets")):
            for found in model_of(provider):
                if isinstance(found, Listed):
                    self.listed.append(found)
                else:
                    self.models.append(found)
            if self.schema is None:
                self.schema = schema_of_config(provider.config)

    def _default(self, root: Part) -> Case:
        """`defaultTest:`, inline or in a file."""
        part = root.get("defaultTest")
        if part is not None and kind_of(part.text) == "file":
            path = self.source.find(path_of(part.text), part.folder, part.where)
            part = part.files.root(path)
        default = Case(root.where)
        if part is None:
            return default
        for each in case_of(part):
            if isinstance(each, Listed):
                self.listed.append(each)
            else:
                default = each
        options = part.get("options")
        grader = next(providers(None if options is None else options.get("provider")), None)
        for found in [] if grader is None else model_of(grader):
            if isinstance(found, Listed):
                self.listed.append(found)
            else:
                self.judge = found
        return default

    def _head_comment(self, root: Part) -> None:
        """A comment at the beginning that warns."""
        lines = []
        for line in root.lines:
            if not line.startswith("#"):
                break
            lines.append(line.lstrip("# ").strip())
        text = one_line(" ".join(lines))
        if "warning" in text.casefold():
            self.notes.append(f"{self.source.place(self.path, 1)}: {text}")


def _both(*parts: Iterator[Case | Listed]) -> Iterator[Case | Listed]:
    for part in parts:
        yield from part


def _rows(
    found: Iterator[Case | Listed], base: Path, shown: frozenset[str]
) -> Iterator[Row | Listed]:
    """The rows of all cases; what many rows share is listed once."""
    listed: set[tuple[str, str, str]] = set()
    length = 0
    for each in found:
        parts = iter([each]) if isinstance(each, Listed) else rows(each, base, shown)
        for part in parts:
            if isinstance(part, Row):
                length += sum(len(v) for v in part.inputs.values() if isinstance(v, str))
            if length > _MOST_CHARACTERS:
                raise ImportRefused(
                    f"{part.where}: the tests up to here have more than {_MOST_CHARACTERS:,} "
                    "characters when their variables are filled in.",
                    "Import fewer of them at a time.",
                )
            if isinstance(part, Listed):
                key = (part.where, part.what, part.why)
                if key in listed and not part.is_row:
                    continue
                listed.add(key)
            yield part


FORMAT = Format(_NAME, _recognises, _read)
