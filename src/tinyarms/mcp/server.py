"""The server: its tools, with their arguments."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.metadata import version as version_of
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tinyarms.core.errors import TinyArmsError, UsageError
from tinyarms.core.file_names import FileNames
from tinyarms.core.ids import AGENT
from tinyarms.loop.api import TinyArms
from tinyarms.loop.api.elsewhere import for_callers_elsewhere
from tinyarms.loop.reporting.daemon_status import SkillStanding
from tinyarms.loop.serving.tasks import TaskResult
from tinyarms.mcp.catalog import ADVICE, TOOLS, Effect
from tinyarms.mcp.contents import file_content
from tinyarms.mcp.door import Door, Marked, refused
from tinyarms.mcp.marking import UNTRUSTED_SENTENCE, marked

_log = logging.getLogger("tinyarms")

INSTRUCTIONS = (
    "tinyArms improves the prompts of an application's skills: it searches for better ones, tests "
    "them on held-out examples and in a live test with users, and a person or the votes put the "
    f"winner into production. Begin with list_skills. {UNTRUSTED_SENTENCE} What you add waits "
    "for a person, who makes examples gold with `tinyarms examples review SKILL`. You cannot "
    "promote, approve, delete or roll back; ask a person."
)

Skill = Annotated[str, Field(description="Name of the skill, as list_skills gives it.")]
Version = Annotated[
    int | None, Field(ge=1, description="Number of the version; left out: the one in production.")
]
Shown = Literal["search", "selection"]


class AgentExample(BaseModel):
    """An example: inputs and the right output."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, str] = Field(description="Each input of the skill by its name.")
    expected: str = Field(description="The right output.")


class ToolServer(MCPServer[Any]):
    """A server all of whose answers have one form, also if a call is wrong or a tool breaks."""

    door: Door

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """The answer of a tool. Arguments that it does not have are refused, not passed over."""
        if name not in TOOLS:
            return refused(UsageError(f"There is no tool {name!r}.", f"Known: {', '.join(TOOLS)}."))
        [tool] = [each for each in await self.list_tools() if each.name == name]
        known = tool.input_schema["properties"]
        if unknown := [each for each in arguments if each not in known]:
            what = f"{name} has no argument {', '.join(map(repr, unknown))}."
            return refused(UsageError(what, f"It has: {', '.join(known) or 'none'}."))
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            # What a tool itself raises is an `UnexpectedToolError`, also where that is of pydantic.
            if type(error) is ToolError and isinstance(error.__cause__, ValidationError):
                return refused(UsageError(f"{name}: {_wrong(error.__cause__)}.", "Correct it."))
            _log.exception("%s failed", name)
            what = f"{name}: a mistake in tinyArms itself. Its log on stderr shows where."
            return refused(TinyArmsError(what, "Please report it."))


def _wrong(error: ValidationError) -> str:
    """Which arguments are wrong, and how."""
    parts = [
        f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    ]
    return "; ".join(parts[:5])


def build_server(arms: TinyArms, *, reads_files: bool) -> ToolServer:
    """The server of an open project.

    `reads_files`: whether `import_examples` may also read a file below the project's folder.
    """
    server = ToolServer(
        "tinyarms",
        instructions=INSTRUCTIONS,
        version=version_of("tinyarms"),
        log_level="WARNING",
        subscriptions=False,
    )
    door = server.door = Door(for_callers_elsewhere(arms), FileNames(arms.root), reads_files)
    for tools in (_reading, _asking, _adding):
        for tool in tools(door):
            _register(server, tool)
    return server


def _register(server: MCPServer[Any], tool: Callable[..., Any]) -> None:
    name = tool.__name__
    entry = TOOLS[name]
    server.add_tool(
        tool,
        name=name,
        title=entry.title,
        description=f"{entry.description} {UNTRUSTED_SENTENCE}",
        annotations=_annotations(entry.effect),
    )


def _annotations(effect: Effect) -> ToolAnnotations:
    return ToolAnnotations(
        read_only_hint=effect == "reads", destructive_hint=False, open_world_hint=False
    )


