"""An import into a project: all of it or nothing, and what decides the contract and the scorer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.loop.place import SKILL, Place
from tinyarms.core.errors import ConfigError, ImportRefused, StoreError, UsageError
from tinyarms.exchange.incoming.records import Imported, Listed, Row
from tinyarms.loop.importing import run as importing
from tinyarms.loop.importing.run import import_examples
from tinyarms.loop.importing.view import ImportView
from tinyarms.skills.example import assign_split

HEAD = "prompts: ['Sort {{x}}']\nproviders: [openai:gpt-4.1, ollama:chat:llama3]\n"


def config(place: Place, text: str) -> Path:
    folder = place.root / "other-tool"
    folder.mkdir(exist_ok=True)
    (folder / "promptfooconfig.yaml").write_text(text)
    return folder


def equals(pairs: Iterable[tuple[str, str]]) -> str:
    tests = [
        {"vars": {"x": x}, "assert": [{"type": "equals", "value": label}]} for x, label in pairs
    ]
    return f"{HEAD}tests: {json.dumps(tests)}\n"


def imported(place: Place, text: str, skill: str = "new") -> ImportView:
    return import_examples(place.open(), config(place, text), skill)


def rows_of(place: Place, file: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (place.root / file).read_text().splitlines()]


def files_of(place: Place) -> dict[str, bytes]:
    return {
        str(path.relative_to(place.root)): path.read_bytes()
        for path in place.root.rglob("*")
        if path.is_file() and "tinyarms.db" not in path.name
    }


def give_rows(monkeypatch: pytest.MonkeyPatch, *rows: Row | Listed, **more: object) -> None:
    """Let every import read these rows."""
    read = Imported("made-up", lambda: iter(rows), **more)  # type: ignore[arg-type]
    monkeypatch.setattr(
        importing,
        "format_of",
        lambda source: type("Reader", (), {"read": staticmethod(lambda *given: read)}),
    )


def test_labels_make_a_contract_and_comments_stay(place: Place) -> None:
    path = place.root / "config.yaml"
    path.write_text("# mine\n" + path.read_text() + "  # the end\n")
    context = place.open()
    view = import_examples(
        context, config(place, equals([("a", "yes"), ("b", "No"), ("c", "no"), ("d", "no")])), "new"
    )
    assert (view.rows, view.output, view.scorer, view.is_new) == (4, "labels", "labels", True)
    assert view.labels == {"yes": 1, "no": 3}
    assert [(part.before, part.after) for part in view.rewritten] == [("No", "no")]
    assert view.models == ("gpt-4.1", "llama3") and view.model == "gpt-4.1"
    text = path.read_text()
    assert text.startswith("# mine\n") and "# the end" in text
    assert list(context.project.skills)[-1] == "new"
    assert (place.root / "skills/new.md").read_text() == "Sort {{x}}\n"
    found = context.example_set(context.skill("new").skill)
    assert len(found.usable) == 4 and not found.left_out
    assert [row["split"] for row in rows_of(place, view.files[0])] == [
        assign_split({"x": x}) for x in "abcd"
    ]


@pytest.mark.slow
def test_rows_are_added_once_and_nothing_else_changes(place: Place) -> None:
    imported(place, equals([("a", "yes"), ("b", "no"), ("c", "no")]))
    before = files_of(place)
    again = imported(place, equals([("a", "yes"), (" b", "no"), ("c", "yes"), ("e", "maybe")]))
    assert (again.rows, again.duplicates, again.left_out, again.is_new) == (1, 2, 1, False)
    reasons = [part.why for part in again.listed]
    assert reasons == [
        "the skill has its own; only rows are added",
        "it repeats examples/new.jsonl, example 1",
        "it repeats examples/new.jsonl, example 2",
        "'maybe' is none of: no, yes",
    ]
    assert [part.kind for part in again.listed] == ["part", "duplicate", "duplicate", "row"]
    [remark] = [note for note in again.notes if "those of" in note]
    assert remark.endswith(
        "its inputs are those of examples/new.jsonl, example 3, with another output."
    )
    after = files_of(place)
    old = before.pop("examples/new.jsonl")
    assert after.pop("examples/new.jsonl").startswith(old)
    assert {k: v for k, v in after.items() if "other-tool" not in k} == {
        k: v for k, v in before.items() if "other-tool" not in k
    }
    unchanged = files_of(place)
    assert imported(place, equals([("a", "yes")])).files == ()
    assert files_of(place)["examples/new.jsonl"] == unchanged["examples/new.jsonl"]


@pytest.mark.slow
@pytest.mark.parametrize("failing", ["rows", "prompt", "config", "reload"])
def test_a_failure_leaves_nothing_behind(
    place: Place, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    context = place.open()
    folder = config(place, equals([("a", "yes"), ("b", "no")]))
    before = files_of(place)

    def fail(*given: object, **named: object) -> None:
        raise StoreError("No room.")

    if failing == "rows":

        def broken() -> Iterable[Row]:
            yield Row({"x": "a"}, "r, line 1", expected="y")
            raise ImportRefused("r, line 2: broken.")

        give_rows(monkeypatch)
        read = Imported("made-up", broken)  # type: ignore[arg-type]
        reader = type("Reader", (), {"read": staticmethod(lambda *given: read)})
        monkeypatch.setattr(importing, "format_of", lambda source: reader)
    elif failing == "prompt":
        (place.root / "skills" / "new.md").write_text("mine")
        before = files_of(place)
    elif failing == "config":
        monkeypatch.setattr("tinyarms.loop.importing.files.edit_config", fail)
    else:
        monkeypatch.setattr(context, "reload", fail)
    with pytest.raises((StoreError, ImportRefused, ConfigError)):
        import_examples(context, folder, "new")
    assert files_of(place) == before


@pytest.mark.slow
def test_a_dry_run_writes_nothing(place: Place) -> None:
    folder = config(place, equals([("a", "yes"), ("b", "no"), ("c", "no")]))
    before = files_of(place)
    view = import_examples(place.open(), folder, "new", dry_run=True)
    assert (view.rows, view.files, view.labels) == (3, (), {"yes": 1, "no": 2})
    assert files_of(place) == before


@pytest.mark.slow
def test_checks_of_the_rows_are_kept(place: Place) -> None:
    text = HEAD + (
        "defaultTest: {options: {provider: ollama:chat:judge}}\ntests:\n"
        "- vars: {x: a}\n  metadata: {n: 1}\n  assert:\n"
        "  - {type: icontains, value: q}\n  - {type: llm-rubric, value: Is x kind}\n"
        "- vars: {x: b, z: tone}\n  assert: [{type: llm-rubric, value: 'Is {{z}} kind?'}]\n"
        "- vars: {x: c}\n"
    )
    view = imported(place, text)
    assert (view.scorer, view.inputs, view.checks) == (
        "checks",
        ("x", "z"),
        {"icontains": 1, "judge": 2},
    )
    assert rows_of(place, "examples/new.jsonl")[0] | {"split": ""} == {
        **{"inputs": {"x": "a"}, "expected": ""},
        **{"required": {"icontains:q": 1.0, "judge:Is x kind": 1.0}},
        **{"metadata": {"n": 1}, "split": "", "origin": "gold"},
    }
    context = place.open()
    skill = context.skill("new").skill
    assert (skill.optional, skill.scorer_options["model"]) == ({"z"}, "judge")
    assert any("every output passes" in note for note in view.notes)


@pytest.mark.slow
def test_one_rubric_for_all_is_the_scorer(place: Place) -> None:
    assertion = "assert: [{type: llm-rubric, value: Is it kind}]"
    view = imported(place, f"{HEAD}defaultTest: {{{assertion}}}\ntests: [{{vars: {{x: a}}}}]\n")
    assert (view.scorer, view.rubrics) == ("judge", ("Is it kind",))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("default", "tests", "success_at", "listed"),
    [
        ("{threshold: 0.6}", ["", ""], 0.6, 0),
        ("{threshold: 0.6}", ["threshold: 1, ", ""], 1.0, 1),
        ("{}", ["threshold: 0.6, ", ""], 1.0, 1),
        ("{}", ["", ""], 1.0, 0),
    ],
)
def test_a_threshold_that_all_rows_have_is_success_at(
    place: Place, default: str, tests: list[str], success_at: float, listed: int
) -> None:
    checks = "assert: [{type: contains, value: q}, {type: contains, value: r}]"
    rows = "".join(f"- {{{t}vars: {{x: a{n}}}, {checks}}}\n" for n, t in enumerate(tests))
    view = imported(place, f"{HEAD}defaultTest: {default}\ntests:\n{rows}")
    assert place.open().skill("new").skill.success_at == success_at
    assert len([part for part in view.listed if "threshold" in part.what]) == listed


@pytest.mark.slow
def test_one_rubric_with_one_threshold_is_the_scorer_with_it(place: Place) -> None:
    assertion = "assert: [{type: llm-rubric, value: Is it kind, threshold: 0.75}]"
    tests = "tests: [{vars: {x: a}}, {vars: {x: b}}]"
    view = imported(place, f"{HEAD}defaultTest: {{{assertion}}}\n{tests}\n")
    assert (view.scorer, view.rubrics) == ("judge", ("Is it kind",))
    assert place.open().skill("new").skill.success_at == 0.75


@pytest.mark.slow
def test_splits_of_other_tools(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["train"] * 40 + ["test"] * 5 + ["odd"] * 2
    rows = [Row({"x": str(n)}, f"r, line {n}", "yn"[n % 2], name) for n, name in enumerate(names)]
    give_rows(monkeypatch, *rows)
    view = import_examples(place.open(), place.root, "new")
    assert view.splits["test"] >= 5 and view.splits["search"] + view.splits["selection"] >= 40
    assert min(view.splits.values()) > 3
    assert len(view.notes) == 3
    give_rows(monkeypatch, *(Row(row.inputs, row.where, "y", "train") for row in rows))
    only = import_examples(place.open(), place.root, "one")
    assert only.splits["test"] > 0 and any("same split" in note for note in only.notes)


@pytest.mark.slow
def test_what_a_row_may_hold(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    give_rows(
        monkeypatch,
        Row({"a": {"b": 1, "c": None}, "d": [True]}, "r, line 1", {"z": 1, "y": 2}),
        Row({"a": {"b": "\ud83d\0"}, "d": "x"}, "r, line 2", "None"),
        Row({"a": {"b": "&amp;"}, "d": ""}, "r, line 3", "  "),
        Row({"a": {}}, "r, line 4", "x"),
        Row({"a": {"b": "x" * 1_000_001}, "d": "x"}, "r, line 5", "x"),
        Listed("r, line 6", "the case", "it is broken", is_row=True),
    )
    view = import_examples(place.open(), place.root, "new")
    rows = rows_of(place, "examples/new.jsonl")
    assert [row["inputs"] for row in rows] == [
        {"a_b": "1", "d": "[true]"},
        {"a_b": "��", "d": "x"},
    ]
    assert [row["expected"] for row in rows] == ['{"y": 2, "z": 1}', "None"]
    assert [(part.where[-1], part.why) for part in view.listed] == [
        ("6", "it is broken"),
        ("3", "it has no expected output"),
        ("4", "it has no a_b, d"),
        ("5", "it has more than 1,000,000 characters"),
    ]
    assert view.left_out == 4
    assert view.notes[-1] == "r, line 2: the expected output 'None' is a text."


@pytest.mark.slow
@pytest.mark.parametrize("skill", ["", "a b", "../x", "-x", "x" * 101, "ä"])
def test_a_name_that_no_skill_can_have(place: Place, skill: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a skill"):
        import_examples(place.open(), place.root, skill)


@pytest.mark.slow
def test_what_is_no_import_at_all(place: Place) -> None:
    context = place.open()
    with pytest.raises(UsageError, match="no such file or folder"):
        import_examples(context, place.root / "none", "new")
    with pytest.raises(UsageError, match=r"no format 'promptfo'.*Did you mean promptfoo"):
        import_examples(context, place.root, "new", format="promptfo")
    with pytest.raises(UsageError, match="There is no model 'none'"):
        import_examples(context, place.root, "new", model="none")
    with pytest.raises(UsageError, match="has a model already"):
        import_examples(context, place.root, SKILL, model=next(iter(context.project.models)))
    with pytest.raises(ImportRefused, match=r"line 3: the row cannot come in: .*a variable"):
        imported(place, HEAD + "tests: [{vars: {x: file://a.py}}]\n", SKILL)


@pytest.mark.slow
def test_what_a_killed_import_left_is_removed_when_the_project_is_opened(place: Place) -> None:
    left = place.root / "examples" / ".new.jsonl.0123abcd.tmp"
    left.parent.mkdir(exist_ok=True)
    left.write_text("half a row")
    place.open().close()
    assert not left.exists()


@pytest.mark.slow
def test_checks_of_a_dataset_and_of_its_cases_are_kept_together(place: Place) -> None:
    cases = [
        {"inputs": {"x": "a"}, "expected_output": "yes"},
        {"inputs": {"x": "b"}, "expected_output": "no", "evaluators": [{"Contains": "o"}]},
        {"inputs": {"x": "c"}, "evaluators": [{"Contains": {"value": "q", "as_strings": True}}]},
    ]
    folder = place.root / "cases"
    folder.mkdir()
    evaluators = ["EqualsExpected", {"Equals": {"value": "z"}}]
    (folder / "c.json").write_text(json.dumps({"cases": cases, "evaluators": evaluators}, indent=1))
    view = import_examples(place.open(), folder, "new")
    assert (view.scorer, view.rows, view.left_out) == ("checks", 3, 0)
    required = [set(row.get("required", {})) for row in rows_of(place, "examples/new.jsonl")]
    assert required == [
        {"equals", "equals:z"},
        {"equals", "equals:z", "contains:o"},
        {"equals:z", "contains:q"},
    ]
    assert [part.what for part in view.listed] == ["as_strings of Contains"]


@pytest.mark.slow
def test_only_a_schema_that_the_contract_has_is_no_check_of_a_row(place: Place) -> None:
    one, other = ({"type": "object", "required": [key]} for key in "ab")
    tests = [
        {"vars": {"x": f"{n}"}, "assert": [{"type": "is-json", "value": schema}]}
        for n, schema in enumerate([one, one, other])
    ]
    provider = {"id": "openai:gpt-4.1", "config": {"response_format": {"json_schema": one}}}
    head = f"prompts: ['Sort {{{{x}}}}']\nproviders: {json.dumps([provider])}\n"
    view = imported(place, f"{head}tests: {json.dumps(tests)}\n")
    assert (view.output, view.scorer, view.checks) == ("json_schema", "checks", {"is-json": 1})


def test_a_prompt_may_show_what_only_some_rows_have(place: Place) -> None:
    text = (
        "prompts: ['Say {{a}} to {{who}}', 'Sing of {{b}} to {{who}}']\n"
        "tests: [{vars: {a: x, who: me}}, {vars: {b: y, who: me}}]\n"
    )
    view = imported(place, text)
    assert (view.rows, view.left_out, view.inputs) == (2, 0, ("a", "who", "b"))
    assert place.open().skill("new").skill.optional == {"a", "b"}
    assert any("not every row has it: a, b." in note for note in view.notes)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("prompts: [Say hi]\n", "line 1: the prompt shows no variable"),
        (
            "prompts: [file://p.py]\nproviders: [{id: 'nobody:x'}]\n"
            "tests: [{vars: {x: file://a.png}}]\n",
            "line 3: the row cannot come in: a variable is the file a.png",
        ),
        ("prompts: [file://p.py]\nproviders: ['nobody:x']\n", "line 1: the prompt file://p.py"),
    ],
)
def test_a_refusal_says_what_kept_everything_out(place: Place, text: str, reason: str) -> None:
    folder = config(place, text)
    (folder / "a.png").touch()
    before = files_of(place)
    with pytest.raises(ImportRefused, match=reason):
        import_examples(place.open(), folder, "new")
    assert files_of(place) == before


def test_a_read_only_config_stays_as_it_is(place: Place) -> None:
    (place.root / "config.yaml").chmod(0o444)
    before = files_of(place)
    with pytest.raises(StoreError, match=r"config\.yaml: is read-only"):
        imported(place, f"{HEAD}tests: [{{vars: {{x: a}}}}]\n")
    after = files_of(place)
    assert {name: after[name] for name in before} == before
    assert [name for name in after if name not in before] == ["other-tool/promptfooconfig.yaml"]
