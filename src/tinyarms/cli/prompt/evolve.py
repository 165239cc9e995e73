"""`tinyarms prompt evolve`: search for better prompts, then let users choose."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypedDict, get_args

import click

from tinyarms.cli.examples_text import say_examples
from tinyarms.cli.money_text import money_text
from tinyarms.cli.output import accuracy_over, emit, say
from tinyarms.cli.progress import estimate_text, watching
from tinyarms.cli.prompt.evolve_each import EvolvedSkills, evolve_each
from tinyarms.cli.prompt.gate_text import say_counts, say_gate
from tinyarms.cli.prompt.search_text import (
    manual_text,
    probe_text,
    say_operators,
    speed_text,
    spent_text,
)
from tinyarms.cli.shared import WholeNumber, complete_skill, json_option, project
from tinyarms.core.settings import OptimizerName
from tinyarms.evolution.abilities import abilities_text
from tinyarms.loop.searching.answer import EvolveView

OPTIMIZERS: tuple[str, ...] = get_args(OptimizerName)


@click.command(short_help="Search for better prompts and start their live test.")
@click.argument("skill", metavar="[SKILL]", required=False, shell_complete=complete_skill)
@click.option("--all", "all_skills", is_flag=True, help="Evolve all skills, one after the other.")
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Ray cluster of the models of kind ray: HOST:PORT or ray://HOST:PORT.",
)
@click.option("--variants", type=WholeNumber(1, 26), help="Number of variants to look for.")
@click.option("--seed", type=int, help="Seed of the search.  [0]")
@click.option(
    "--optimizer",
    type=click.Choice(OPTIMIZERS),
    metavar="NAME",
    help=f"Search method: {', '.join(OPTIMIZERS)}.",
)
@click.option("--preset", type=click.Choice(["default", "original"]), help="Rule set to use.")
@click.option("--writer", metavar="MODEL", help="Name of the writing model in config.yaml.")
@click.option(
    "--with",
    "manual",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Prompt file for the first population; repeatable.",
)
@click.option("--budget", type=WholeNumber(1), metavar="CALLS", help="Limit on task calls.")
@click.option(
    "--budget-tokens",
    type=WholeNumber(1),
    metavar="TOKENS",
    help="Limit on tokens, over all calls.",
)
@click.option(
    "--budget-seconds",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Limit on model time, over all calls.",
)
@click.option(
    "--budget-money",
    type=click.FloatRange(0, min_open=True),
    metavar="DOLLARS",
    help="Limit on US dollars, over all calls.",
)
@click.option("--force", is_flag=True, help="Search even if the headroom probe advises against it.")
@click.option("--restart", is_flag=True, help="Drop an unfinished session and start a new one.")
@click.option("--dry-run", is_flag=True, help="Print the estimated cost and stop.")
@json_option
def evolve(
    skill: str | None,
    all_skills: bool,
    cluster: str | None,
    variants: int | None,
    seed: int | None,
    optimizer: str | None,
    preset: Literal["default", "original"] | None,
    writer: str | None,
    manual: tuple[Path, ...],
    budget: int | None,
    budget_tokens: int | None,
    budget_seconds: float | None,
    budget_money: float | None,
    force: bool,
    restart: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Search for a better prompt for SKILL and bring the best variants to a test.

    The search may find fewer variants than requested, and by default at most two of them are
    tested; the answer says how many and why.

    An unfinished search resumes where it stopped, with its original options. Ctrl-C stops a search
    and keeps its results. With --all, skills that have a live test or cannot be evolved are left
    out. A search first tries the prompts given by --with and up to three earlier
    versions that people wrote; the answer says how far each one came.
    """
    options: _Options = {
        "variants": variants,
        "optimizer": optimizer,
        "preset": preset,
        "writer": writer,
        "manual": manual,
        "budget_calls": budget,
        "budget_tokens": budget_tokens,
        "budget_seconds": budget_seconds,
        "budget_money": budget_money,
    }
    if (skill is None) != all_skills:
        raise click.UsageError("Name one SKILL, or --all.")
    if dry_run:
        if skill is None:
            raise click.UsageError("--dry-run estimates one SKILL.")
        _print_estimate(skill, options, as_json)
        return
    with project(cluster=cluster) as arms, watching() as listener:

        def search(name: str) -> EvolveView:
            return arms.evolve(
                name, seed=seed, force=force, restart=restart, listener=listener, **options
            )

        if skill is None:
            everything = evolve_each(arms.skills, search, listener.note)
        else:
            view = search(skill)
    if skill is None:
        _print_all(everything, as_json)
    elif as_json:
        emit("prompt evolve", view)
    else:
        _print_answer(view)


