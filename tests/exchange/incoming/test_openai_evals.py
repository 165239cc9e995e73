"""Evals of OpenAI's repository, and evals and runs of its platform."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.exchange.incoming.found import imported, lines, listed_of, rows_of
from tinyarms.core.errors import ImportRefused

SYSTEM = {"role": "system", "content": "One word: a or b."}


def sample(text: str, ideal: object, *before: dict[str, str]) -> dict[str, object]:
    return {"input": [*before, {"role": "user", "content": text}], "ideal": ideal}


def registry(folder: Path, name: str, **args: object) -> None:
    entry = {"e.v0": {"class": f"evals.elsuite.basic.x:{name}", "args": args}}
    text = f"e:\n  id: e.v0\ne.v0:\n  class: {entry['e.v0']['class']}\n  args: {json.dumps(args)}\n"
    (folder / "registry.yaml").write_text(text)


@pytest.mark.parametrize(
    ("name", "more", "ideal", "check"),
    [
        ("Match", {}, "b", ("starts-with", "b")),
        ("Match", {}, ["b", "c."], ("regex", r"^(?:b|c\.)")),
        ("Match", {}, [5.0, True], ("regex", "^(?:5|true)")),
        ("Includes", {"ignore_case": True}, "b", ("icontains", "b")),
        ("Includes", {"ignore_case": True}, ["b", "c."], ("icontains-any", ["b", "c."])),
        ("Includes", {}, ["b", "c."], ("contains-any", ["b", "c."])),
        ("JsonMatch", {}, ["b", "c."], ("regex", r"^(?:b|c\.)$")),
        ("Unknown", {}, ["b", "c."], ("regex", r"^(?:b|c\.)$")),
        ("JsonMatch", {}, "b", ("equals", None)),
    ],
)
def test_a_class_is_a_check(
    tmp_path: Path, name: str, more: dict[str, object], ideal: object, check: object
) -> None:
    registry(tmp_path, name, samples_jsonl="e/samples.jsonl", **more)
    lines(tmp_path / "samples.jsonl", [sample("x", ideal, SYSTEM), sample("y", ideal, SYSTEM)])
    found = imported(tmp_path)
    assert found.format == "openai-evals"
    assert [turn.text for turn in found.prompts[0].turns] == ["One word: a or b.", "{{input}}"]
    [first, _] = rows_of(found)
    assert (first.inputs, first.expected) == ({"input": "x"}, "5" if ideal == [5.0, True] else "b")
    assert [(each.kind, each.value) for each in first.checks] == [check]


def test_samples_alone_and_an_unknown_class(tmp_path: Path) -> None:
    rows = [sample("x", "a", SYSTEM), sample("y", "b", {"role": "system", "content": "Two."})]
    lines(tmp_path / "samples.jsonl", rows)
    found = imported(tmp_path)
    assert found.prompts == ()
    assert [row.inputs["input"] for row in rows_of(found)] == [
        "One word: a or b.\n\nx",
        "Two.\n\ny",
    ]
    registry(tmp_path, "ModelBasedClassify", samples_jsonl="samples.jsonl")
    assert listed_of(imported(tmp_path)) == [
        "4: the class evals.elsuite.basic.x:ModelBasedClassify of e.v0"
    ]


def test_an_eval_of_the_platform(tmp_path: Path) -> None:
    lines(tmp_path / "data.jsonl", [{"item": {"t": {"body": "x"}, "label": "a"}}, {"other": 1}])
    criteria = [
        {"type": "string_check", "operation": "eq", "input": "{{ sample.output_text }}"}
        | {"reference": "{{ item.label }}", "name": "same"},
        {"type": "string_check", "operation": "ne", "input": "{{sample.output_text}}"}
        | {"reference": "sorry"},
        {"type": "label_model", "input": [{"role": "user", "content": "OK? {{item.t.body}}"}]}
        | {"labels": ["yes", "no"], "passing_labels": ["yes"]},
        {"type": "python", "source": "open('ran', 'w')", "name": "code"},
    ]
    run = {"data_source": {"input_messages": {"template": [SYSTEM, {"role": "user"}]}}}
    run["data_source"]["input_messages"]["template"][1]["content"] = "{{ item.t.body }}"
    (tmp_path / "eval.json").write_text(json.dumps({"name": "N", "testing_criteria": criteria}))
    (tmp_path / "run.json").write_text(json.dumps(run))
    found = imported(tmp_path)
    [row] = rows_of(found)
    assert row.expected == "a"
    assert [(c.kind, c.value, c.negated) for c in row.checks] == [
        ("equals", None, False),
        ("equals", "sorry", True),
        (
            "judge",
            "OK? {{t_body}}\n\nOf these labels: yes, no, the answer should get yes."
            "\n\nAnswer: {{answer}}",
            False,
        ),
    ]
    assert [turn.text for turn in found.prompts[0].turns] == ["One word: a or b.", "{{t_body}}"]
    assert listed_of(found) == ["4: python code", "2: the row"]
    assert ("{{ item.label }}", "{{label}}") in [(r.before, r.after) for r in found.rewritten]


def test_broken_samples_are_refused_with_their_line(tmp_path: Path) -> None:
    path = lines(tmp_path / "samples.jsonl", [sample("x", "a")])
    path.write_text(path.read_text() + '{"input": NaN}\n')
    with pytest.raises(ImportRefused, match=r"^samples\.jsonl, line 2: no JSON"):
        rows_of(imported(path))


def test_several_right_answers_in_samples_alone_all_count(tmp_path: Path) -> None:
    lines(tmp_path / "samples.jsonl", [sample("x", ["a", "b"]), sample("y", "a")])
    several, single = rows_of(imported(tmp_path / "samples.jsonl"))
    assert [(each.kind, each.value) for each in several.checks] == [("regex", "^(?:a|b)$")]
    assert (several.expected, single.expected, single.checks) == ("a", "a", ())


def test_the_class_is_that_of_the_eval_whose_samples_come_in(tmp_path: Path) -> None:
    entries = [("one", "Match", "a/samples.jsonl"), ("two", "Includes", "b/other.jsonl")]
    entries += [("three", "Includes", "a/samples.jsonl")]
    text = "".join(
        f"{name}:\n  class: evals.elsuite.basic.x:{kind}\n  args: {{samples_jsonl: {file}}}\n"
        for name, kind, file in entries
    )
    (tmp_path / "registry.yaml").write_text(text)
    lines(tmp_path / "samples.jsonl", [sample("x", "a")])
    lines(tmp_path / "spare.jsonl", [sample("x", "a")])
    found = imported(tmp_path)
    [row] = rows_of(found)
    assert [each.kind for each in row.checks] == ["starts-with"]
    assert [(part.where, part.what, part.why) for part in found.listed] == [
        ("spare.jsonl", "the samples", "no eval names them"),
        ("registry.yaml, line 5", "the eval two", "its samples are not here"),
        ("registry.yaml, line 8", "the eval three", "one is taken"),
    ]


def test_rows_inside_a_run_and_its_criteria_come_in_once(tmp_path: Path) -> None:
    grader = {"type": "score_model", "name": "tone", "model": "gpt-4.1", "range": [1, 5]}
    grader |= {"pass_threshold": 4}
    part = {"type": "input_text", "text": "How kind is {{ sample.output_text }}?"}
    grader["input"] = [{"type": "message", "role": "user", "content": [part]}]
    content = [{"item": {"q": "x"}}, {"item": {"q": "y"}, "sample": {"output_text": "z"}}, {}]
    source = {"type": "file_content", "content": content}
    template = [{"role": "user", "content": {"type": "input_text", "text": "Say {{item.q}}"}}]
    messages = {"type": "template", "template": template}
    run = {"object": "eval.run", "data_source": {"source": source, "input_messages": messages}}
    of_eval = {"object": "eval", "name": "N", "testing_criteria": [{**grader, "id": "g1"}]}
    (tmp_path / "eval.json").write_text(json.dumps(of_eval))
    runs = [{**run, "testing_criteria": [{**grader, "id": "g2"}]}] * 2
    (tmp_path / "run.json").write_text(json.dumps({"object": "list", "data": runs[:1]}))
    found = imported(tmp_path)
    rows = rows_of(found)
    assert [row.inputs for row in rows] == [{"q": "x"}, {"q": "y"}]
    assert [(c.kind, c.at_least) for c in rows[0].checks] == [("judge", 0.75)]
    assert [turn.text for turn in found.prompts[0].turns] == ["Say {{q}}"]
    assert listed_of(found) == ["3: the row"]


def test_output_items_of_a_run_are_rows(tmp_path: Path) -> None:
    items = [
        {"object": "eval.run.output_item", "datasource_item": {"q": "x", "ideal": "a"}},
        {"object": "eval.run.output_item", "datasource_item": {"item": {"q": "y"}}},
    ]
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"object": "list", "data": items, "has_more": False}))
    found = imported(path)
    assert [row.inputs for row in rows_of(found)] == [{"q": "x", "ideal": "a"}, {"q": "y"}]


def test_rows_of_the_platform_alone(tmp_path: Path) -> None:
    path = lines(tmp_path / "data.jsonl", [{"item": {"q": "x"}}, {"item": {"q": "y"}}])
    found = imported(path)
    assert found.format == "openai-evals"
    assert [row.inputs["q"] for row in rows_of(found)] == ["x", "y"]


def test_a_message_with_a_picture_is_no_prompt(tmp_path: Path) -> None:
    parts = [{"type": "input_text", "text": "See"}, {"type": "input_image", "image_url": "u"}]
    messages = {"template": [{"role": "user", "content": parts}]}
    (tmp_path / "run.json").write_text(json.dumps({"data_source": {"input_messages": messages}}))
    lines(tmp_path / "data.jsonl", [{"item": {"q": "x"}}])
    found = imported(tmp_path)
    assert found.prompts == () and listed_of(found) == ["run.json: a prompt"]
