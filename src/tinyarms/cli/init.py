"""`tinyarms init`: start a project in a folder."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tinyarms.cli.doctor import examined, say_findings
from tinyarms.cli.output import emit, on_a_terminal, say
from tinyarms.cli.shared import json_option
from tinyarms.loop.project.starter import init_project


@click.command(short_help="Start a project in a folder.")
@click.argument("folder", metavar="[FOLDER]", default=".", type=click.Path(path_type=Path))
@click.option("--model", "tag", metavar="TAG", help="Model of all skills.  [smollm2:135m]")
@json_option
@click.pass_context
def init(ctx: click.Context, folder: Path, tag: str | None, as_json: bool) -> None:
    """Write config files, four example skills and their examples into FOLDER.

    TAG names an embedded model (tinyarms model list shows them) or a model that Ollama has;
    ollama:NAME one that Ollama will get. openai:NAME@URL names a model of any server that speaks
    OpenAI's API. The model is asked once,
    and what is wrong is printed as by tinyarms doctor; the exit code is 0 even so.
    """
    written = init_project(folder, tag)
    view = examined(folder, quick=True)
    if as_json:
        emit("init", {"folder": folder.resolve(), "files": written, "findings": view.findings})
        return
    for path in written:
        say(f"Wrote {path}")
    say()
    say_findings(view)
    say()
    go = "" if folder == Path() else f"cd {folder} && "
    first = "" if view.ok else "do what the errors above say, then: "
    run = 'tinyarms run file-naming file_name=IMG_1.png content="A red bridge in fog"'
    say(f"Next: {first}{go}{run}")
    say(f"A skill of your own: {go}tinyarms skill add --from FILE")
    if on_a_terminal() and click.confirm("Make one now?", default=False):
        from tinyarms.cli.skill_add import add

        os.environ["TINYARMS_HOME"] = str(folder.absolute())
        ctx.invoke(add)
