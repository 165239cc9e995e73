"""`tinyarms skill add`: make a skill of one's own."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from tinyarms.cli.column_options import column_options
from tinyarms.cli.eval_text import say_eval
from tinyarms.cli.examples_text import say_not_added
from tinyarms.cli.output import emit, on_a_terminal, say, shortened
from tinyarms.cli.pairs import read_pairs
from tinyarms.cli.progress import watching
from tinyarms.cli.pulling import offer_pull
from tinyarms.cli.shared import WholeNumber, json_option
from tinyarms.cli.skill_dialog import ask_all
from tinyarms.cli.skill_options import name_of, output_of, prompt_of
from tinyarms.cli.skill_place import SkillPlace
from tinyarms.core.errors import ExampleError, ModelError, UsageError
from tinyarms.exchange.incoming.records import Columns
from tinyarms.loop.api import TinyArms
from tinyarms.loop.evaluating.view import EvalView
from tinyarms.loop.importing.choices import NO_SCORER, Choices
from tinyarms.loop.importing.new_skill import SkillDraft, SkillProposal
from tinyarms.loop.importing.view import ImportView

_LONGEST = 100
_LISTED = 5
"""Most parts of a kind that are named which did not come in."""
_NOTES = 10
"""Most notes that are printed; remarks on rows come last."""
_FEWEST_EXAMPLES = 30
"""Examples with which a skill is a good start; half of them are held out. Higher: fewer people
begin, and with better figures."""


@click.command(short_help="Make a skill from a file of examples.")
@click.argument("name", metavar="[NAME]", required=False)
@click.option(
    "--from", "source", metavar="FILE", type=click.Path(path_type=Path), help="Your examples."
)
@column_options("What goes in: a column of FILE, or NAME alone where there is no file.")
@click.option("--description", metavar="TEXT", help="What the skill does, in a sentence.")
@click.option(
    "--output",
    metavar="KIND",
    help="labels, text, labels:A,B,…, pattern:REGEX or json_schema:FILE.",
)
@click.option("--scorer", metavar="NAME", help=f"How right is told; {NO_SCORER}: users judge.")
@click.option("--prompt", metavar="TEXT|FILE", help="The first prompt.")
@click.option("--model", metavar="NAME", help="A model of the project, or as for init --model.")
@click.option(
    "--eval",
    "evaluate",
    type=WholeNumber(0),
    default=10,
    show_default=True,
    help="Rows on which the new skill is evaluated; 0: none.",
)
@click.option("--yes", is_flag=True, help="Take what is proposed, and ask nothing.")
@click.option("--dry-run", is_flag=True, help="Only show the proposal.")
@json_option
def add(
    name: str | None,
    source: Path | None,
    format_name: str | None,
    inputs: Sequence[str],
    expected: str | None,
    split: str | None,
    encoding: str | None,
    description: str | None,
    output: str | None,
    scorer: str | None,
    prompt: str | None,
    model: str | None,
    evaluate: int,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make a skill NAME from your examples: CSV, TSV, JSON lines, Excel, Parquet and others.

    FILE is looked at, and everything is proposed: the columns, what an output looks like, how right
    is told, and a first prompt. On a terminal each of them is a question; every question is also an
    option. Then the entry in config.yaml, the prompt file and the examples file are written, all or
    none, and the skill is evaluated on a few rows. A skill that is there is never overwritten.

    In a folder without a project, one is started there.

    \b
    tinyarms skill add tickets --from tickets.csv --eval 50 --yes
    """
    asks = not (yes or as_json or dry_run)
    if asks and not on_a_terminal():
        raise UsageError(
            "There is no terminal to ask on.", "Add --yes to take what is proposed for the rest."
        )
    with_column = [each for each in inputs if source is not None or "=" in each]
    with SkillPlace() as place:
        draft = SkillDraft(
            name=_name(name, source, asks),
            source=source,
            format=format_name,
            columns=Columns(
                read_pairs(with_column, of="COLUMN"), expected, split, encoding=encoding
            ),
            input_names=tuple(each.partition("=")[0] for each in inputs),
            model=model,
            choices=Choices(description, output_of(output), scorer, prompt_of(prompt)),
        )
        if asks:
            draft = ask_all(place.arms, draft, name is not None)
        proposal = place.arms.propose_skill(draft)
        if not as_json:
            _say_proposal(proposal)
        if dry_run or (asks and not click.confirm("Write it?", default=True)):
            if as_json:
                _emit(proposal, None, None, "nothing was written.")
            else:
                say("Nothing was written.")
            return
        for path in place.start():
            say(f"Wrote {path}", err=as_json)
        added = place.arms.add_skill(draft)
        place.keep()
        if not as_json:
            say(f"Wrote {', '.join(added.files)}")
        evaluation, why_not = _evaluated(place.arms, added, evaluate, asks)
    if as_json:
        _emit(proposal, added, evaluation, why_not)
        return
    say()
    if evaluation is not None:
        say_eval(evaluation)
    if why_not is not None:
        say(f"Not evaluated: {why_not}")
    _say_next(added)


