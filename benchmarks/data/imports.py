"""`imports`: files of other tools come in without edits by hand, and hostile ones do no harm.

Each folder below `--imports DIR` is one case. Without it, or where it is not there, only the cases
that are made here run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from bars import Bar, table
from tinyarms import ImportView, TinyArms
from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.project.starter import init_project

WHOLE_BAR = 0.9
"""Least share of the promptfoo configs that come in."""
REFUSED = ("broken", "remote")
"""Words in the name of a case that is to be refused; it does not count among those that come in."""
LONGEST_S = 2.0
"""Longest time, in seconds, that a hostile file may take."""
SECRET = "SECRET"
"""What the file outside of a hostile case's folder holds."""
_SHOWN = 70


class Outcome(NamedTuple):
    """What an import of a case gave."""

    case: str
    view: ImportView | None
    refusal: str
    """Why nothing came in; empty if something did."""
    is_half: bool
    """Whether a refused import left something behind."""
    seconds: float
    crash: str = ""
    """An error that is none of tinyArms'; empty if there was none."""
    leaks: bool = False
    """Whether a file of the project or a message holds `SECRET`."""
    runs_code: bool = False


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """The tables and the bars."""
    folder = getattr(options, "imports", None)
    lines, bars = list[str](), list[Bar]()
    if folder is not None and Path(folder).is_dir():
        more, cases = given_cases(Path(folder))
        lines += more
        bars += cases
    more, hostile = hostile_cases()
    return [*lines, "", *more], [*bars, *hostile]


def given_cases(folder: Path) -> tuple[list[str], list[Bar]]:
    """Every folder below `folder`."""
    outcomes = []
    with project() as root:
        for case in sorted(path for path in folder.iterdir() if path.is_dir()):
            print(f"import of {case.name}", file=sys.stderr)
            outcomes.append(outcome(root, case))
            if "broken" in case.name:
                each = (outcome(root, file) for file in sorted(case.iterdir()))
                outcomes += [found._replace(case=f"broken/{found.case}") for found in each]
    rows = [_row(each) for each in outcomes]
    head = ("case", "format", "rows", "listed", "left out", "s", "refused")
    wanted = [o for o in outcomes if o.case.startswith("promptfoo") and not _is_refused(o.case)]
    came = sum(o.view is not None for o in wanted)
    others = [o for o in outcomes if not o.case.startswith(("promptfoo", "broken/"))]
    share = came / len(wanted) if wanted else None
    refusals = [o for o in outcomes if _is_refused(o.case)]
    return [table(head, rows)], [
        Bar(
            f"promptfoo configs that come in, of {len(wanted)}",
            share,
            f">= {WHOLE_BAR}",
            share is not None and share >= WHOLE_BAR,
        ),
        _all("other exports that come in", [o.view is not None for o in others]),
        _all("refused, or a row listed, with line and reason", [_has_line(o) for o in refusals]),
        *_harmless(outcomes),
    ]


def hostile_cases() -> tuple[list[str], list[Bar]]:
    """Files that lead out of their folder, run code, or have no end."""
    outcomes = []
    with project() as root, TemporaryDirectory() as folder:
        (Path(folder) / "secret.txt").write_text(SECRET)
        with TinyArms.open(root):
            pass  # makes the database, which counts for none of the cases
        for make in HOSTILE:
            case = Path(folder) / make.__name__.strip("_")
            case.mkdir()
            make(case)
            found = outcome(root, case)
            outcomes.append(found._replace(runs_code=(case / "ran").exists()))
    rows = [_row(each) for each in outcomes]
    slowest = max(each.seconds for each in outcomes)
    leaks = [each.leaks for each in outcomes]
    runs = [each.runs_code for each in outcomes]
    return [table(("hostile", "format", "rows", "listed", "left out", "s", "refused"), rows)], [
        Bar(
            "slowest hostile import, s", round(slowest, 2), f"<= {LONGEST_S}", slowest <= LONGEST_S
        ),
        _none("hostile imports that leak a file outside of their folder", leaks),
        _none("hostile imports that run code", runs),
        *_harmless(outcomes),
    ]


@contextmanager
def project() -> Iterator[Path]:
    """The folder of a new project."""
    with TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        init_project(root)
        yield root


def outcome(root: Path, case: Path) -> Outcome:
    """Import a case into the project, and take it out again."""
    before = _files(root)
    view, refusal, crash = None, "", ""
    start = perf_counter()
    try:
        with TinyArms.open(root) as arms:
            view = arms.import_examples(case, "imported")
    except TinyArmsError as error:
        refusal = error.message
    except Exception as error:
        crash = f"{type(error).__name__}: {error}"
    seconds = perf_counter() - start
    leaks = SECRET in f"{view}{refusal}{crash}" or _holds(root, SECRET.encode())
    is_half = view is None and _files(root) != before
    for name in _files(root).keys() - before.keys():
        (root / name).unlink()
    for name, content in before.items():
        (root / name).write_bytes(content)
    return Outcome(case.name, view, refusal, is_half, seconds, crash, leaks)


