"""`docs/json.md`, from the dataclasses of the commands' answers.

Every command prints one JSON object: the schema's version, the command, and the fields of its
answer. The fields and their meanings are read from the dataclasses in the source.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.reference.markdown import anchor, code, page, table
from tools.reference.sources import SourceClass, constant, find_class, load, resolve


@dataclass(frozen=True)
class Answer:
    """What a command prints with `--json`."""

    type: str = ""
    """Name of the dataclass whose fields are in the object; empty if there is none."""
    when: str = ""
    """Which call of the command has this answer, if there are several."""
    extra: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Fields that the command adds to the dataclass: name → type, meaning. The type is written
    as in Python."""


ANSWERS: Mapping[str, tuple[Answer, ...]] = {
    "init": (
        Answer(
            extra={
                "folder": ("Path", "The project's folder."),
                "files": ("tuple[Path, ...]", "The files that were written."),
                "findings": (
                    "tuple[DoctorFinding, ...]",
                    "What `tinyarms doctor` finds out about the new project.",
                ),
            }
        ),
    ),
    "skill add": (
        Answer(
            extra={
                "proposal": ("SkillProposal", "What the skill is."),
                "added": ("ImportView | None", "What came in; null if nothing was written."),
                "evaluation": (
                    "EvalView | None",
                    "The evaluation of the new skill; null if there is none.",
                ),
                "not_evaluated": ("str | None", "Why there is none; null if there is one."),
            }
        ),
    ),
    "run": (Answer("TaskResult"),),
    "eval": (
        Answer("EvalView", when="without `--compare`"),
        Answer("ComparedView", when="with `--compare`"),
    ),
    "check": (
        Answer(
            "CheckView",
            extra={
                "ok": (
                    "bool",
                    "Whether no skill is worse; with `--strict`, also whether the rows can tell.",
                )
            },
        ),
    ),
    "feedback": (Answer("FeedbackResult"),),
    "demo": (
        Answer(
            extra={
                "skill": ("str", "The skill."),
                "heldout_before": (
                    "float | None",
                    "Accuracy of the first prompt on held-out examples.",
                ),
                "heldout_after": (
                    "float | None",
                    "Accuracy of the promoted prompt on them; null if none was promoted.",
                ),
                "heldout_n": ("int", "How many held-out examples."),
                "votes": ("int", "Votes of the simulated users."),
                "result": (
                    "Literal['promoted', 'kept', 'nothing_better', 'not_worth_it']",
                    "How it ended.",
                ),
                "rollback_shown": ("bool", "Whether a rollback was shown."),
                "task_calls": ("int", "Task calls on search and selection examples."),
                "seconds": ("float", "Seconds that it took."),
            }
        ),
        Answer("YearView", when="with `--year`"),
    ),
    "import": (Answer("ImportView"),),
    "export": (Answer("ExportView"),),
    "examples export": (
        Answer(
            extra={
                "skill": ("str", "The skill."),
                "file": ("str | None", "The file that was written; `null` if none was named."),
                "n": ("int", "How many examples."),
                "rows": ("list[str]", "The rows of the examples file; empty if it was written."),
            },
        ),
    ),
    "examples check": (
        Answer(
            "ExampleReport",
            extra={"ok": ("bool", "Whether the file can be used: no finding is an error.")},
        ),
    ),
    "examples add": (Answer("AddedExamples"),),
    "examples show": (Answer("ExampleRows"),),
    "examples split": (Answer("SplitsView"),),
    "examples review": (
        Answer(
            when="without `--file`",
            extra={
                "skill": ("str", "The skill."),
                "waiting": ("tuple[CollectedView, ...]", "The examples that wait."),
            },
        ),
        Answer(
            when="with `--file`",
            extra={
                "skill": ("str", "The skill."),
                "reviewed": ("tuple[ReviewedExample, ...]", "The result for each example."),
            },
        ),
    ),
    "prompt stats": (
        Answer("FailuresView", when="with `--failures`"),
        Answer(
            when="without `--failures`",
            extra={
                "skills": ("tuple[StatsView, ...]", "One entry for each skill."),
                "problems": (
                    "Mapping[str, str]",
                    "By skill, why its prompt cannot be used; such a skill is not under `skills`.",
                ),
                "annoyance": ("Annoyance", "Users' answers about the vote dialog."),
            },
        ),
    ),
    "prompt evolve": (
        Answer("EvolveView", when="with a SKILL"),
        Answer("EvolvedSkills", when="with `--all`"),
        Answer(
            when="with `--dry-run`",
            extra={
                "dry_run": ("bool", "Always true: no search ran."),
                "skill": ("str", "The skill."),
                "estimate": ("Estimate", "What the search would cost at most."),
            },
        ),
    ),
    "prompt create": (Answer("Created"),),
    "prompt simulate": (Answer("SimulationView"),),
    "prompt vote": (
        Answer(
            when="without `--ballot`",
            extra={
                "ballot": ("BallotView | None", "The next ballot; null if none is waiting."),
                "why_not_asked": (
                    "str | None",
                    "Why there is none for this user now; null beside a ballot.",
                ),
            },
        ),
        Answer(
            when="with `--snooze` or `--no-snooze`",
            extra={
                "snoozed_until": (
                    "datetime | None",
                    "Until when this user is not asked; null: the user is asked again.",
                )
            },
        ),
        Answer("VoteView", when="with `--ballot` and `--choice`"),
    ),
    "prompt results": (Answer("ResultsView"),),
    "prompt promote": (Answer("Promotion"),),
    "prompt refresh": (Answer("RefreshView"),),
    "prompt rollback": (Answer("Promotion"),),
    "prompt reset": (Answer("Promotion"),),
    "prompt review": (
        Answer(extra={"waiting": ("tuple[ReviewView, ...]", "The prompts that wait.")}),
    ),
    "prompt approve": (Answer("Promotion"),),
    "prompt refuse": (Answer("RefusedView"),),
    "prompt propose": (Answer("PatchView"),),
    "drift": (Answer("DriftView", extra={"ok": ("bool", "Whether nothing disagrees.")}),),
    "prompt cancel": (Answer("Cancelled"),),
    "prompt history": (
        Answer(
            extra={
                "skill": ("str", "The skill."),
                "versions": ("tuple[HistoryView, ...]", "Its prompt versions, oldest first."),
                "waiting_release": (
                    "str | None",
                    "The release that waits, in words; null if there is none.",
                ),
            }
        ),
    ),
    "prompt show": (
        Answer(
            "PromptVersion",
            extra={
                "memory": ("MemoryView | None", "What the version remembers; null: nothing."),
                "recall": (
                    "RecallView | None",
                    "What is sent for the inputs of `--for`; null without it.",
                ),
            },
        ),
    ),
    "prompt diff": (Answer("DiffView"),),
    "monitor": (
        Answer(
            when="with `--once`",
            extra={"checks": ("tuple[SkillCheck, ...]", "One entry for each skill.")},
        ),
        Answer(
            when="without `--once`: one line for each event",
            extra={"event": ("DaemonStatus.Event", "What happened.")},
        ),
    ),
    "monitor status": (
        Answer(
            "DaemonStatus",
            extra={
                "service": ("UnitStatus | None", "The installed service; null if there is none.")
            },
        ),
    ),
    "monitor install": (
        Answer("UnitStatus"),
        Answer(when="with `--print`", extra={"unit": ("str", "The text of the unit's file.")}),
        Answer(
            when="without a service manager",
            extra={"crontab": ("str", "The line for cron to use instead.")},
        ),
    ),
    "monitor uninstall": (
        Answer(extra={"removed": ("Path | None", "The removed file; null if there was none.")}),
    ),
    "model list": (
        Answer(extra={"models": ("tuple[ModelView, ...]", "The models that can be pulled.")}),
    ),
    "model pull": (
        Answer(
            extra={
                "name": ("str", "Name of the model."),
                "path": ("Path", "Where its weights are."),
                "sha256": ("str | None", "SHA-256 of its weights."),
                "revision": (
                    "str | None",
                    "Version of the package, or commit of the hub; null: not known.",
                ),
            }
        ),
    ),
    "model tune": (Answer("TuningView"),),
    "serve": (Answer("Listening", when="once it listens"),),
    "serve token add": (Answer("NewToken"),),
    "serve token list": (
        Answer(extra={"tokens": ("tuple[AccessToken, ...]", "The tokens, oldest first.")}),
    ),
    "serve token revoke": (Answer("AccessToken"),),
    "config show": (
        Answer(
            extra={
                "folder": ("Path", "The project's folder."),
                "models": ("Mapping[str, Any]", "Name → its settings, as in `config.yaml`."),
                "skills": ("Mapping[str, Any]", "Name → its prompt, model, inputs and so on."),
                "prompt_evolution": (
                    "Mapping[str, Any]",
                    "The settings of `config/constants.yaml`, with the defaults filled in.",
                ),
                "warnings": (
                    "tuple[str, ...]",
                    "Skills that cannot be used, models without an entry, settings without effect.",
                ),
            }
        ),
    ),
    "config schemas": (
        Answer(extra={"files": ("tuple[Path, ...]", "The files that were written.")}),
    ),
    "mcp": (
        Answer(
            when="with `--tools`",
            extra={"tools": ("tuple[ListedTool, ...]", "The tools that agents get.")},
        ),
    ),
    "agent-skill": (Answer(extra={"file": ("Path", "The file that was written.")}),),
    "completion": (
        Answer(
            extra={
                "shell": ("str", "The shell."),
                "script": ("str", "The script that it has to run."),
            }
        ),
    ),
    "doctor": (Answer("DoctorView", extra={"ok": ("bool", "Whether nothing will fail to work.")}),),
    "db check": (
        Answer("DatabaseCheck", extra={"ok": ("bool", "Whether everything is in order.")}),
    ),
    "db backup": (Answer("Backup"),),
    "db restore": (Answer("RestoredDatabase"),),
    "db copy": (Answer("Copied", extra={"rows": ("int", "How many rows in all.")}),),
    "db upgrade": (
        Answer("Upgrade", extra={"changed": ("bool", "Whether the schema was changed.")}),
    ),
    "db prune": (
        Answer(
            "Pruned",
            extra={
                "dry_run": ("bool", "Whether the rows were only counted."),
                "rows": ("int", "How many rows in all."),
            },
        ),
    ),
    "forget": (
        Answer("Forgotten", extra={"rows": ("int", "How many rows `deleted` has in all.")}),
    ),
}
"""Command → its answers. A command that prints JSON and is not here fails a test."""