def _name(name: str | None, source: Path | None, asks: bool) -> str:
    """The skill's name; empty: it is asked for. Raises `UsageError`."""
    given = name or name_of(source)
    if given or asks:
        return given
    if source is None:
        raise UsageError(
            "The skill has no name.", "Write it: tinyarms skill add NAME --input INPUT"
        )
    raise UsageError(
        f"{source}: gives the skill no name.",
        f"Write it: tinyarms skill add NAME --from {shlex.quote(str(source))}",
    )


def _emit(
    proposal: SkillProposal,
    added: ImportView | None,
    evaluation: EvalView | None,
    why_not: str | None,
) -> None:
    answer = {"proposal": proposal, "added": added, "evaluation": evaluation}
    emit("skill add", {**answer, "not_evaluated": why_not})


def _evaluated(
    arms: TinyArms, added: ImportView, rows: int, asks: bool
) -> tuple[EvalView | None, str | None]:
    """The evaluation, and why there is none."""
    if not rows or added.scorer is None or not added.with_expected:
        why = "it has no scorer" if added.scorer is None else "it has no examples"
        return None, "no rows were asked for." if not rows else f"{why}."
    if asks:
        offer_pull(arms, added.skill)
    try:
        with watching() as listener:
            return arms.evaluate(added.skill, n=rows, listener=listener), None
    except ModelError as error:
        return None, str(error)
    except ExampleError as error:
        return None, (
            f"too few examples to measure how good it is. {error.message} Add more, "
            f"{_FEWEST_EXAMPLES} or more in all: tinyarms examples add {added.skill} FILE"
        )


def _say_proposal(proposal: SkillProposal) -> None:
    view = proposal.view
    say(f"{proposal.skill}: {proposal.description}")
    shown = [n if n == c else f"{c} (as {n})" for n, c in proposal.inputs.items()]
    facts = (
        ("In", ", ".join(shown)),
        ("Out", ", ".join(filter(None, [proposal.expected, _in_words(proposal.output)]))),
        ("Right", view.scorer or "users judge"),
        ("Model", view.model),
        ("Prompt", proposal.prompt),
    )
    for title, text in facts:
        say(f"  {title:<7}{shortened(text, 300)}")
    if view.rows:
        splits = ", ".join(f"{name} {n}" for name, n in sorted(view.splits.items()))
        say(f"  {'Rows':<7}{view.rows}: {splits}")
    for row in proposal.rows:
        texts = " ".join(f"{name}={text}" for name, text in row.inputs.items())
        say(f"    {shortened(texts, _LONGEST)} → {shortened(row.expected, 40) or '-'}")
    for note in view.notes[:_NOTES]:
        say(f"  {'Note':<7}{shortened(note, 300)}")
    if len(view.labels) == 1 and view.with_expected > 1:
        say("  All rows have the same right answer, so there is nothing to learn from them.")
    say_not_added(view, _LISTED, "  ")
    for change in view.rewritten[:5]:
        say(f"    {change.where}: {change.before!r} counts as {change.after!r}.")


def _in_words(output: Mapping[str, Any]) -> str:
    """`output:` in a few words."""
    kind = next(iter(output))
    if kind == "labels":
        return f"one of: {', '.join(output['labels'])}"
    return "any text" if kind == "text" else f"{kind} {output[kind]}"


def _say_next(added: ImportView) -> None:
    given = " ".join(f'{name}="…"' for name in added.inputs)
    say()
    say(f"Next: tinyarms run {added.skill} {given}")
    if added.scorer is not None and added.rows > added.splits.get("test", 0):
        say(f"      tinyarms prompt evolve {added.skill}")
