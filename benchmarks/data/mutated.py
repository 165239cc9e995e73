"""Broken files: config, constants, prompt files and examples with random mistakes.

Each file is one that works, changed in one to three places by a generator whose seed is the number
of the file, so that every case can be made again. It is read as the program reads it. The message
must be ours, in time, and must name the file, the line and the key.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

from bars import Bar, table
from tinyarms.core.errors import TinyArmsError
from tinyarms.skills.contract import JsonSchema
from tinyarms.skills.example import Example, numbered_rows
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.store.project.config import load_usable
from tinyarms.store.project.files import read_text

Kind = Literal["config", "constants", "prompt", "examples"]
KINDS: Sequence[Kind] = get_args(Kind)
FILES = 10_000
"""Number of changed files."""
MOST_SECONDS = 2.0
"""Longest processor time to read a file."""
_PATIENCE_S = 60
"""Seconds after which a file that is still being read counts as one that never ends."""
_NAMES = {
    "config": "config.yaml",
    "constants": "config/constants.yaml",
    "prompt": "skills/file-naming.md",
    "examples": "examples/file-naming.jsonl",
}
_PROMPT = """\
---
demonstrations:
  - inputs: {content: "A red bridge in fog"}
    output: red-bridge-in-fog
  - inputs:
      content: Two cats on a sofa
    output: two-cats
calibration: {billing: -0.31, "no": 0.12}
retrieve:
  demonstrations: 4
  nearest_last: true
  prior_weight: 0.5
  snapshot: 8f14e45fceea167a
author: ada
---
Name the file.

{{content}}
"""
_SKILLS = """
  people:
    description: Find the people.
    prompt_template: skills/people.md
    model: smollm2:135m
    inputs: [text]
    output:
      json_schema:
        type: object
        properties: {name: {type: string}, friend: {$ref: "#/$defs/person"}}
        required: [name]
        $defs: {person: {type: object, properties: {name: {type: string}}}}
    scorer: {name: judge, rubric: Is it right?}
    judge: {model: smollm2:135m, threshold: 0.4}
"""
_VALUES = (
    *("no", "yes", "~", "null", "true", "", '""', "''", "0", "1", "-1", "3.5", "1e3", "text"),
    *(".inf", "-.inf", ".nan", "1e999", "9" * 30, "9" * 6000, "-" + "9" * 20, "0x1F", "012"),
    *("[]", "{}", "[a, b]", "{a: b}", "[[a]]", "[1, no, ~]", "{1: 2}", "{~: 1}", "? [a]", "[a, a]"),
    *("2024-01-01", "12:30", "*x", "&x", "&x [*x]", "{<<: *x}", "{<<: 3}", "!!int a", "!foo a"),
    *("!!binary aGk=", "!!python/object:os.system x", "|", ">", "|9", "a: b", "- a", "'a", '"a'),
    *(
        '"\\q"',
        "@a",
        "`a`",
        "%a",
        "a\tb",
        "a #b",
        "{a: [b",
        "}",
        "]",
        ",",
        ":",
        "é",
        "\u2028",
        "🙂",
    ),
    *("(a+)+b", "(", "[a-", "(?=a)", "\\", "a{1,99999}", "http://127.0.0.1:9/x", "localhost"),
    *("{$ref: '#'}", "{$ref: 'http://127.0.0.1:9/s'}", "{type: 7}", "../../x", "/etc/passwd"),
    *("[" * 200, "[" * 3000, "{a: " * 150, "x" * 5000, "- " * 200),
)
_JSON = (
    *("null", "true", "0", "-1", "1e999", "NaN", "Infinity", "9" * 6000, '""', '"a"', "[]", "{}"),
    *('["a"]', '{"a": 1}', '"\\ud83d"', '"\\u0000"', '"\\q"', '"\t"', "[" * 2000, '{"a":' * 500),
    *("'a'", "None", "True", '"a" "b"', '{"a": 1, "a": 2}', '{"a": "b"}', '"a\\nb"', "// a"),
)
_LETTERS = "\t\0\ufeff:#-?*&!|>'\"%@`{}[],\\\r\u2028\u202eé\x1b\x85 \n"
_BOMB = "\n".join(
    ["z0: &z0 [x, x, x, x, x, x, x, x, x]"]
    + [f"z{n}: &z{n} [{', '.join([f'*z{n - 1}'] * 9)}]" for n in range(1, 9)]
)
_PYTHON = re.compile(
    r"Traceback|NoneType|Error\b|[Ii]nput should|object has no|invalid literal|<class|<built-in|"
    r"\b0x[0-9a-f]{6,}|codec can|pydantic|ruamel|line 1 column|\(char \d+\)|"
    r"\b(?:dict|tuple|str|int|float|bool|None|True|False|datetime|set_int_max_str_digits)\b"
)
_WITHOUT_KEY = re.compile(
    r"broken YAML: |a second document begins|must be a mapping of keys to values|not UTF-8|"
    r"is UTF-16|has more than|nested|is empty|no end|the character NUL|no examples|"
    r"the key \(nothing\)|more than [\d,]+ (?:MB|values)|column 1\)|half of a surrogate|"
    r"the row has|is missing|"
    r"not an example, but|thousands of digits|is no JSON value|column \d+\)"
)
"""Mistakes of a whole file or row, and of a place before which there is no key."""


@dataclass(frozen=True)
class Outcome:
    """What reading a changed file did."""

    kind: Kind
    number: int
    seconds: float
    """Processor time."""
    messages: tuple[str, ...]
    """What was refused; none: the file was accepted."""
    crash: str
    """An exception that is not ours; empty: none."""
    content: bytes

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the outcome."""
        found = [f"crash: {self.crash}"] if self.crash else []
        if self.seconds > MOST_SECONDS:
            found.append("slow")
        text = self.content.decode("utf-8", "replace")
        for message in self.messages:
            _, is_there, rest = message.partition(_NAMES[self.kind])
            if not is_there:
                found.append("no file")
            if not names_key(rest, text):
                found.append("no key")
            if any(word not in text for word in _PYTHON.findall(rest)):
                found.append("Python")
            if "\n" in message or not message.strip():
                found.append("lines")
        return tuple(found)


