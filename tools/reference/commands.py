"""`docs/cli.md`, from the commands of click."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from inspect import cleandoc

import click

from tools.reference.markdown import anchor, code, page, table
from tools.reference.sources import load

GROUPS = {
    "Start": ("init", "skill", "doctor", "model", "config", "demo", "completion"),
    "Use a skill": ("run", "feedback", "examples", "import", "export"),
    "Watch": (
        "monitor",
        "prompt stats",
        "prompt results",
        "prompt history",
        "prompt show",
        "prompt diff",
    ),
    "Measure": ("eval", "check"),
    "Search": ("prompt evolve",),
    "Test": ("prompt create", "prompt simulate", "prompt vote", "prompt cancel"),
    "Release": (
        "prompt review",
        "prompt approve",
        "prompt refuse",
        "prompt propose",
        "drift",
        "prompt promote",
        "prompt refresh",
        "prompt rollback",
        "prompt reset",
    ),
    "Serve programs and agents": ("serve", "mcp", "agent-skill"),
    "Look after the project": ("db", "forget", "drift"),
}
"""Heading → the commands under it. A name stands for all commands that begin with it."""
OTHERS = "More commands"
ARGUMENTS = {
    "DIR": "Folder in which an agent looks for its skills.",
    "FILE": "Path of a file.",
    "FILE|DIR": "File or folder of another tool.",
    "bash|zsh|fish": "Your shell.",
    "FOLDER": "Folder of the new project; by default, the working folder.",
    "ID": "Id of a token, as `tinyarms serve token list` prints it.",
    "NAME": "Name of an embedded model, as `tinyarms model list` prints it.",
    "skill add NAME": "Name of the new skill; left out: that of FILE, or a terminal asks.",
    "NAME=VALUE": "An input of the skill and its value.",
    "PROPOSAL": "Id of a proposal, by default, the only one that waits.",
    "SKILL": "Name of a skill in `config.yaml`.",
    "TASK_ID": "Id of the task, as `tinyarms run` printed it.",
    "VARIANT": "Letter of a variant (`A`), its name (`variant_a`) or its id.",
    "VERSION": "Number of a version; by default, the one in production.",
    "V1": "Number of the older version.",
    "V2": "Number of the newer version.",
}
"""Meanings of arguments, also of one command's; click has no help for arguments."""
_EVERYWHERE = ("--json", "--help")
"""Options that the page describes only once."""


def command_reference() -> str:
    """The text of `docs/cli.md`."""
    root = load("cli")
    commands = dict(
        walk(root, "", click.Context(root, info_name="tinyarms", **root.context_settings))
    )
    lines = [
        "Every command of the program `tinyarms`. `tinyarms COMMAND --help` prints the same on a "
        "terminal. Commands work on the project at or above the working folder; "
        "`TINYARMS_HOME` names another one.",
        "",
        "Every command has `--help`, and `-h` for short. If `--json` is listed, it prints one JSON "
        "object on stdout, described in [JSON](json.md).",
        "",
        *_exit_codes(root),
    ]
    for heading, names in grouped(list(commands)).items():
        lines += [f"## {heading}", ""]
        for name in names:
            lines += _section(name, *commands[name])
    return page("Commands", lines)


def walk(
    command: click.Command, name: str, context: click.Context
) -> Iterator[tuple[str, tuple[click.Command, click.Context]]]:
    """Every command that can be called, by its words after `tinyarms`."""
    group = command if isinstance(command, click.Group) else _group_beside(command)
    if command is not group and name:
        yield name, (command, context)
    if group is None:
        return
    for word in group.list_commands(context):
        child = group.get_command(context, word)
        assert child is not None
        below = click.Context(child, info_name=word, parent=context)
        yield from walk(child, f"{name} {word}".strip(), below)


def grouped(names: list[str]) -> dict[str, list[str]]:
    """Heading → the names of the commands under it; each command is listed once."""
    left = list(names)
    found: dict[str, list[str]] = {}
    for heading, prefixes in GROUPS.items():
        for prefix in prefixes:
            here = [name for name in left if name == prefix or name.startswith(f"{prefix} ")]
            found.setdefault(heading, []).extend(here)
            left = [name for name in left if name not in here]
    if left:
        found[OTHERS] = left
    return found