def _holds(root: Path, text: bytes) -> bool:
    """Whether a file below the folder holds the text, the database included."""
    return any(text in path.read_bytes() for path in root.rglob("*") if path.is_file())


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "tinyarms.db" not in path.name
    }


def _row(each: Outcome) -> tuple[object, ...]:
    view = each.view
    if view is None:
        return (each.case, *"----", f"{each.seconds:.1f}", (each.crash or each.refusal)[:_SHOWN])
    counts = (view.rows, view.listed_n, view.left_out)
    return (each.case, view.format, *counts, f"{each.seconds:.1f}", "")


def _is_refused(case: str) -> bool:
    return any(word in case for word in REFUSED)


def _has_line(each: Outcome) -> bool:
    if each.view is not None:
        return each.view.left_out > 0 and any(" line " in p.where for p in each.view.listed)
    return " line " in each.refusal


def _all(name: str, holds: list[bool]) -> Bar:
    return Bar(f"{name}, of {len(holds)}", sum(holds), f"= {len(holds)}", all(holds))


def _none(name: str, holds: list[bool]) -> Bar:
    return Bar(f"{name}, of {len(holds)}", sum(holds), "= 0", not any(holds))


def _harmless(outcomes: list[Outcome]) -> list[Bar]:
    return [
        _none("imports that leave something half", [each.is_half for each in outcomes]),
        _none("imports that end in a traceback", [bool(each.crash) for each in outcomes]),
    ]


_HEAD = "prompts: ['Say {{x}}']\nproviders: [echo]\n"


def _config(case: Path, text: str) -> None:
    (case / "promptfooconfig.yaml").write_text(f"{_HEAD}{text}\n")


def _link_out(case: Path) -> None:
    (case / "x.txt").symlink_to(case.parent / "secret.txt")
    _config(case, "tests: [{vars: {x: file://x.txt}}]")


def _dots_out(case: Path) -> None:
    _config(case, "tests: [{vars: {x: file://../secret.txt}}]")


def _glob_out(case: Path) -> None:
    _config(case, "tests: [{vars: {x: file://../*.txt}}]")


def _reference_out(case: Path) -> None:
    _config(case, "tests: [{$ref: ../secret.txt}]")


def _folder_link_out(case: Path) -> None:
    (case / "up").symlink_to(case.parent)
    _config(case, "tests: [{vars: {x: file://up/secret.txt}}]")


def _runs_code(case: Path) -> None:
    code = f"open({str(case / 'ran')!r}, 'w')"
    (case / "t.py").write_text(code)
    tests = f"[file://t.py, {{vars: {{x: a}}, assert: [{{type: python, value: {code!r}}}]}}]"
    _config(case, f"extensions: [file://t.py:x]\ntests: {tests}")


