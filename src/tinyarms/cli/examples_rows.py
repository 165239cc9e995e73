"""`tinyarms examples check`, `add`, `show` and `split`: the rows of an examples file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from tinyarms.cli.examples_review import WHY_LEFT_OUT
from tinyarms.cli.examples_text import say_not_added
from tinyarms.cli.output import emit, say, shortened, waiting
from tinyarms.cli.pairs import read_pairs
from tinyarms.cli.shared import WholeNumber, json_option, project, skill_argument
from tinyarms.core.errors import UsageError
from tinyarms.core.text import counted
from tinyarms.loop.importing.adding import AddedExamples
from tinyarms.loop.project.example_findings import ExampleFinding
from tinyarms.loop.project.example_splits import SplitsView
from tinyarms.loop.project.shown_examples import MOST_SHOWN, ExampleRows
from tinyarms.skills.example import Origin, Split

_MARKS = {"error": "ERROR", "warning": "warning", "note": "note"}
_LONGEST_TEXT = 200
_MOST_LISTED = 10
_SPLITS = click.Choice(["search", "selection", "test"])


@click.command(short_help="Say what is wrong with the examples of a skill.")
@skill_argument
@json_option
@click.pass_context
def check(ctx: click.Context, skill: str, as_json: bool) -> None:
    """Say what is wrong with the examples of SKILL, with counts and line numbers.

    An error is a row that is no example of the skill: then no search and no gate reads the file. A
    warning is about rows that are left out: copies, rows with the same inputs and another answer,
    and rows whose inputs are nearly those of one that is held out more strictly. A label may differ
    from the declared one by case, spaces, quotes and Unicode form, and counts as it.

    Nothing is changed. The exit code is 1 if there is an error.
    """
    with project() as arms, waiting("Reading the examples …"):
        report = arms.check_examples(skill)
    if as_json:
        emit("examples check", {"ok": report.ok, **vars(report)})
    else:
        where = "no examples file" if report.file is None else report.file
        say(f"{skill}: {counted(report.rows, 'row')} in {where}.")
        if report.ok:
            usable = f"search {report.search}, selection {report.selection}, test {report.test}"
            say(f"Can be used: {usable}.")
        _say_findings(report.findings)
    if not report.ok:
        ctx.exit(1)


@click.command(short_help="Add examples from a file, or one.")
@skill_argument
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--input",
    "inputs",
    metavar="NAME=VALUE",
    multiple=True,
    help="An input of the example; with FILE, the column that holds it.",
)
@click.option(
    "--expected", metavar="TEXT", help="The right output; with FILE, the column that holds it."
)
@click.option("--split", metavar="SPLIT", help="The split; with FILE, the column that holds it.")
@click.option("--encoding", metavar="NAME", help="The encoding of FILE.  [default: found out]")
@click.option("--skip", is_flag=True, help="Leave out rows of FILE that cannot be examples.")
@json_option
def add(
    skill: str,
    file: Path | None,
    inputs: Sequence[str],
    expected: str | None,
    split: str | None,
    encoding: str | None,
    skip: bool,
    as_json: bool,
) -> None:
    """Add the rows of FILE (CSV, TSV, JSON lines and others) to the examples of SKILL, or one.

    All rows are added, or none. A row with the inputs and the answer of one that is there is not
    added again. A row that cannot be an example refuses FILE, unless --skip is given.

    \b
    tinyarms examples add tickets more.csv --input text=Body --expected Team
    tinyarms examples add tickets --input text="Where is it?" --expected shipping
    """
    given = read_pairs(inputs, of="VALUE" if file is None else "COLUMN")
    with project() as arms:
        if file is not None:
            with waiting("Reading the examples …"):
                added = arms.add_examples(
                    skill,
                    file,
                    inputs=given,
                    expected=expected,
                    split=split,
                    encoding=encoding,
                    skip=skip,
                )
        else:
            _check_one(given, split, encoding, skip)
            added = arms.add_example(skill, given, expected, split=_as_split(split))
    if as_json:
        emit("examples add", added)
    else:
        _print_added(added)


@click.command(short_help="Show some of the examples.")
@skill_argument
@click.option("--split", type=_SPLITS, help="Only this split.")
@click.option("--origin", type=click.Choice(["gold", "collected"]), help="Only this origin.")
@click.option("--expected", metavar="TEXT", help="Only with this right output.")
@click.option("--contains", metavar="TEXT", help="Only with this text.")
@click.option("--left-out", is_flag=True, help="Only those that are left out.")
@click.option(
    "-n",
    "most",
    type=WholeNumber(1, MOST_SHOWN),
    default=10,
    show_default=True,
    help="Most examples to show.",
)
@json_option
def show(
    skill: str,
    split: Split | None,
    origin: Origin | None,
    expected: str | None,
    contains: str | None,
    left_out: bool,
    most: int,
    as_json: bool,
) -> None:
    """Show examples of SKILL that fit all the options: their line, split, inputs and right output.

    Long texts are cut; --json has them in full.
    """
    with project() as arms:
        shown = arms.show_examples(
            skill,
            split=split,
            origin=origin,
            expected=expected,
            contains=contains,
            left_out=left_out,
            most=most,
        )
    if as_json:
        emit("examples show", shown)
    else:
        _print_shown(shown)


@click.command(short_help="Show the splits, or change them before a search.")
@skill_argument
@click.option(
    "--shares",
    metavar="SEARCH,SELECTION,TEST",
    help="Give each example a split by the hash of its inputs, in these shares.",
)
@click.option("--from-file", is_flag=True, help="Take the splits that the file has now.")
@json_option
def split(skill: str, shares: str | None, from_file: bool, as_json: bool) -> None:
    """Show how many examples of SKILL are in each split, and whether that may change.

    A row without a split gets one by the hash of its inputs: 30 % search, 20 % selection, 50 %
    test. It is kept, even if the file changes. --shares writes other ones into the file; after an
    edit of the file, --from-file takes them from it. Once a search, a live test or a refresh has
    read the examples, or eval those of test, their splits are frozen, so that no search sees what
    is held out. An eval of search and selection does not freeze them, and shows you these rows.

    \b
    tinyarms examples split tickets --shares 40,20,40
    """
    if shares is not None and from_file:
        raise UsageError("--shares and --from-file exclude each other.", "Give one of them.")
    with project() as arms:
        if shares is None and not from_file:
            view = arms.example_splits(skill)
        else:
            view = arms.set_example_splits(skill, None if shares is None else _shares(shares))
    if as_json:
        emit("examples split", view)
    else:
        _print_splits(view)


def _shares(text: str) -> tuple[float, float, float]:
    try:
        search, selection, test = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"--shares {text!r} is not three numbers.", "Write, for example: --shares 30,20,50"
        ) from None
    return search, selection, test


def _as_split(text: str | None) -> Split | None:
    names: Mapping[str, Split] = {"search": "search", "selection": "selection", "test": "test"}
    if text is not None and text not in names:
        raise UsageError(f"There is no split {text!r}.", f"Splits: {', '.join(names)}.")
    return None if text is None else names[text]


def _check_one(
    given: Mapping[str, str], split: str | None, encoding: str | None, skip: bool
) -> None:
    if not given:
        raise UsageError(
            "There is nothing to add.", "Name a file, or give --input NAME=VALUE and --expected."
        )
    if encoding is not None or skip:
        raise UsageError("--encoding and --skip are for a file.", "Name it, or leave them out.")
    _as_split(split)


def _say_findings(findings: Sequence[ExampleFinding]) -> None:
    for finding in findings:
        say(f"{_MARKS[finding.level]:<7}  {finding.what}")
        say(f"         {finding.remedy}")


def _print_added(added: AddedExamples) -> None:
    splits = ", ".join(f"{name} {n}" for name, n in sorted(added.splits.items()))
    say(
        f"{counted(added.added, 'example')} added to {added.file}{f': {splits}' if splits else ''}."
    )
    say_not_added(added, _MOST_LISTED)
    for note in added.notes:
        say(f"{_MARKS['note']:<7}  {note}")
    _say_findings([each for each in added.findings if each.level != "note"])


def _print_shown(shown: ExampleRows) -> None:
    for each in shown.examples:
        place = each.id if each.line is None else f"line {each.line}"
        say(f"{place}  {each.split}  {each.origin}")
        for name, text in each.inputs.items():
            say(f"  {name}: {shortened(text, _LONGEST_TEXT)}")
        say(f"  Right output: {shortened(each.expected, _LONGEST_TEXT) or '-'}")
        if each.left_out is not None:
            say(f"  Left out: {WHY_LEFT_OUT[each.left_out]}.")
    say(f"{len(shown.examples)} of {counted(shown.n, 'example')}.")


def _print_splits(view: SplitsView) -> None:
    total = view.search + view.selection + view.test
    uses = (
        ("search", view.search, "searches read them"),
        ("selection", view.selection, "they choose a search's finalists"),
        ("test", view.test, "held out for the offline gate"),
    )
    for name, n, use in uses:
        share = f"{n / total:.0%}" if total else "-"
        say(f"{name:<10}{n:>7}  {share:>4}  {use}")
    if view.collected:
        say(f"{counted(view.collected, 'collected example')} beside them, for searches only.")
    if view.other_in_file:
        say(
            f"In the file, {counted(view.other_in_file, 'row')} with another split than the stored "
            "one, which counts."
        )
    if view.frozen_by is None:
        say(f"They may change: tinyarms examples split {view.skill} --shares 30,20,50")
    else:
        say(f"They are frozen: {view.frozen_by}.")
