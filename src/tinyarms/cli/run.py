"""`tinyarms run`: run a skill from the shell."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

import click

from tinyarms.cli.output import emit, on_a_terminal, say, say_exactly, waiting
from tinyarms.cli.pairs import read_pairs
from tinyarms.cli.shared import json_option, project, skill_argument, user_option
from tinyarms.core.errors import ContractViolation, UsageError
from tinyarms.core.json_words import json_problem
from tinyarms.loop.serving.tasks import TaskResult
from tinyarms.skills.explanation import Explanation


@click.command(short_help="Run a skill on inputs.")
@skill_argument
@click.argument("inputs", metavar="[NAME=VALUE]...", nargs=-1)
@click.option("--input-json", metavar="FILE", help="JSON object with the inputs; - reads stdin.")
@click.option("--task-id", metavar="ID", help="Your own id; the same id counts once.")
@user_option
@click.option("--expected", metavar="TEXT", help="The right output; the scorer compares.")
@click.option(
    "--explain", is_flag=True, help="Also say which examples were shown, and what they changed."
)
@json_option
def run(
    skill: str,
    inputs: tuple[str, ...],
    input_json: str | None,
    task_id: str | None,
    user: str | None,
    expected: str | None,
    explain: bool,
    as_json: bool,
) -> None:
    """Run SKILL on inputs and print its output. A picture is given by its path.

    If the right output is known, from --expected or from a gold example with the same inputs, the
    skill's scorer decides whether the task was a success. Feedback on the task takes precedence.
    With --explain, what the prompt took from its memory is printed on stderr, and the probability
    of each label by the model, by the memory, and by both.

    \b
    tinyarms run audio-actions transcript="Wake me at seven"
    tinyarms run audio-actions --input-json task.json
    tinyarms run file-naming picture=shot.png
    """
    given = {**(_read_json(input_json) if input_json else {}), **read_pairs(inputs)}
    with project() as arms:
        if on_a_terminal() and arms.missing_model(skill) is not None:
            from tinyarms.cli.pulling import offer_pull

            offer_pull(arms, skill)
        with waiting(f"Running {skill} …"):
            result = arms.run(
                skill,
                with_paths(arms.picture_inputs(skill), given),
                task_id=task_id,
                user=user,
                expected=expected,
                explain=explain,
            )
        # Before the project is closed: the answer does not wait for ballots in the background.
        _say_result(result, as_json, user, is_known=expected is not None)
        if explain and not as_json:
            _say_explanation(result.explanation, result.prompt_version)
        sys.stdout.flush()
    if result.output is None:
        raise ContractViolation(
            f"{skill}: the output broke the contract: {result.violation}",
            f"The task is stored as {result.task_id}.",
        )


def _say_result(result: TaskResult, as_json: bool, user: str | None, is_known: bool) -> None:
    """`is_known`: whether the right output is known, so that no feedback is asked for."""
    if as_json:
        emit("run", result)
    elif result.output is not None:
        say_exactly(result.output)
        if not is_known:
            say(f"Say how it went: tinyarms feedback {result.task_id} --success", err=True)
    if result.ballot_id is not None and not as_json:
        # It is made in the background, so nobody knows yet whether there is a choice.
        as_user = "" if user is None else f" --user {shlex.quote(user)}"
        vote = f"tinyarms prompt vote {result.skill}{as_user}"
        say(f"If the prompts answer it differently, users are asked to choose: {vote}", err=True)


def _say_explanation(explanation: Explanation | None, version: int | None) -> None:
    """Print it on stderr, because the output alone is on stdout."""
    from tinyarms.cli.memory_text import explanation_lines

    if explanation is None:
        say("There is nothing to explain: the task was run before.", err=True)
    else:
        for line in explanation_lines(explanation, version):
            say(line, err=True)


def with_paths(pictures: Collection[str], given: Mapping[str, str]) -> dict[str, str | Path]:
    """The inputs, with paths where a picture is not given as a data URL."""
    return {
        name: Path(value) if name in pictures and value and not value.startswith("data:") else value
        for name, value in given.items()
    }


def _read_json(source: str) -> dict[str, str]:
    where = "stdin" if source == "-" else source
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        data = json.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        message = f"{where} cannot be read ({error.strerror})."
        raise UsageError(message, "Check the path.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{where} is not UTF-8.", "Save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        what = f"line {error.lineno}: {json_problem(error)}"
        raise UsageError(f"{where} is not JSON ({what}).", 'Write {"name": "value"}.') from error
    except (ValueError, RecursionError) as error:
        what = "a number or the nesting has no end"
        raise UsageError(f"{where} is not JSON ({what}).", 'Write {"name": "value"}.') from error
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise UsageError(f"{where} must be one JSON object of texts.", 'Write {"name": "value"}.')
    return data
