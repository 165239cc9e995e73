"""`tinyarms examples review` and `export`: collected examples, and all that are usable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from tinyarms.cli.keyboard import Keys
from tinyarms.cli.output import day, emit, on_a_terminal, say, shortened
from tinyarms.cli.shared import json_option, project, skill_argument
from tinyarms.core.text import counted, escaped
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.example_review import CollectedView, ExampleAnswer, ReviewedExample
from tinyarms.loop.project.files import write_file

_ANSWERS: dict[str, ExampleAnswer] = {"G": "gold", "D": "drop"}
_SKIP, _QUIT = "S", "Q"
_LONGEST_TEXT = 300
WHY_LEFT_OUT = {
    "outside_contract": "the skill could not give this answer",
    "no_picture": "its picture is not where it was",
    "guard": "a guard rejects its text",
    "two_answers": "a gold example has another answer",
    "twice": "a gold example repeats it",
    "two_splits": "a held-out example is nearly the same",
    "beyond_share": "it is beyond its user's share",
}


@click.command(short_help="Make collected examples gold, or drop them.")
@skill_argument
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take the answers from FILE: JSON lines with id and answer (gold or drop).",
)
@json_option
def review(skill: str, file: Path | None, as_json: bool) -> None:
    """Review the examples that SKILL has collected from corrections: make each gold, or drop it.

    Searches read collected examples, up to each user's share; the offline gate reads only gold. An
    example that a search has read stays a search example when it becomes gold. Any other gets its
    split by the hash of its inputs, and may be held out for the gate.

    On a terminal, each example takes one key. Otherwise the command prints one JSON line per
    example; fill in the answers and pass the file with --file:

    \b
    tinyarms examples review SKILL > answers.jsonl
    tinyarms examples review SKILL --file answers.jsonl
    """
    with project() as arms:
        if file is not None:
            reviewed = arms.review_examples_file(skill, file)
            if as_json:
                emit("examples review", {"skill": skill, "reviewed": reviewed})
            else:
                _print_sum(reviewed)
            return
        waiting = arms.collected_examples(skill)
        if as_json:
            emit("examples review", {"skill": skill, "waiting": waiting})
        elif on_a_terminal():
            _dialog(arms, skill, waiting)
        else:
            _print_lines(waiting)


@click.command(short_help="Write all usable examples as JSON lines.")
@skill_argument
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@json_option
def export(skill: str, file: Path | None, as_json: bool) -> None:
    """Write every usable example of SKILL to FILE, or print it: one JSON line each.

    The rows have their split and origin. Those that a person has made gold, and those that are
    collected from corrections, are only in the database; FILE has them too. Named under `examples:`
    in config.yaml, FILE gives the same examples in the same splits.
    """
    with project() as arms:
        rows = arms.exported_examples(skill)
    if file is not None:
        write_file(file, "".join(f"{row}\n" for row in rows))
    if as_json:
        written, shown = (None, rows) if file is None else (str(file), [])
        emit("examples export", {"skill": skill, "file": written, "n": len(rows), "rows": shown})
    elif file is None:
        click.echo("".join(f"{escaped(row)}\n" for row in rows), nl=False)
    else:
        say(f"{counted(len(rows), 'example')} in {file}.")


def _dialog(arms: TinyArms, skill: str, waiting: Sequence[CollectedView]) -> None:
    if not waiting:
        say(f"{skill}: no collected example waits for review.")
        return
    reviewed: list[ReviewedExample] = []
    with Keys() as keys:
        for number, view in enumerate(waiting, start=1):
            _print_one(view, f"{number} of {len(waiting)}")
            keys.forget()
            key = _key(keys)
            if key == _QUIT:
                break
            if key in _ANSWERS:
                reviewed += arms.review_examples(skill, {view.id: _ANSWERS[key]})
                say(_outcome(reviewed[-1]))
    _print_sum(reviewed)


def _key(keys: Keys) -> str:
    while (key := keys.read()) is not None:
        if key in {*_ANSWERS, _SKIP, _QUIT}:
            return key
        say("Press G, D, S or Q.")
    return _QUIT


def _print_one(view: CollectedView, place: str) -> None:
    who = "" if view.user is None else f" by {view.user}"
    say(f"Example {place}, corrected on {day(view.collected_at)}{who}")
    for name, text in view.inputs.items():
        say(f"  {name}: {shortened(text, _LONGEST_TEXT)}")
    say(f"  Corrected answer: {shortened(view.expected, _LONGEST_TEXT)}")
    if view.left_out is not None:
        say(f"  Searches do not read it: {WHY_LEFT_OUT[view.left_out]}.")
    say("[G]old [D]rop [S]kip [Q]uit")


def _outcome(example: ReviewedExample) -> str:
    return "Dropped." if example.split is None else f"Gold, in the split {example.split}."


def _print_sum(reviewed: Sequence[ReviewedExample]) -> None:
    gold = sum(example.answer == "gold" for example in reviewed)
    say(f"{counted(gold, 'example')} made gold, {len(reviewed) - gold} dropped.")


def _print_lines(waiting: Sequence[CollectedView]) -> None:
    for view in waiting:
        row = {"id": view.id, "inputs": dict(view.inputs), "expected": view.expected}
        answered = row | {"user": view.user, "answer": ""}
        click.echo(escaped(json.dumps(answered, ensure_ascii=False)))