def _advice(skill: SkillStanding) -> str | None:
    """What an agent can do about it; `None`: its prompt cannot be used."""
    return None if skill.state is None else ADVICE[skill.state].format(skill=skill.skill)


def _reading(door: Door) -> list[Callable[..., Any]]:
    """The tools that change nothing."""
    arms = door.arms

    async def list_skills() -> CallToolResult:
        def asked() -> Marked:
            skills = [marked(each) | {"advice": _advice(each)} for each in arms.status().skills]
            return Marked(skills=skills, untrusted={"mistakes": list(arms.mistakes)})

        return await door.answer(asked)

    async def show_stats(skill: Skill) -> CallToolResult:
        return await door.answer(
            lambda: {"stats": arms.stats(skill), "failures": arms.failures(skill)}
        )

    async def show_prompt(skill: Skill, version: Version = None) -> CallToolResult:
        return await door.answer(lambda: arms.show(skill, version))

    async def show_results(skill: Skill) -> CallToolResult:
        return await door.answer(lambda: arms.results(skill))

    async def show_history(skill: Skill) -> CallToolResult:
        return await door.answer(
            lambda: {
                "versions": arms.history(skill),
                "waiting_release": arms.waiting_release(skill),
            }
        )

    async def check_examples(skill: Skill) -> CallToolResult:
        return await door.answer(lambda: arms.check_examples(skill))

    async def show_examples(
        skill: Skill,
        split: Annotated[Shown | None, Field(description="Left out: both.")] = None,
        origin: Annotated[
            Literal["gold", "collected"] | None,
            Field(description="Only gold ones, or only those that wait for a person."),
        ] = None,
        contains: Annotated[
            str | None, Field(description="Only those with this text in an input or output.")
        ] = None,
        most: Annotated[int, Field(ge=1, le=100, description="Most examples to show.")] = 20,
    ) -> CallToolResult:
        def asked() -> dict[str, Any]:
            splits: tuple[Shown, ...] = ("search", "selection") if split is None else (split,)
            found = [
                arms.show_examples(skill, split=each, origin=origin, contains=contains, most=most)
                for each in splits
            ]
            rows = [row for each in found for row in each.examples]
            return {"n": sum(each.n for each in found), "examples": rows[:most]}

        return await door.answer(asked)

    return [
        *(list_skills, show_stats, show_prompt, show_results, show_history),
        *(check_examples, show_examples),
    ]


def _asking(door: Door) -> list[Callable[..., Any]]:
    """The tools that cost calls of models."""
    arms = door.arms

    async def run_task(
        skill: Skill,
        inputs: Annotated[
            dict[str, str],
            Field(description="Each input by its name; a picture as a data URL (base64)."),
        ],
        expected: Annotated[
            str | None, Field(description="The right output, if you know it for sure.")
        ] = None,
    ) -> CallToolResult:
        def asked() -> TaskResult:
            result = arms.run(skill, inputs, user=AGENT, expected=expected)
            arms.settle()
            return result

        return await door.answer(asked)

    async def evaluate_prompt(
        context: Context[Any, Any],
        skill: Skill,
        version: Version = None,
        split: Annotated[Shown | None, Field(description="Left out: both.")] = None,
        n: Annotated[int | None, Field(ge=1, description="Most examples to ask.")] = None,
    ) -> CallToolResult:
        return await door.work(
            context,
            lambda listener: arms.evaluate(skill, version, split=split, n=n, listener=listener),
        )

    async def evolve(
        context: Context[Any, Any],
        skill: Skill,
        calls: Annotated[
            int | None,
            Field(ge=1, description="Most task calls of the search; left out: as the settings."),
        ] = None,
        variants: Annotated[
            int | None, Field(ge=1, le=26, description="How many variants to look for.")
        ] = None,
        seed: Annotated[
            int | None, Field(description="Another number tries another search.")
        ] = None,
        dry_run: Annotated[
            bool, Field(description="Only estimate the cost, and call no model.")
        ] = False,
    ) -> CallToolResult:
        if calls is not None:
            refusal = await door.checked_budget(skill, calls, variants)
            if refusal is not None:
                return refusal
        if dry_run:
            return await door.answer(
                lambda: arms.estimate(skill, variants=variants, budget_calls=calls)
            )
        return await door.work(
            context,
            lambda listener: arms.evolve(
                skill, variants=variants, seed=seed, budget_calls=calls, listener=listener
            ),
        )

    return [run_task, evaluate_prompt, evolve]


