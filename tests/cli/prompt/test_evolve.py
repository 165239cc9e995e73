from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Shell
from tests.cli.terminal import Terminal
from tests.models.conftest import Answer, Server
from tinyarms.evolution.optimizers.registry import OPTIMIZERS

pytestmark = pytest.mark.slow

CONFIG = """\
models:
  local: {{kind: openai, model: tiny, base_url: "{url}", server: llama.cpp}}
skills:
  audio-actions:
    description: Decide what a spoken request asks for.
    prompt_template: skills/audio-actions.md
    model: local
    inputs: [transcript]
    output: {{labels: [timer, note]}}
    scorer: labels
    examples: examples.jsonl
"""
BUDGET = ("--budget", "24", "--seed", "1")
SAID = {
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "timer"}, "text": "Say timer."}
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2},
}


@pytest.fixture
def server() -> Iterator[Server]:
    """A model that says the same whatever the prompt, so that no prompt beats another."""
    running = Server()
    running.answers = [Answer(SAID)]
    yield running
    running.close()


@pytest.fixture
def evolving(shell: Shell, server: Server) -> Shell:
    (shell.root / "config.yaml").write_text(CONFIG.format(url=server.url))
    (shell.root / "skills" / "audio-actions.md").write_text("What is asked for?\n")
    rows = [
        {"inputs": {"transcript": f"Request {n}"}, "expected": ("timer", "note")[n % 2]}
        for n in range(40)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (shell.root / "examples.jsonl").write_text(lines)
    return shell


def test_a_dry_run_says_the_cost_and_calls_nobody(evolving: Shell, server: Server) -> None:
    result = evolving("prompt", "evolve", "audio-actions", "--dry-run", *BUDGET)
    assert result.exit_code == 0
    assert result.stdout.startswith("Estimate: at most 24 task calls, ")
    answer = evolving.json("prompt", "evolve", "audio-actions", "--dry-run", *BUDGET)
    assert answer.keys() == {"schema", "command", "dry_run", "skill", "estimate"}
    assert (answer["command"], answer["dry_run"]) == ("prompt evolve", True)
    assert (answer["estimate"]["task_calls"], answer["estimate"]["seconds"]) == (24, None)
    assert server.seen == []


def test_a_search_that_finds_nothing(evolving: Shell, server: Server) -> None:
    result = evolving("prompt", "evolve", "audio-actions", *BUDGET)
    assert result.exit_code == 0
    assert result.stdout.startswith("Evolution session: ")
    # The model says the same to all prompts, and it is no label.
    assert "replies break the contract" in result.stdout
    assert "The prompt in production stays." in result.stdout
    assert "Estimate: at most 24 task calls" in result.stderr
    assert "Searching: " in result.stderr
    view = evolving.json("prompt", "results", "audio-actions")
    assert (view["status"], view["result"]) == ("completed", "nothing_better")
    assert "nothing better" in evolving("prompt", "results", "audio-actions").stdout


def test_as_json(evolving: Shell, server: Server) -> None:
    data = evolving.json("prompt", "evolve", "audio-actions", *BUDGET)
    assert (data["result"], data["variants"], data["gate"]) == ("nothing_better", [], None)
    assert 0 < data["spent"]["task_calls"] <= 24


def test_it_says_how_many_variants_there_are_and_why(evolving: Shell) -> None:
    words = ("prompt", "evolve", "audio-actions", "--variants", "5", "--force", *BUDGET)
    said = " ".join(evolving(*words).stdout.split())
    assert "Variants: 5 requested, 0 found, 0 in the live test: nothing else was probably" in said
    counts = evolving.json(*words)["counts"]
    assert (counts["asked"], counts["found"], counts["shown"]) == (5, 0, 0)
    assert counts["reason"].startswith("nothing else was probably better")


@pytest.mark.parametrize("name", sorted({*OPTIMIZERS} - {"original"}))
def test_every_optimizer_searches(evolving: Shell, name: str) -> None:
    words = ("prompt", "evolve", "audio-actions", "--force", *BUDGET)
    mine = evolving.root / "mine.md"
    mine.write_text("Say whether a timer or a note is wanted.\n")
    data = evolving.json(*words, "--budget", "150", "--optimizer", name, "--with", str(mine))
    assert data["result"] == "nothing_better"
    assert data["spent"]["task_calls"] > 0
    assert evolving.json("prompt", "results", "audio-actions")["optimizer"] == name
    [manual] = data["manual"]
    assert (manual["name"], manual["letter"]) == (str(mine), None)
    # The model says the same to all prompts, and it is no label.
    assert manual["stage"] in ("screened_out", "raced")
    assert manual["score"] == data["incumbent"][0] == 0 and manual["n"] >= 2


def test_ctrl_c_says_how_to_go_on(evolving: Shell, server: Server) -> None:
    server.answers = [Answer(SAID), Answer(SAID), Answer(hang=True)]
    terminal = Terminal(evolving.root, "prompt", "evolve", "audio-actions", *BUDGET)
    terminal.wait_for("Estimate: at most 24 task calls")
    while len(server.seen) < 3:
        terminal.idle()
    terminal.press("\x03")
    assert terminal.end() == 130
    assert "to resume: tinyarms prompt evolve audio-actions" in " ".join(terminal.text().split())
    assert "tinyarms: stopped." not in terminal.text()
    terminal.close()
    server.answers = [Answer(SAID)]
    late = evolving.root / "late.md"
    late.write_text("Say whether a timer or a note is wanted.\n")
    other = ("--budget", "999", "--with", str(late), "--json")
    resumed = evolving("prompt", "evolve", "audio-actions", *other)
    again = json.loads(resumed.stdout)
    [manual] = again["manual"]
    assert (manual["stage"], manual["score"]) == ("not_admitted", None)
    assert "--restart" in manual["reason"]
    assert again["resumed"] is True
    assert f"Resuming session {again['session_id'][:8]} with its own options (" in resumed.stderr
    assert "--seed 1 " in resumed.stderr and " --budget 24)" in resumed.stderr
    assert "for new options: --restart\n" in resumed.stderr


def test_tokens_and_seconds_can_be_limited_too(evolving: Shell, server: Server) -> None:
    limits = ("--budget-tokens", "300", "--budget-seconds", "60")
    dry = evolving("prompt", "evolve", "audio-actions", "--dry-run", *BUDGET, *limits)
    assert dry.stdout == (
        "Estimate: at most 24 task calls, 0 test calls, about 300 tokens, about 60 seconds.\n"
        "Examples: 14 for the search, 8 for the selection, 18 held out. No offline gate: it needs "
        "100 held-out examples. Add about 164 rows. Users alone decide.\n"
    )
    data = evolving.json("prompt", "evolve", "audio-actions", *BUDGET, *limits)
    assert 0 < data["spent"]["tokens"] <= 300
    assert data["spent"]["task_calls"] < 24
    results = evolving("prompt", "results", "audio-actions")
    assert f"Spent: {data['spent']['task_calls']} task calls" in results.stdout


@pytest.mark.parametrize("slots", [1, 3])
def test_money_can_be_limited_and_is_told_by_role(
    evolving: Shell, server: Server, slots: int
) -> None:
    config, more = evolving.root / "config.yaml", "prices: {input: 1000, output: 2000}"
    text = config.read_text().replace("server: llama.cpp", f"{more}, slots: {slots}", 1)
    config.write_text(text)
    of_a_call = (9 * 1000 + 2 * 2000) / 1e6
    limit = ("--budget-money", "1.2")
    dry = evolving("prompt", "evolve", "audio-actions", "--dry-run", *BUDGET)
    assert "cost about" not in dry.stdout and "cost unknown (task $" in dry.stdout
    result = evolving("prompt", "evolve", "audio-actions", "--json", *BUDGET, *limit)
    data = json.loads(result.stdout)
    money, spent = data["money"], data["spent"]
    assert len(server.seen) > 2 and money["judge"] == 0
    assert money["total"] == pytest.approx(len(server.seen) * of_a_call)
    assert money["total"] <= 1.2
    assert money["task"] == pytest.approx(spent["task_calls"] * of_a_call)
    assert money["writer"] == pytest.approx(spent["writer_calls"] * of_a_call)
    assert "cost about $1.20" in result.stderr and ", cost $0." in result.stderr
    stored = evolving.json("prompt", "results", "audio-actions")
    assert stored["money"] == pytest.approx(money)
    shown = evolving("prompt", "results", "audio-actions")
    assert "Cost: $0." in shown.stdout and "task $0." in shown.stdout


def test_money_cannot_be_limited_where_a_price_is_not_known(
    evolving: Shell, server: Server
) -> None:
    config = evolving.root / "config.yaml"
    config.write_text(config.read_text().replace(server.url, "https://models.example/v1"))
    refused = evolving("prompt", "evolve", "audio-actions", "--budget-money", "2")
    assert refused.exit_code != 0
    assert "the price of models.local is not known" in refused.stderr
    assert "Add `prices:" in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr


def test_with_files_that_people_wrote(evolving: Shell, server: Server) -> None:
    mine, link = evolving.root / "mine.md", evolving.root / "link.md"
    mine.write_text("Say whether a timer or a note is wanted.\n")
    link.write_text("See https://example.org: what is asked for?\n")
    files = ("--with", str(mine), "--with", str(link))
    result = evolving("prompt", "evolve", "audio-actions", "--force", *files, *BUDGET)
    assert result.exit_code == 0
    assert f"The search leaves out {link}: the guard `address` rejects it." in result.stderr
    shown = " ".join(result.stdout.split())
    assert f"By hand: {mine}: score " in shown
    assert f"By hand: {link}: not admitted. The guard `address` rejects it." in shown
    asked = [json.dumps(body) for _, body in server.seen]
    assert any("Say whether a timer or a note is wanted." in body for body in asked)
    assert not any("example.org" in body for body in asked)


def test_with_a_file_that_is_no_prompt_of_the_skill(evolving: Shell, server: Server) -> None:
    wrong = evolving.root / "wrong.md"
    wrong.write_text("What is asked for in {{words}}?\n")
    for options in ((), ("--dry-run",)):
        result = evolving("prompt", "evolve", "audio-actions", "--with", str(wrong), *options)
        assert result.exit_code != 0
        assert "wrong.md" in result.stderr and "{{words}}" in result.stderr
    prompt = evolving.root / "skills" / "audio-actions.md"
    same = evolving("prompt", "evolve", "audio-actions", "--with", str(prompt))
    assert "is the same as the prompt in production (version 1)" in same.stderr
    assert server.seen == []


def test_an_unknown_writer_is_a_line(evolving: Shell, server: Server) -> None:
    result = evolving("prompt", "evolve", "audio-actions", "--writer", "huge")
    assert result.exit_code == 1
    assert result.stderr == (
        "tinyarms: There is no models.huge in config.yaml, and neither the catalog nor Ollama has "
        "it. Known: local. To declare it, add below `models:` in config.yaml, indented: "
        "`huge: {kind: ollama, model: huge}`.\n"
    )
    assert server.seen == []
