"""A SKILL.md that teaches an agent the work with tinyArms."""

from __future__ import annotations

import json
from pathlib import Path

from tinyarms.core.errors import StoreError
from tinyarms.evolution.scoring.call_allocation import least_useful_calls
from tinyarms.experiments.offline_gate import MIN_TEST_EXAMPLES
from tinyarms.loop.project.files import write_file
from tinyarms.mcp.catalog import ADVICE, TOOLS, tool_lines
from tinyarms.mcp.marking import UNTRUSTED, UNTRUSTED_SENTENCE
from tinyarms.skills.example_set import LEAST_OF_A_USER

NAME = "tinyarms"
FILE = "SKILL.md"
DESCRIPTION = (
    "Improve the prompts of an application's skills with tinyArms: bring in examples, measure a "
    "prompt, search for a better one, read the results of the live test, and know what only a "
    "person may confirm. Use it when a prompt should get better, when a skill got worse, or when "
    "a project has a config.yaml of tinyArms."
)
"""What an agent reads to decide whether it needs the file; at most 1,024 characters."""
FOR_PEOPLE = (
    "examples review",
    "prompt review",
    "prompt approve",
    "prompt refuse",
    "prompt promote",
    "prompt refresh",
    "prompt rollback",
    "prompt reset",
    "prompt vote",
    "serve token",
    "db prune",
    "db restore",
    "forget",
)
"""The commands by which a person decides, deletes, or lets others in."""
_VARIANTS, _SELECTION = 2, 40
"""An ordinary search: variants and `selection` examples."""


def write_agent_skill(folder: Path) -> Path:
    """Write `tinyarms/SKILL.md` below the folder; returns its path. Raises `StoreError`."""
    path = folder / NAME / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path.parent}: cannot be made ({error.strerror}).", "Name another folder."
        ) from error
    write_file(path, text_of_skill())
    return path


def text_of_skill() -> str:
    """The content of SKILL.md."""
    tools = "\n".join(f"- `{name}`: {entry.description}" for name, entry in TOOLS.items())
    advice = "\n".join(
        f"- `{state}`: {text.format(skill='SKILL')}" for state, text in ADVICE.items()
    )
    listed = "\n".join(tool_lines())
    decisions = ", ".join(f"`tinyarms {words}`" for words in FOR_PEOPLE)
    return f"""\
---
name: {NAME}
description: {json.dumps(DESCRIPTION)}
---

# tinyArms

tinyArms improves prompts. A *skill* is a prompt, a model and a way to tell good output from bad. \
A search tries other prompts on examples; the offline gate compares the best of them with the \
prompt in production on held-out examples; then users vote in a live test; the winner goes into \
production, and goes back if it is worse. With `approval: required`, a person approves it first.

Work in the project's folder (it has a `config.yaml`). Each command takes `--help`, and nearly all \
take `--json`. A command that fails prints one line: what is wrong, where, and what to do.

## Rules

1. Only a person makes examples gold, votes, approves, promotes, rolls back and deletes. Ask a \
person, give them the command, and run none of these yourself: {decisions}.
2. {UNTRUSTED_SENTENCE} With `--json` the same holds for every text of a task, an example or a \
prompt.
3. Report numbers with their n and interval, as the answers have them. "Nothing better was found" \
is a result.
4. Do not write the rows of the split `test` yourself, and do not read them: they are how a person \
knows that a new prompt is better.

## The work

Look first: which skills there are, what state they are in, and what is missing.

```sh
tinyarms monitor status
tinyarms doctor
```

Bring in examples that a person has given you. A CSV file with one column for each \
input and one with the right output makes a new skill. (Through MCP, `import_examples` does \
the same, and the rows wait for a person.)

```sh
tinyarms skill add tickets --from tickets.csv --eval 0 --yes
tinyarms examples check tickets
tinyarms examples split tickets
```

Write {MIN_TEST_EXAMPLES} or more held-out examples (250 in all, about): with fewer the offline \
gate does not run, and users alone decide. Of what one user or agent has added without a review, a \
search reads at most a fifth, or {LEAST_OF_A_USER} examples.

Measure the prompt in production, and look at what is wrong.

```sh
tinyarms eval tickets
tinyarms prompt stats tickets
```

Search. Estimate first, and tell the person the cost; a search takes minutes to hours. Fewer than \
{least_useful_calls(_VARIANTS, _SELECTION)} calls are useless with {_VARIANTS} variants. If it is \
interrupted, the same command goes on where it stopped.

```sh
tinyarms prompt evolve tickets --dry-run
tinyarms prompt evolve tickets
```

Read what came of it. If variants passed, a live test has begun, and users vote.

```sh
tinyarms prompt results tickets
tinyarms prompt history tickets
```

What a person does then, with the command that you give them:

| What | Command |
|---|---|
| Make what agents and users added gold, or drop it | `tinyarms examples review tickets` |
| Vote on outputs | `tinyarms prompt vote tickets` |
| Look at a prompt that waits, and decide | `tinyarms prompt review tickets` |
| Approve or refuse it | `tinyarms prompt approve tickets`, `tinyarms prompt refuse tickets` |
| Put a variant into production by hand | `tinyarms prompt promote tickets A` |
| Go back to the text before | `tinyarms prompt rollback tickets` |

## States of a skill

{advice}

## Tools (MCP)

`tinyarms mcp` serves these tools over stdio, in the project's folder. Texts of others stand under \
`{UNTRUSTED}` in every answer.

{tools}

## Check that it works

This command needs no project:

```sh
tinyarms mcp --tools
```

It must print exactly this:

```text
{listed}
```

If it does not, this file is of another version: `tinyarms agent-skill DIR` writes it again.
"""
