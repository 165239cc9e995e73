"""`tinyarms prompt show`: one prompt version, and what it sends for an input."""

from __future__ import annotations

import click

from tinyarms.cli.memory_text import explanation_lines, memory_text
from tinyarms.cli.output import emit, say, say_exactly
from tinyarms.cli.pairs import read_pairs
from tinyarms.cli.run import with_paths
from tinyarms.cli.shared import WholeNumber, json_option, project, skill_argument, user_option
from tinyarms.core.errors import UsageError
from tinyarms.loop.reporting.memories import RecallView
from tinyarms.skills.prompt_file import format_prompt_file, readable_prompt_file


@click.command(short_help="Print a prompt version.")
@skill_argument
@click.argument("number", metavar="[VERSION]", type=WholeNumber(1), required=False)
@click.option("--version", type=WholeNumber(1), metavar="N", help="The same as VERSION.")
@click.option(
    "--for",
    "inputs",
    metavar="NAME=VALUE",
    multiple=True,
    help="Show what is sent for this input. Once for each input of the skill.",
)
@click.option("--whole", is_flag=True, help="Print the weight of each word of a verbalizer too.")
@user_option
@json_option
def show(
    skill: str,
    number: int | None,
    version: int | None,
    inputs: tuple[str, ...],
    whole: bool,
    user: str | None,
    as_json: bool,
) -> None:
    """Print the file of a prompt version of SKILL, by default the one in production.

    The file has the text, the demonstrations, the label calibration, under `retrieve` what the
    version takes from its memory for each task, under `verbalizer` which of the model's words tell
    most about the labels (with --whole the weight of each, as the file itself has them), and under
    `words_from` the inputs whose words its answers are made of. The memory itself is named on
    stderr. With --for, the messages that are sent for an input are printed instead, and the
    remembered examples among them; no model is asked.

    \b
    tinyarms prompt show audio-actions 2
    tinyarms prompt show audio-actions 2 --whole > copy.md
    tinyarms prompt show audio-actions --for transcript="Wake me at seven"
    """
    if number is not None and version not in (None, number):
        raise UsageError("The version is given twice.", "Give it once.")
    number = number or version
    given = read_pairs(inputs)
    if user is not None and not given:
        raise UsageError("--user belongs to --for.", "Give the inputs of the task with --for.")
    if whole and given:
        raise UsageError("--whole does not go with --for.", "Leave one of them out.")
    with project() as arms:
        found, memory = arms.show(skill, number), arms.memory(skill, number)
        recall = None
        if given:
            paths = with_paths(arms.picture_inputs(skill), given)
            recall = arms.recall(skill, paths, version=found.number, user=user)
    if as_json:
        emit("prompt show", {**vars(found), "memory": memory, "recall": recall})
        return
    if recall is not None:
        _say_recall(recall, found.number)
    else:
        text = format_prompt_file if whole else readable_prompt_file
        say_exactly(text(found.prompt), end="")
    say(f"{memory_text(memory)}.", err=True)


def _say_recall(recall: RecallView, version: int) -> None:
    for message in recall.messages:
        say(f"{message.role}:")
        for line in message.text.splitlines():
            say(f"  {line}")
    for line in explanation_lines(recall.explanation, version):
        say(line)