def names_key(rest: str, text: str) -> bool:
    """Whether a message, behind its file, names a line and a key, if there can be one."""
    if re.search(r"line \d+", rest) is None and not _WITHOUT_KEY.search(rest):
        return False
    known = set(re.findall(r"[\w$.-]+", text)) | {"models", "skills", "prompt_evolution"}
    known |= {"inputs", "expected", "split", "origin", "required", "forbidden", "id"}
    words = re.findall(r"[\w$-]+", re.sub(r"^, line \d+:?", "", rest))
    return bool(_WITHOUT_KEY.search(rest)) or any(word in known for word in words)


def outcomes(count: int, first: int = 0) -> Iterator[Outcome]:
    """Read `count` changed files, a quarter of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in _NAMES.values():
            (root / name).parent.mkdir(exist_ok=True)
        for number in range(first, first + count):
            yield outcome(KINDS[number % len(KINDS)], number, root)


def outcome(kind: Kind, number: int, root: Path) -> Outcome:
    """Change a file by the seed `number`, and read it."""
    for name in ("config", "constants"):
        (root / _NAMES[name]).write_text(_original(name), encoding="utf-8")
    content = changed(kind, number)
    path = root / _NAMES[kind]
    path.write_bytes(content)
    messages: tuple[str, ...] = ()
    crash = ""
    start = time.process_time()
    try:
        with _alarm():
            messages = _READERS[kind](path, root)
    except TinyArmsError as error:
        messages = (str(error),)
    except Exception as error:
        crash = f"{type(error).__name__}: {error}"[:200]
    return Outcome(kind, number, time.process_time() - start, messages, crash, content)


def changed(kind: Kind, number: int) -> bytes:
    """The file of a kind with one to three mistakes."""
    rng = random.Random(f"{kind} {number}")
    text = _original(kind)
    if kind == "examples":
        text = "\n".join(rng.sample(text.split("\n")[:-1], 5)) + "\n"
    for _ in range(rng.randint(1, 3)):
        text = rng.choice(_CHANGES)(text, kind, rng)
    encoding = rng.choice(["utf-8"] * 20 + ["utf-8-sig", "utf-16", "latin-1", "crlf"])
    if encoding == "crlf":
        return text.replace("\n", "\r\n").encode(errors="replace")
    return text.encode(encoding, "replace")


@cache
def _original(kind: str) -> str:
    if kind == "prompt":
        return _PROMPT
    starter = files("tinyarms.store.project") / "starter"
    text = (starter / _NAMES[kind]).read_text(encoding="utf-8")
    return text + _SKILLS if kind == "config" else text


def _line(text: str, rng: random.Random) -> tuple[list[str], int]:
    lines = text.split("\n")
    return lines, rng.randrange(len(lines))


def _other_value(text: str, kind: Kind, rng: random.Random) -> str:
    pattern = r'(?<=": )("[^"]*"|[^,}\s]+)' if kind == "examples" else r"(?<=: )[^\s#,}\]]+"
    places = list(re.finditer(pattern, text))
    if not places:
        return text
    place = rng.choice(places)
    value = rng.choice(_JSON if kind == "examples" else _VALUES)
    return text[: place.start()] + value + text[place.end() :]


def _other_key(text: str, kind: Kind, rng: random.Random) -> str:
    places = list(re.finditer(r"[A-Za-z_$]\w*(?=\"?:)", text))
    if not places:
        return text
    place = rng.choice(places)
    word = place.group()
    cut = rng.randrange(len(word))
    name = rng.choice(
        (word[:cut] + word[cut + 1 :], word + "x", word.upper(), "1", "no", "~", '"a b"', "[a]", "")
    )
    return text[: place.start()] + name + text[place.end() :]


def _letter(text: str, kind: Kind, rng: random.Random) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(_LETTERS) + text[place + rng.randint(0, 1) :]


def _without_line(text: str, kind: Kind, rng: random.Random) -> str:
    lines, n = _line(text, rng)
    return "\n".join(lines[:n] + lines[n + 1 :])


def _line_twice(text: str, kind: Kind, rng: random.Random) -> str:
    lines, n = _line(text, rng)
    place = rng.choice((n, rng.randrange(len(lines))))
    return "\n".join([*lines[:place], lines[n], *lines[place:]])


def _indented(text: str, kind: Kind, rng: random.Random) -> str:
    lines, n = _line(text, rng)
    lines[n] = rng.choice((" " + lines[n], "\t" + lines[n], lines[n][1:], lines[n].lstrip()))
    return "\n".join(lines)


def _cut_off(text: str, kind: Kind, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _more(text: str, kind: Kind, rng: random.Random) -> str:
    parts = (
        "---\na: 1\n",
        "...\n",
        _BOMB + "\n",
        "x: &x {y: *x}\n",
        "<<: *nothing\n",
        "}\n",
        "? a",
    )
    part = rng.choice(parts)
    if rng.random() < 0.5:
        return text + "\n" + part
    lines, n = _line(text, rng)
    return "\n".join([*lines[:n], part, *lines[n:]])


def _nothing(text: str, kind: Kind, rng: random.Random) -> str:
    return rng.choice(("", "\n", "# only a comment\n", "null\n", "[]\n", "text\n", "\0", "---\n"))


_CHANGES: Sequence[Callable[[str, Kind, random.Random], str]] = (
    *[_other_value] * 8,
    *[_other_key] * 4,
    *[_letter] * 3,
    *(_without_line, _line_twice, _line_twice, _indented, _indented, _cut_off, _more, _more),
    _nothing,
)


def _read_config(path: Path, root: Path) -> tuple[str, ...]:
    return tuple(str(error) for error in load_usable(root)[1])


def _read_prompt(path: Path, root: Path) -> tuple[str, ...]:
    parse_prompt_file(read_text(path), str(path))
    return ()


def _read_examples(path: Path, root: Path) -> tuple[str, ...]:
    schema = {"type": "string", "minLength": 2}
    contract = JsonSchema(schema)
    inputs = ("file_name", "content")
    rows = list(numbered_rows(read_text(path).split("\n"), inputs, str(path), contract))
    return tuple(str(row.found) for row in rows if not isinstance(row.found, Example))


_READERS = {
    "config": _read_config,
    "constants": _read_config,
    "prompt": _read_prompt,
    "examples": _read_examples,
}


class _NeverEnds(Exception):
    """A file is still being read after `_PATIENCE_S`."""


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(number: int, frame: object) -> None:
        raise _NeverEnds

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(_PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """Read all changed files. `--quick`: a tenth of them."""
    count = FILES // 10 if getattr(options, "quick", False) else FILES
    rows: dict[Kind, list[Outcome]] = {kind: [] for kind in KINDS}
    for each in outcomes(count):
        rows[each.kind].append(each)
    lines = [
        table(
            ("file", "changed", "accepted", "refused", "messages", "slowest ms"),
            [
                (
                    kind,
                    len(found),
                    sum(not each.messages and not each.crash for each in found),
                    sum(bool(each.messages) for each in found),
                    sum(len(each.messages) for each in found),
                    f"{max((each.seconds for each in found), default=0) * 1000:.0f}",
                )
                for kind, found in rows.items()
            ],
        )
    ]
    found = [each for group in rows.values() for each in group]
    lines += [
        f"{each.kind} {each.number}: {', '.join(each.faults)}: {' | '.join(each.messages)[:300]}"
        for each in found
        if each.faults
    ][:20]

    def bar(name: str, fault: str) -> Bar:
        value = sum(any(one.startswith(fault) for one in each.faults) for each in found)
        return Bar(f"changed files: {name}", float(value), "= 0", value == 0)

    return lines, [
        Bar("changed files", float(len(found)), f">= {count}", len(found) >= count),
        bar("an exception of Python", "crash"),
        bar(f"over {MOST_SECONDS:g} s", "slow"),
        bar("a message without the file", "no file"),
        bar("a message without line or key", "no key"),
        bar("a message in words of Python", "Python"),
        bar("a message of several lines", "lines"),
    ]