def _group_beside(command: click.Command) -> click.Group | None:
    """The group that represents the same name as a command with arguments, if any."""
    module = sys.modules[command.callback.__module__] if command.callback else None
    for value in vars(module).values() if module else ():
        if isinstance(value, click.Group) and value.name == command.name and value is not command:
            return value
    return None


def _exit_codes(root: click.Command) -> list[str]:
    """From the sentence `Exit codes: 0 done, 1 failed, …` of the program's own help."""
    said = re.search(r"Exit codes: (.*?)\.\s*$", root.help or "", re.DOTALL)
    if said is None:
        raise LookupError("The help of `tinyarms` has no sentence `Exit codes: 0 …, 1 ….`")
    codes = [part.split(maxsplit=1) for part in " ".join(said[1].split()).split(", ")]
    rows = [(code(number), f"{meaning[0].upper()}{meaning[1:]}.") for number, meaning in codes]
    return [
        "## Exit codes",
        "",
        *table(("Code", "Meaning"), rows),
        "",
        "An error is one line on stderr: what happened, where, and what to do. "
        "With `--json` it is also [an object](json.md#errors) on stdout. "
        "`TINYARMS_DEBUG=1` prints the traceback too.",
        "",
    ]


def _section(name: str, command: click.Command, context: click.Context) -> list[str]:
    usage = " ".join(["tinyarms", name, *command.collect_usage_pieces(context)])
    lines = [f"### {name}", "", "```text", usage, "```", "", *_prose(command.help or "")]
    parameters = command.get_params(context)
    arguments = [_argument(each, name) for each in parameters if isinstance(each, click.Argument)]
    if arguments:
        lines += [*table(("Argument", "How many", "Meaning"), arguments), ""]
    options = [_option(each, context) for each in parameters if _is_listed(each)]
    if options:
        lines += [*table(("Option", "Values and default", "Meaning"), options), ""]
    if any("--json" in each.opts for each in parameters):
        lines += [f"`--json`: [the answer](json.md#{anchor(name)}).", ""]
    return lines


def _is_listed(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not {*parameter.opts} & {*_EVERYWHERE}


def _argument(argument: click.Argument, command: str) -> tuple[str, str, str]:
    metavar = (argument.metavar or argument.human_readable_name).strip("[].")
    meaning = ARGUMENTS.get(f"{command} {metavar}") or ARGUMENTS.get(metavar)
    if meaning is None:
        raise LookupError(f"ARGUMENTS in {__name__} does not explain {metavar} of `{command}`.")
    how_many = "any number" if argument.nargs == -1 else "one" if argument.required else "optional"
    return code(metavar), how_many, meaning


def _option(option: click.Parameter, context: click.Context) -> tuple[str, str, str]:
    assert isinstance(option, click.Option)
    names = ", ".join(code(name) for name in (*option.opts, *option.secondary_opts))
    metavar = option.make_metavar(context).removesuffix(" RANGE")
    value = "" if option.is_flag or metavar.startswith("[") else f" {code(metavar)}"
    extra = option.get_help_extra(context)
    notes = [code(extra["range"])] if "range" in extra else []
    if isinstance(option.type, click.Choice):
        notes.append(", ".join(code(str(choice)) for choice in option.type.choices))
    if "default" in extra:
        notes.append(f"default {code(extra['default'])}")
    if option.required:
        notes.append("required")
    # If click does not know a default, the help text contains it: `…  [smollm2:135m]`.
    help_text, _, default = (option.help or "").partition("  [")
    if default:
        notes.append(f"default {code(default.rstrip(']'))}")
    return names + value, "; ".join(notes), help_text


def _prose(text: str) -> Iterator[str]:
    """Paragraphs as Markdown; those that click does not rewrap become code."""
    for paragraph in text.split("\n\n"):
        first, _, rest = paragraph.partition("\n")
        if first.strip() == "\b":
            yield from ("```sh", cleandoc(rest).rstrip(), "```", "")
        else:
            yield from (" ".join(paragraph.split()), "")