class _Options(TypedDict):
    """The options that a search and its estimate share."""

    variants: int | None
    optimizer: str | None
    preset: Literal["default", "original"] | None
    writer: str | None
    manual: tuple[Path, ...]
    budget_calls: int | None
    budget_tokens: int | None
    budget_seconds: float | None
    budget_money: float | None


def _print_estimate(skill: str, options: _Options, as_json: bool) -> None:
    with project() as arms:
        estimate = arms.estimate(skill, **options)
    if as_json:
        emit("prompt evolve", {"dry_run": True, "skill": skill, "estimate": estimate})
    else:
        say(estimate_text(estimate))
        say_examples(estimate.examples, skill)


def _print_all(everything: EvolvedSkills, as_json: bool) -> None:
    """Print what was found for each skill. Exits with 1 if a search failed."""
    if as_json:
        emit("prompt evolve", everything)
    else:
        for view in everything.evolved:
            say(f"\n{view.skill}")
            _print_answer(view)
        for skill in everything.left_out:
            say(f"\n{skill.skill}: {skill.message} {skill.hint}".rstrip())
    if any(skill.failed for skill in everything.left_out):
        raise click.exceptions.Exit(1)


def _print_answer(view: EvolveView) -> None:
    say(f"Evolution session: {view.session_id[:8]}{' (resumed)' if view.resumed else ''}")
    if view.probe is not None:
        say(probe_text(view.probe))
    if view.judge is not None:
        say(view.judge.summary)
    say_examples(view.estimate.examples, view.skill)
    accuracy, n = view.incumbent
    say(f"Incumbent: {accuracy_over(accuracy, n)}")
    for variant in view.variants:
        say(f"Variant {variant.letter}: {accuracy_over(variant.accuracy, variant.n)}")
        if variant.reasoning:
            say(f"  {variant.reasoning}")
    for manual in view.manual:
        say(manual_text(manual))
    if view.gate is not None:
        say_gate(view.gate)
    say_counts(view.counts)
    if view.suggestion is not None and view.suggestion.remedy == "keep_contract":
        say(f"{view.suggestion.sentence} The prompt in production stays.")
        _print_search(view)
        return
    if view.result == "nothing_better":
        say("Nothing better was found; the prompt in production stays.")
    if view.result == "not_worth_it":
        say(
            "There was no search; the prompt in production stays. To search anyway: "
            f"tinyarms prompt evolve {view.skill} --force"
        )
    if view.suggestion is not None:
        say(f"Next: {view.suggestion.sentence}")
    _print_search(view)


def _print_search(view: EvolveView) -> None:
    """Print the cost and the operators of the search; details come last."""
    if view.learned_from:
        say(f"Learned from: {', '.join(view.learned_from)}")
    if view.writer_abilities is not None:
        say(f"Writer: {view.writer} ({abilities_text(view.writer_abilities)})")
    say(f"Spent: {spent_text(view.spent)}")
    if cost := money_text(view.money):
        say(f"Cost: {cost}")
    if view.speed is not None:
        say(f"Speed: {speed_text(view.speed)}")
    say_operators(view.operators)