def _alias_bomb(case: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    _config(case, "\n".join(lines))


def _list_bomb(case: Path) -> None:
    lists = ", ".join(f"v{n}: [{', '.join('abcdefghij')}]" for n in range(12))
    _config(case, f"tests: [{{vars: {{x: a, {lists}}}}}]")


def _deep_flow(case: Path) -> None:
    _config(case, "a: " + "[" * 200_000)


def _deep_block(case: Path) -> None:
    _config(case, "\n".join(" " * n + "a:" for n in range(200)))


def _python_tag(case: Path) -> None:
    _config(case, f"a: !!python/object/apply:os.system ['touch {case}/ran']")


def _reference_circle(case: Path) -> None:
    _config(case, "tests: [{$ref: '#/tests/0'}]")


def _long_line(case: Path) -> None:
    with (case / "samples.jsonl").open("w") as file:
        file.write('{"input": "a", "ideal": "b"}\n{"input": "')
        for _ in range(100):
            file.write("x" * 1_000_000)
        file.write('", "ideal": "b"}\n')


def _latin_1(case: Path) -> None:
    (case / "tests.csv").write_bytes("x,__expected\nGrüße,ü\n".encode("latin-1"))


def _nuls_and_surrogates(case: Path) -> None:
    row = {"vars": {"x": "a\0\ud83d"}, "assert": [{"type": "equals", "value": "\ud83d"}]}
    (case / "tests.jsonl").write_text(json.dumps(row) + "\n")


def _not_a_number(case: Path) -> None:
    (case / "samples.jsonl").write_text('{"input": "a", "ideal": NaN}\n')


def _pipe(case: Path) -> None:
    import os

    os.mkfifo(case / "promptfooconfig.yaml")


def _endless_template(case: Path) -> None:
    for name, mark in (("a", "{{"), ("b", "{%"), ("c", "{#")):
        (case / f"{name}.txt").write_text(mark * 50_000)
    _config(case, f"tests: [{{vars: {{x: [file://*.txt, '{'{{a ' * 20_000}']}}}}]")


def _broken_pattern(case: Path) -> None:
    _config(case, "tests: [{vars: {x: a}, assert: [{type: regex, value: '(((a+)+'}]}]")


def _braces_in_a_prompt(case: Path) -> None:
    (case / "p.txt").write_text("{{x}}" + "{{" * 50_000 + "{%" * 50_000 + "{#" * 50_000)
    (case / "q.txt").write_text("{{x y}}\n" * 50_000)
    text = "prompts: [file://q.txt, file://p.txt]\nproviders: [echo]\ntests: [{vars: {x: a}}]\n"
    (case / "promptfooconfig.yaml").write_text(text)


def _template_bomb(case: Path) -> None:
    (case / "b.txt").write_text("b" * 500_000)
    tests = [{"vars": {"x": "{{b}}" * 2_000, "b": "file://b.txt"}}] * 20
    _config(case, f"tests: {json.dumps(tests)}")


def _blank_lines(case: Path) -> None:
    for name in ("a.yaml", "b.json", "c.jsonl", "d.csv"):
        (case / name).write_text("\n" * 1_000_000)
    _config(case, "\n" * 100_000 + "tests: [{vars: {x: a}}]")


def _deep_json(case: Path) -> None:
    (case / "rows.json").write_text('{"a":' * 20_000)


def _deep_cell(case: Path) -> None:
    deep = "[" * 900 + "]" * 900
    (case / "rows.jsonl").write_text(f'{{"text": {deep}, "label": "a"}}\n' * 3)


def _long_number(case: Path) -> None:
    (case / "rows.json").write_text(f'[{{"text": "a", "label": {"9" * 5_000}}}]')


def _empty_cells(case: Path) -> None:
    (case / "rows.csv").write_text(",,,\n,,\n")


def _many_columns(case: Path) -> None:
    (case / "rows.csv").write_text("a," * 400_000 + "\n" + "b," * 400_000 + "\n")


def _arguments_that_are_none(case: Path) -> None:
    (case / "samples.jsonl").write_text('{"input": "a", "ideal": "b"}\n')
    text = "e:\n  class: evals.elsuite.basic.match:Match\n  args: hello\n"
    (case / "registry.yaml").write_text(text)


def _criteria_that_are_none(case: Path) -> None:
    (case / "items.jsonl").write_text('{"item": {"x": "a"}}\n')
    (case / "eval.json").write_text('{"name": "e", "testing_criteria": 5}')


def _long_reference(case: Path) -> None:
    _config(case, f"tests: [{{vars: {{x: file://{'a' * 300}}}}}]")


def _broken_glob(case: Path) -> None:
    _config(case, "tests: file://a**b.csv")


def _link_in_a_circle(case: Path) -> None:
    (case / "x.txt").symlink_to("x.txt")
    _config(case, "tests: [{vars: {x: file://x.txt}}]")


def _dataset_out(case: Path) -> None:
    outside = case.parent / "dataset"
    outside.mkdir()
    (outside / "state.json").write_text('{"_data_files": [{"filename": "secret.txt"}]}')
    (outside / "secret.txt").write_text("SECRET")
    (case / "data").symlink_to(outside)
    (case / "state.json").symlink_to(outside / "state.json")


def _pipes_of_a_dataset(case: Path) -> None:
    import os

    (case / "state.json").write_text('{"_data_files": [{"filename": "data.arrow"}]}')
    os.mkfifo(case / "data.arrow")
    os.mkfifo(case / "dataset_info.json")


HOSTILE: tuple[Callable[[Path], None], ...] = (
    *(_link_out, _dots_out, _glob_out, _reference_out, _folder_link_out, _runs_code),
    *(_alias_bomb, _list_bomb, _deep_flow, _deep_block, _python_tag, _reference_circle),
    *(_long_line, _latin_1, _nuls_and_surrogates, _not_a_number, _pipe),
    *(_endless_template, _broken_pattern, _braces_in_a_prompt, _template_bomb, _blank_lines),
    *(_deep_json, _deep_cell, _long_number, _empty_cells, _many_columns, _long_reference),
    *(_arguments_that_are_none, _criteria_that_are_none, _broken_glob, _link_in_a_circle),
    *(_dataset_out, _pipes_of_a_dataset),
)