OTHER_KINDS = (
    ("interrupted", 130, "Ctrl-C ended the command."),
    ("system", 1, "The operating system refused something, for instance because a disk is full."),
    ("internal", 1, "A mistake in tinyArms itself. Please report it."),
)
"""Kinds of errors that are no class of the error tree: name, exit code, meaning."""

COMMON = {
    "skill": "The skill.",
    "session_id": "The evolution session.",
    "task_id": "The task.",
    "ballot_id": "The ballot.",
    "user": "The user.",
    "model": "The model, by its name under `models:`.",
    "reason": "Why, in words.",
    "letter": "Letter of the variant.",
    "votes": "Votes that count.",
    "n": "Number of examples or outcomes behind the accuracy.",
    "accuracy": "Accuracy in [0, 1]; null if unknown.",
    "accuracy_n": "Number of examples behind the accuracy.",
    "prompt_version": "Number of the prompt version in production.",
}
"""Fields with the same meaning in every answer, if the source has no docstring for them."""

_SIMPLE = {
    "str": "text",
    "int": "integer",
    "float": "number",
    "bool": "true or false",
    "datetime": "time",
    "Path": "text (path)",
    "Any": "any",
    "None": "null",
}


def json_reference() -> str:
    """The text of `docs/json.md`."""
    lines = [
        f"The schema's version is `{constant('SCHEMA')}`. With `--json` a command prints one "
        "JSON object on one line of stdout, with the fields `schema` (the version), `command` "
        "(the words after `tinyarms`), and those below. A command that fails prints one line on "
        "stderr, and [an object with an error](#errors) on stdout. The result "
        "of `tinyarms demo` is the last line of stdout and lacks the first two fields.",
        "",
        "- Accuracies, shares and probabilities are in [0, 1].",
        "- null means unknown or absent; it never means 0.",
        "- A time is text: ISO 8601 in UTC, such as `2026-11-27T09:30:00Z`.",
        "- Ignore unknown fields: new ones may be added within a version of the schema.",
        "",
        *_errors(),
        "## Answers",
        "",
    ]
    for command, answers in sorted(ANSWERS.items()):
        lines += [f"### {command}", ""]
        for answer in answers:
            lines += _answer(command, answer)
    lines += ["## Objects", "", "Objects inside the answers.", ""]
    for name, found in sorted(_nested().items()):
        lines += [f"### {name}", "", found.doc, "", *_table(_rows(found)), ""]
    return page("JSON", lines)


