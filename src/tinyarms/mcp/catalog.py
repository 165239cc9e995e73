"""The tools that agents get: their names and what each is for. Nothing here needs the SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from tinyarms.loop.watching.situation import SkillState  # Brings the database along.

Effect = Literal["reads", "asks models", "adds"]
"""`reads`: it changes nothing. `asks models`: it costs calls. `adds`: it adds data; none deletes or
replaces any."""


class ToolEntry(NamedTuple):
    """One tool."""

    title: str
    effect: Effect
    description: str
    """What it does, what it answers, and what a person has to do next."""


TOOLS: Mapping[str, ToolEntry] = {
    "list_skills": ToolEntry(
        "List the skills",
        "reads",
        "All skills of the project: state, health, what happens next, and what an agent can do. "
        "Call it first.",
    ),
    "show_stats": ToolEntry(
        "Show how a skill does",
        "reads",
        "Accuracy of the last seven days with its interval and n, health, recent failures and what "
        "they share, examples by split, and the next step.",
    ),
    "show_prompt": ToolEntry(
        "Show a prompt",
        "reads",
        "A version of a skill's prompt, by default the one in production, with its demonstrations.",
    ),
    "show_results": ToolEntry(
        "Show a search or live test",
        "reads",
        "The latest evolution session of a skill: its variants, the offline gate, votes, what it "
        "cost and how it ended.",
    ),
    "show_history": ToolEntry(
        "Show the versions",
        "reads",
        "Every version that was in production, why it went there and what is known of its effect.",
    ),
    "check_examples": ToolEntry(
        "Check the examples",
        "reads",
        "What is wrong with a skill's examples, with counts, lines and remedies, and how many are "
        "in each split.",
    ),
    "show_examples": ToolEntry(
        "Show examples",
        "reads",
        "Examples of the splits `search` and `selection`. Those of `test` are held out for the "
        "offline gate, so no agent sees them.",
    ),
    "run_task": ToolEntry(
        "Run a task",
        "asks models",
        "Run a skill once on inputs, with the prompt in production. The answer has the id of the "
        "task, for `give_feedback`.",
    ),
    "evaluate_prompt": ToolEntry(
        "Evaluate a prompt",
        "asks models",
        "Measure a prompt version on the gold examples of `search` and `selection`: accuracy with "
        "interval, and what is wrong. One call for each example whose reply is not stored yet.",
    ),
    "evolve": ToolEntry(
        "Search for a better prompt",
        "asks models",
        "Search for better prompts within a budget of calls, test them on held-out examples, and "
        "start a live test of those that pass. It takes minutes to hours, reports progress and can "
        "be cancelled; the next call goes on where it stopped. A budget that is too small is "
        "refused, with the smallest useful one. `dry_run` only estimates. It never puts a prompt "
        "into production.",
    ),
    "create_variants": ToolEntry(
        "Test prompts that you wrote",
        "adds",
        "Start a live test of prompts that you wrote against the one in production: with enough "
        "held-out examples the offline gate decides first, then users vote. The guards of a search "
        "read the texts before. It never puts a prompt into production.",
    ),
    "give_feedback": ToolEntry(
        "Give feedback on a task",
        "adds",
        "Say that a task was a success or a failure, or what its right output was. It counts as "
        "that of the user `agent`.",
    ),
    "add_examples": ToolEntry(
        "Add examples",
        "adds",
        "Add examples to a skill: all, or none. They wait as collected examples of the user "
        "`agent`: searches may read a few of them, and the offline gate none, until a person makes "
        "them gold with `tinyarms examples review SKILL`.",
    ),
    "import_examples": ToolEntry(
        "Import a table",
        "adds",
        "Bring in a table (CSV or JSON lines) as examples of a skill; a skill that is not there is "
        "made, with a first prompt. Columns are guessed and can be named. The rows wait as "
        "collected examples of the user `agent` until a person makes them gold with `tinyarms "
        "examples review SKILL`. All or nothing is written; `dry_run` writes nothing.",
    ),
}
"""Name → the tool. None can promote, approve, delete or roll back, and none takes an address, a
model, a webhook, the name of an environment variable or a scorer."""

ADVICE: Mapping[SkillState, str] = {
    "watching": "`evolve` may begin a search, and `create_variants` a live test.",
    "searching": "A search runs or was interrupted; `evolve` goes on with it.",
    "testing": "Users vote; `show_results` has the standings. Nothing is to be done.",
    "in_review": "A person has to decide: tinyarms prompt review {skill}",
    "releasing": "A release is being carried out. Nothing is to be done.",
    "comparing": "A new version is compared with the one before it. Nothing is to be done.",
}
"""State of a skill → what an agent can do. A command names the skill, `{skill}`."""


@dataclass(frozen=True)
class ListedTool:
    """A tool that agents get."""

    name: str
    """Its name."""
    title: str
    """What it does, in a few words."""
    effect: Effect
    """`reads`: it changes nothing. `asks models`: it costs calls. `adds`: it adds data."""
    description: str
    """What it does and what it answers."""


def listed_tools() -> list[ListedTool]:
    """The tools, for programs.

    Examples
    --------
    >>> from tinyarms.mcp.catalog import listed_tools
    >>> [tool.name for tool in listed_tools() if tool.effect == "asks models"]
    ['run_task', 'evaluate_prompt', 'evolve']
    """
    return [ListedTool(name, *entry) for name, entry in TOOLS.items()]


def tool_lines() -> list[str]:
    """The tools as `tinyarms mcp --tools` prints them.

    Examples
    --------
    >>> from tinyarms.mcp.catalog import tool_lines
    >>> tool_lines()[0]
    'list_skills: List the skills (reads).'
    """
    return [f"{name}: {entry.title} ({entry.effect})." for name, entry in TOOLS.items()]
