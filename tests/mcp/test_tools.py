"""What the tools do on a project with a recorded model."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcp import Client
from tests.loop.conftest import make_new_project
from tests.loop.place import (
    BETTER,
    ENOUGH,
    LABELS,
    OTHER,
    SKILL,
    Place,
    expected,
    text,
    write_examples,
)
from tests.mcp.calling import call
from tinyarms.core.ids import AGENT
from tinyarms.loop.api import TinyArms
from tinyarms.mcp.catalog import ADVICE, TOOLS
from tinyarms.mcp.server import INSTRUCTIONS, AgentExample, build_server

ARGUMENTS = {
    *("skill", "version", "split", "origin", "contains", "most", "inputs", "expected", "n"),
    *("calls", "variants", "seed", "dry_run", "prompts", "task_id", "success", "correction"),
    *("examples", "content", "kind", "description"),
}
"""All arguments of all tools: names, numbers and contents. None is an address, a model, a webhook,
the name of an environment variable or a scorer."""


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_new_project(tmp_path_factory.mktemp("mcp"))


@pytest.fixture
def place(migrated: Path, tmp_path: Path) -> Iterator[Place]:
    import shutil

    made = Place(shutil.copytree(migrated, tmp_path / "project"))
    yield made
    made.close()


@pytest.fixture
def arms(place: Place) -> TinyArms:
    return TinyArms(place.open())


async def _tools(arms: TinyArms, reads_files: bool) -> list[Any]:
    async with Client(build_server(arms, reads_files=reads_files)) as client:
        assert client.instructions == INSTRUCTIONS
        return list((await client.list_tools()).tools)


@pytest.mark.slow
@pytest.mark.parametrize("reads_files", [True, False], ids=["stdio", "http"])
def test_no_tool_takes_an_address_a_model_or_code(arms: TinyArms, reads_files: bool) -> None:
    tools = asyncio.run(_tools(arms, reads_files))
    assert [tool.name for tool in tools] == [
        *("list_skills", "show_stats", "show_prompt", "show_results", "show_history"),
        *("check_examples", "show_examples", "run_task", "evaluate_prompt", "evolve"),
        *("create_variants", "give_feedback", "add_examples", "import_examples"),
    ]
    assert len(tools) <= 15 and {tool.name for tool in tools} == TOOLS.keys()
    taken = {name for tool in tools for name in tool.input_schema["properties"]}
    assert taken == ARGUMENTS | ({"file"} if reads_files else set())
    for tool in tools:
        assert "`untrusted`" in tool.description and tool.title
        for name, schema in tool.input_schema["properties"].items():
            assert "description" in json.dumps(schema) or name == "examples", (tool.name, name)
        assert tool.annotations.destructive_hint is False
        words = f"{tool.name} {tool.title}".casefold()
        assert not any(w in words for w in ("promote", "approve", "delete", "roll", "review"))


def test_an_argument_that_a_tool_does_not_have_is_refused(arms: TinyArms) -> None:
    answer = call(arms, "run_task", skill=SKILL, inputs={"text": text(1)}, url="http://x")
    assert answer["error"]["kind"] == "usage"
    assert "'url'" in answer["error"]["untrusted"]["message"]


def test_a_wrong_argument_is_named(arms: TinyArms) -> None:
    answer = call(arms, "show_examples", skill=SKILL, most=1000, split="test")
    message = answer["error"]["untrusted"]["message"]
    assert "most:" in message and "split:" in message and "\n" not in message


@pytest.mark.slow
def test_a_mistake_inside_a_tool_is_not_called_a_wrong_argument(
    arms: TinyArms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arms, "stats", lambda skill: AgentExample.model_validate({}))
    error = call(arms, "show_stats", skill=SKILL)["error"]
    assert error["kind"] == "error" and "tinyArms itself" in error["untrusted"]["message"]


def test_an_unknown_tool_is_refused(arms: TinyArms) -> None:
    assert call(arms, "promote")["error"]["kind"] == "usage"


def test_a_task_is_run_and_judged_as_the_agent(arms: TinyArms) -> None:
    done = call(arms, "run_task", skill=SKILL, inputs={"text": text(3)})
    assert done["untrusted"]["output"] == expected(3)
    feedback = call(arms, "give_feedback", task_id=done["task_id"], correction=expected(4))
    assert feedback["counted"] and not feedback["success"]
    [waiting] = arms.collected_examples(SKILL)
    assert (waiting.user, waiting.expected) == (AGENT, expected(4))


@pytest.mark.slow
def test_a_path_is_no_picture(place: Place) -> None:
    """Of the inputs, only data URLs are opened."""
    secret = place.root / "secret.png"
    secret.write_bytes(base64.b64decode("iVBORw0KGgo="))

    def change(config: Any) -> None:
        config["skills"][OTHER]["inputs"] = {"text": {"kind": "image"}}

    place.edit_config(change)
    answer = call(TinyArms(place.open()), "run_task", skill=OTHER, inputs={"text": str(secret)})
    assert answer["error"]["kind"] in ("picture", "config", "usage")


@pytest.mark.slow
def test_held_out_examples_are_shown_to_no_agent(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    arms = TinyArms(place.open())
    shown = call(arms, "show_examples", skill=SKILL, most=100)
    assert {row["split"] for row in shown["examples"]} == {"search"} and shown["n"] == 10
    measured = call(arms, "evaluate_prompt", skill=SKILL)
    assert (measured["rows"], measured["splits"]) == (10, ["search", "selection"])


@pytest.mark.slow
def test_examples_of_an_agent_wait_for_a_person(arms: TinyArms) -> None:
    rows = [{"inputs": {"text": f"new {n}"}, "expected": LABELS[n % 2]} for n in range(3)]
    assert call(arms, "add_examples", skill=SKILL, examples=rows)["added"] == 3
    assert {each.user for each in arms.collected_examples(SKILL)} == {AGENT}
    odd = [{"inputs": {"text": "x"}, "expected": "good", "origin": "gold"}]
    assert "error" in call(arms, "add_examples", skill=SKILL, examples=odd)


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    [
        "../outside.csv",
        "{root}/../outside.csv",
        "link.csv",
        ".hidden.csv",
        ".git/rows.csv",
        "config.yaml",
        "folder.csv",
        "missing.csv",
        "pipe.csv",
        "a\0b.csv",
    ],
)
def test_only_tables_below_the_project_are_read(place: Place, file: str) -> None:
    import os

    rows = "text,label\nx,good\n"
    (place.root.parent / "outside.csv").write_text(rows)
    (place.root / "link.csv").symlink_to("../outside.csv")
    (place.root / ".hidden.csv").write_text(rows)
    (place.root / ".git").mkdir()
    (place.root / ".git" / "rows.csv").write_text(rows)
    (place.root / "folder.csv").mkdir()
    os.mkfifo(place.root / "pipe.csv")
    arms = TinyArms(place.open())
    named = file.format(root=place.root)
    assert "error" in call(arms, "import_examples", skill=SKILL, file=named)
    assert arms.collected_examples(SKILL) == []


@pytest.mark.slow
def test_a_table_below_the_project_and_its_content_give_the_same(place: Place) -> None:
    rows = "text,label\n" + "".join(f"new {n},{LABELS[n % 2]}\n" for n in range(9))
    (place.root / "data").mkdir()
    (place.root / "data" / "rows.csv").write_text(rows)
    arms = TinyArms(place.open())
    one = call(arms, "import_examples", skill="one", file="data/rows.csv")
    two = call(arms, "import_examples", skill="two", content=rows)
    assert one["rows"] == two["rows"] == 9
    assert "error" in call(arms, "import_examples", skill="three")
    assert "error" in call(arms, "import_examples", skill="x", file="data/rows.csv", content=rows)
    over_http = call(
        arms, "import_examples", reads_files=False, skill="x", file="data/rows.csv", content=rows
    )
    assert "error" in over_http


@pytest.mark.slow
def test_a_budget_that_is_too_small_or_too_large_is_refused_with_its_bound(place: Place) -> None:
    path = place.root / "examples.jsonl"
    row = '{{"inputs": {{"text": "s{0}"}}, "expected": "good", "split": "selection"}}\n'
    path.write_text(path.read_text() + "".join(row.format(n) for n in range(10)))
    arms = TinyArms(place.open())
    small = call(arms, "evolve", skill=SKILL, calls=57, dry_run=True)["error"]
    assert (small["kind"], small["smallest_useful_calls"]) == ("budget_too_small", 58)
    assert "58 calls" in small["message"]
    assert call(arms, "evolve", skill=SKILL, calls=58, dry_run=True)["task_calls"] == 58
    large = call(arms, "evolve", skill=SKILL, calls=601, dry_run=True)["error"]
    assert (large["kind"], large["most_calls"]) == ("budget_too_large", 600)


@pytest.mark.slow
def test_an_agent_starts_a_live_test_which_no_tool_ends(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    arms = TinyArms(place.open())
    created = call(arms, "create_variants", skill=SKILL, prompts=[BETTER.text])
    assert created["gate"]["started"] and created["letters"] == ["A"]
    assert created["untrusted"]["notes_while_running"]
    [skill, _] = call(arms, "list_skills")["skills"]
    assert skill["state"] == "testing" and "vote" in skill["advice"]
    assert not any("{" in text.format(skill=SKILL) for text in ADVICE.values())
    assert arms.show(SKILL).number == 1
    assert call(arms, "show_results", skill=SKILL)["stage"] == "testing"


@pytest.mark.slow
def test_a_skill_that_another_process_makes_is_seen(place: Place, arms: TinyArms) -> None:
    call(arms, "list_skills")
    TinyArms(place.open()).collect_table("mood", b"text,label\na b,x\nc d,y\n", kind="csv")
    names = [each["skill"] for each in call(arms, "list_skills")["skills"]]
    assert names == [SKILL, OTHER, "mood"]