def _errors() -> list[str]:
    """The object of a command that failed, and its kinds of errors."""
    fields = [(code("error." + name), *rest) for name, *rest in _plain_rows("CommandError")]
    base = load("TinyArmsError")
    classes: list[Any] = [
        each for each in vars(inspect.getmodule(base)).values() if inspect.isclass(each)
    ]
    kinds = [
        (code(load("error_kind")(each)), str(each.exit_code), find_class(each.__name__).doc)
        for each in classes
        if issubclass(each, base) and each is not base
    ]
    kinds += [(code(kind), str(exit_code), meaning) for kind, exit_code, meaning in OTHER_KINDS]
    return [
        "## Errors",
        "",
        "A command that fails before its answer prints, with the same exit code as without "
        "`--json`:",
        "",
        *table(("Field", "Type", "Meaning"), fields),
        "",
        *table(("Kind", "Exit code", "What it is"), kinds),
        "",
    ]


def _plain_rows(name: str) -> Iterator[tuple[str, str, str]]:
    found = find_class(name)
    for each in found.fields:
        yield each.name, _words(each.annotation, found.path), each.doc


def check(data: Mapping[str, Any]) -> list[str]:
    """Differences between a printed answer and the reference; empty if they agree.

    Values are checked as deep as the dataclasses go, their types only as far as necessary.
    """
    given = {key: value for key, value in data.items() if key not in ("schema", "command")}
    if given.keys() == {"error"}:
        annotation, path = ast.Name("CommandError"), find_class("CommandError").path
        return list(_check(given["error"], annotation, path, "error"))
    known = ANSWERS.get(data["command"], ())
    fields = [_fields_of(answer) for answer in known]
    fitting = next((each for each in fields if each.keys() == given.keys()), None)
    if fitting is None:
        return [f"{data['command']}: the fields {', '.join(given)} are in no answer."]
    return [
        problem
        for key, value in given.items()
        for problem in _check(value, *fitting[key], f"{data['command']}.{key}")
    ]