def _adding(door: Door) -> list[Callable[..., Any]]:
    """The tools that add data."""
    arms = door.arms

    async def create_variants(
        context: Context[Any, Any],
        skill: Skill,
        prompts: Annotated[
            list[str],
            Field(
                min_length=1,
                max_length=5,
                description="The texts, with the same {{inputs}} as the prompt in production.",
            ),
        ],
    ) -> CallToolResult:
        return await door.work(
            context, lambda listener: arms.create_from_agent(skill, prompts, listener)
        )

    async def give_feedback(
        task_id: Annotated[str, Field(description="The id that run_task gave.")],
        success: Annotated[bool | None, Field(description="Whether the output was right.")] = None,
        correction: Annotated[
            str | None, Field(description="The right output, in place of `success`.")
        ] = None,
    ) -> CallToolResult:
        return await door.answer(
            lambda: arms.feedback(task_id, success=success, correction=correction, user=AGENT)
        )

    async def add_examples(
        skill: Skill,
        examples: Annotated[list[AgentExample], Field(min_length=1, max_length=1000)],
    ) -> CallToolResult:
        rows = [(each.inputs, each.expected) for each in examples]
        return await door.answer(lambda: arms.collect_examples(skill, rows))

    return [create_variants, give_feedback, add_examples, _importing(door)]


Content = Annotated[str, Field(description="The text of the table, at most 4 MB.")]
Kind = Annotated[
    Literal["csv", "jsonl"], Field(description="`csv` (also TSV), or `jsonl` (JSON lines).")
]
NewSkill = Annotated[str, Field(description="Name of the skill; a new one is made.")]
InputColumns = Annotated[
    dict[str, str] | None, Field(description="Input name → column; left out: guessed.")
]
ExpectedColumn = Annotated[
    str | None, Field(description="The column of the right output; left out: guessed.")
]
Description = Annotated[
    str | None, Field(max_length=200, description="What a new skill does, in a sentence.")
]
DryRun = Annotated[bool, Field(description="Only say what would come in.")]
File = Annotated[
    str | None,
    Field(description="A CSV or JSONL file below the project's folder, in place of `content`."),
]


def _importing(door: Door) -> Callable[..., Any]:
    arms = door.arms

    async def bring_in(
        skill: str,
        content: Callable[[], tuple[bytes, Literal["csv", "jsonl"]]],
        inputs: dict[str, str] | None,
        expected: str | None,
        description: str | None,
        dry_run: bool,
    ) -> CallToolResult:
        def asked() -> Any:
            table, kind = content()
            return arms.collect_table(
                skill,
                table,
                kind=kind,
                inputs=inputs,
                expected=expected,
                description=description,
                dry_run=dry_run,
            )

        return await door.answer(asked)

    if not door.reads_files:

        async def import_examples(
            skill: NewSkill,
            content: Content,
            kind: Kind = "csv",
            inputs: InputColumns = None,
            expected: ExpectedColumn = None,
            description: Description = None,
            dry_run: DryRun = False,
        ) -> CallToolResult:
            given = (content.encode("utf-8", "replace"), kind)
            return await bring_in(skill, lambda: given, inputs, expected, description, dry_run)

        return import_examples

    async def import_file_or_content(
        skill: NewSkill,
        content: Content | None = None,
        file: File = None,
        kind: Kind = "csv",
        inputs: InputColumns = None,
        expected: ExpectedColumn = None,
        description: Description = None,
        dry_run: DryRun = False,
    ) -> CallToolResult:
        def given() -> tuple[bytes, Literal["csv", "jsonl"]]:
            if (content is None) == (file is None):
                raise UsageError("There is no table, or there are two.", "Give content or file.")
            if file is not None:
                return file_content(arms.root, file)
            return str(content).encode("utf-8", "replace"), kind

        return await bring_in(skill, given, inputs, expected, description, dry_run)

    import_file_or_content.__name__ = "import_examples"
    return import_file_or_content