def _answer(command: str, answer: Answer) -> Iterator[str]:
    if answer.when:
        yield from (f"{answer.when[0].upper()}{answer.when[1:]}:", "")
    elif len(ANSWERS[command]) > 1:
        yield from ("Usually:", "")
    elif answer.type:
        yield from (find_class(answer.type).doc, "")
    rows = [] if not answer.type else list(_rows(find_class(answer.type)))
    for name, (annotation, meaning) in answer.extra.items():
        rows.append((code(name), _words(*_parsed(annotation)), meaning))
    yield from (*_table(rows), "")


def _table(rows: Sequence[tuple[str, str, str]] | Iterator[tuple[str, str, str]]) -> list[str]:
    return table(("Field", "Type", "Meaning"), rows)


def _rows(found: SourceClass) -> Iterator[tuple[str, str, str]]:
    for each in found.fields:
        meaning = each.doc or COMMON.get(each.name, "")
        if not meaning:
            raise LookupError(
                f"{found.name}.{each.name} has no docstring; write one in "
                f"{found.path.name}, below the field."
            )
        yield (
            code(each.name),
            _words(each.annotation, found.path),
            meaning.replace("`None`", "null"),
        )


def _words(annotation: ast.expr, path: Path) -> str:
    """A type in the words of JSON; dataclasses as links."""
    if isinstance(annotation, ast.BinOp):
        return f"{_words(annotation.left, path)} or {_words(annotation.right, path)}"
    if isinstance(annotation, ast.Constant):
        return "null" if annotation.value is None else code(str(annotation.value))
    if isinstance(annotation, ast.Subscript):
        return _subscript_words(annotation, path)
    name = _last_name(annotation)
    if name in _SIMPLE:
        return _SIMPLE[name]
    meant = _meant(annotation, path)
    if isinstance(meant, SourceClass) and meant.values:
        return ", ".join(map(code, meant.values))
    if isinstance(meant, SourceClass):
        return f"[{meant.name}](#{anchor(meant.name)})"
    return _words(meant, path)


def _subscript_words(annotation: ast.Subscript, path: Path) -> str:
    name, parts = _last_name(annotation.value), _parts(annotation)
    if name == "Literal":
        return ", ".join(_words(part, path) for part in parts)  # a name stands for its values
    if name in ("tuple", "list", "Sequence"):
        if name == "tuple" and not isinstance(parts[-1], ast.Constant):
            return f"list of {len(parts)}: {', '.join(_words(part, path) for part in parts)}"
        inner = _words(parts[0], path)
        return f"list of ({inner})" if " or " in inner else f"list of {inner}"
    if name in ("Mapping", "dict"):
        return f"object: {_words(parts[0], path)} → {_words(parts[1], path)}"
    raise LookupError(f"No description exists for the type {ast.unparse(annotation)} yet.")


def _check(value: Any, annotation: ast.expr, path: Path, where: str) -> Iterator[str]:
    if value is None:
        return
    if isinstance(annotation, ast.BinOp):
        sides = (annotation.left, annotation.right)
        side = next(s for s in sides if not isinstance(s, ast.Constant))
        yield from _check(value, side, path, where)
    elif isinstance(annotation, ast.Subscript):
        parts = _parts(annotation)
        if isinstance(value, list):
            for each in value:
                yield from _check(each, parts[0], path, f"{where}[]")
        elif isinstance(value, dict):
            for each in value.values():
                yield from _check(each, parts[1], path, f"{where}{{}}")
    elif _last_name(annotation) not in _SIMPLE:
        meant = _meant(annotation, path)
        if not isinstance(meant, SourceClass):
            yield from _check(value, meant, path, where)
        elif meant.values:
            if value not in meant.values:
                yield f"{where} is none of {', '.join(meant.values)}: {value!r}"
        elif not isinstance(value, dict) or set(value) != {each.name for each in meant.fields}:
            yield f"{where} is no {meant.name}: {value!r}"
        else:
            for each in meant.fields:
                inner = value[each.name]
                yield from _check(inner, each.annotation, meant.path, f"{where}.{each.name}")


def _fields_of(answer: Answer) -> dict[str, tuple[ast.expr, Path]]:
    fields: dict[str, tuple[ast.expr, Path]] = {}
    if answer.type:
        found = find_class(answer.type)
        fields |= {each.name: (each.annotation, found.path) for each in found.fields}
    return fields | {name: _parsed(annotation) for name, (annotation, _) in answer.extra.items()}


def _nested() -> dict[str, SourceClass]:
    """Every dataclass inside an answer, by its name."""
    found: dict[str, SourceClass] = {}
    for answer in (each for answers in ANSWERS.values() for each in answers):
        for annotation, path in _fields_of(answer).values():
            _collect_type(annotation, path, found)
    return found


def _collect(inside: SourceClass, found: dict[str, SourceClass]) -> None:
    for each in inside.fields:
        _collect_type(each.annotation, inside.path, found)


def _collect_type(annotation: ast.expr, path: Path, found: dict[str, SourceClass]) -> None:
    if isinstance(annotation, ast.BinOp):
        _collect_type(annotation.left, path, found)
        _collect_type(annotation.right, path, found)
    elif isinstance(annotation, ast.Subscript):
        for part in _parts(annotation) if _last_name(annotation.value) != "Literal" else ():
            _collect_type(part, path, found)
    elif not isinstance(annotation, ast.Constant) and _last_name(annotation) not in _SIMPLE:
        meant = _meant(annotation, path)
        if isinstance(meant, SourceClass) and not meant.values and found.get(meant.name) != meant:
            if meant.name in found:
                raise LookupError(f"Two kinds of objects are called {meant.name}.")
            found[meant.name] = meant
            _collect(meant, found)


def _parsed(annotation: str) -> tuple[ast.expr, Path]:
    """A type of `Answer.extra`. It names classes of any file, so its path is a folder."""
    return ast.parse(annotation, mode="eval").body, Path()


def _meant(annotation: ast.expr, path: Path) -> SourceClass | ast.expr:
    """The class, or the alias's value, that a name means in a file."""
    if isinstance(annotation, ast.Attribute):
        # `DaemonStatus.Event`: the meaning of `Event` in the file of `DaemonStatus`.
        return _meant(ast.Name(annotation.attr), find_class(_last_name(annotation.value)).path)
    name = _last_name(annotation)
    found = find_class(name) if path == Path() else resolve(path, name)
    if found is None:
        raise LookupError(f"{path}: the type {name} is declared nowhere in the source.")
    return found


def _parts(annotation: ast.Subscript) -> list[ast.expr]:
    inner = annotation.slice
    return list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]


def _last_name(annotation: ast.expr) -> str:
    return ast.unparse(annotation).rpartition(".")[2]
