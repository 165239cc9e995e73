"""promptfoo configs and test files come in whole; code is listed with its line, and never run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.exchange.incoming.found import imported, listed_of, rows_of
from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.promptfoo.assertions import assertion_of_cell
from tinyarms.exchange.incoming.promptfoo.reader import FORMAT
from tinyarms.exchange.incoming.records import Imported, Row
from tinyarms.exchange.incoming.source import Source

HEAD = "prompts: ['Say {{x}}']\nproviders: [openai:gpt-4.1]\n"


def config(folder: Path, text: str, **files: str) -> Imported:
    """The import of a config. A file `a__b_txt` is `a/b.txt`."""
    for name, content in files.items():
        stem, _, suffix = name.replace("__", "/").rpartition("_")
        path = folder / f"{stem}.{suffix}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    (folder / "promptfooconfig.yaml").write_text(text)
    return imported(folder)


def inputs_of(found: Imported) -> list[object]:
    return [row.inputs for row in rows_of(found)]


def checks_of(row: Row) -> list[tuple[str, object, bool]]:
    return [(check.kind, check.value, check.negated) for check in row.checks]


def texts_of(found: Imported) -> list[list[str]]:
    return [[turn.text for turn in prompt.turns] for prompt in found.prompts]


def test_variables_multiply_and_stay_as_they_were_written(tmp_path: Path) -> None:
    text = HEAD + "tests:\n- vars:\n    x: [Yes, 1.50]\n    y: [a, b]\n- vars: {x: no, y: ~}\n"
    found = config(tmp_path, text)
    assert inputs_of(found) == [
        *({"x": "Yes", "y": "a"}, {"x": "Yes", "y": "b"}, {"x": "1.50", "y": "a"}),
        *({"x": "1.50", "y": "b"}, {"x": "no"}),
    ]
    assert [row.where for row in rows_of(found)][::4] == [
        *("promptfooconfig.yaml, line 4", "promptfooconfig.yaml, line 7"),
    ]


def test_a_bomb_of_lists_is_refused(tmp_path: Path) -> None:
    lists = "".join(f"    v{n}: [{', '.join('abcdefghij')}]\n" for n in range(6))
    with pytest.raises(ImportRefused, match="line 5: its lists multiply to 1,000,000 rows"):
        rows_of(config(tmp_path, f"{HEAD}tests:\n- vars:\n{lists}"))


def test_variables_from_files_and_globs(tmp_path: Path) -> None:
    text = (
        "prompts: [file://p*.txt]\ndefaultTest: {vars: {s: file://s.md}}\n"
        "tests: [file://t/*.yaml, {vars: {x: file://docs/*}}]\n"
    )
    found = config(
        tmp_path,
        text,
        p_txt="One {{x}}\n---\n\nTwo {{x}} {{s}}\n",
        s_md="'it' \"is\"\n",
        t__a_yaml="- vars: ../vars/*.yaml\n",
        vars__v_yaml="x: from a file\n",
        docs__b_txt="b\n",
        docs__a_txt="a\n",
    )
    quoted = "'it' \"is\""
    assert inputs_of(found) == [
        {"s": quoted, "x": "from a file"},
        *({"s": quoted, "x": "a"}, {"s": quoted, "x": "b"}),
    ]
    assert texts_of(found) == [["One {{x}}"], ["Two {{x}} {{s}}"]]
    assert [prompt.where for prompt in found.prompts] == ["p.txt, line 1", "p.txt, line 4"]


def test_a_variable_may_name_another_one(tmp_path: Path) -> None:
    text = HEAD + "tests:\n- vars: {x: 'on {{t}}', t: bananas}\n- vars: {x: '{{gone}}'}\n"
    found = config(tmp_path, text)
    assert inputs_of(found) == [{"x": "on bananas", "t": "bananas"}]
    assert listed_of(found) == ["5: the row"]
    loop = HEAD + "tests:\n- vars: {x: '{{y}}', y: '{{x}}'}\n"
    assert listed_of(config(tmp_path, loop)) == ["4: the row"]


def test_assertions_become_checks(tmp_path: Path) -> None:
    text = HEAD + (
        "defaultTest: {assert: [{type: not-icontains, value: as an AI, weight: 2}]}\n"
        "tests:\n- vars: {x: a, answer: Yarr}\n  assert:\n"
        "  - {type: equals, value: '{{answer}}'}\n"
        "  - {type: contains-any, value: [-3.625, -29/8]}\n"
        "  - {type: is-json, value: {type: object, additionalProperties: false}}\n"
        "  - {type: llm-rubric, value: 'Is {{x}} kind?', threshold: 0.8}\n"
        "  - {type: factuality, value: It is 5}\n"
        "  - $ref: '#/templates/pirate'\n"
        "  - type: assert-set\n    assert:\n"
        "    - {type: starts-with, value: 4}\n    - {type: regex, value: '\\d'}\n"
        "templates: {pirate: {type: icontains, value: arrr}}\n"
    )
    [row] = rows_of(config(tmp_path, text))
    assert row.expected == "Yarr"
    assert checks_of(row) == [
        ("icontains", "as an AI", True),
        ("equals", None, False),
        ("contains-any", ["-3.625", "-29/8"], False),
        ("is-json", {"type": "object", "additionalProperties": False}, False),
        ("judge", "Is {{x}} kind?\n\nAnswer: {{answer}}", False),
        (
            "judge",
            "Does the answer agree with these facts, without contradicting them? Facts: It is 5",
            False,
        ),
        ("icontains", "arrr", False),
        ("starts-with", "4", False),
        ("regex", r"\d", False),
    ]
    assert [check.weight for check in row.checks] == [2, 1, 1, 1, 1, 1, 1, 0.5, 0.5]


def test_thresholds_come_in_where_a_scorer_has_them_and_are_listed_elsewhere(
    tmp_path: Path,
) -> None:
    text = HEAD + (
        "defaultTest: {threshold: 0.5}\ntests:\n- vars: {x: a}\n  assert:\n"
        "  - {type: llm-rubric, value: Kind?, threshold: 0.8, weight: 3}\n"
        "  - {type: g-eval, value: Short?}\n"
        "  - {type: not-llm-rubric, value: Rude?, threshold: high}\n"
        "  - {type: contains, value: a, threshold: 0.9}\n"
        "  - {type: latency, threshold: 3000}\n"
        "  - {type: cost, threshold: 0.002}\n"
        "- vars: {x: b}\n  threshold: 1\n  assert: [{type: contains, value: b}]\n"
        "- vars: {x: c}\n  threshold: 2\n  assert: [{type: contains, value: c}]\n"
    )
    found = config(tmp_path, text)
    rows = rows_of(found)
    assert [row.success_at for row in rows] == [0.5, 1.0, 0.5]
    assert [(check.at_least, check.weight) for check in rows[0].checks] == [
        (0.8, 3),
        (0.7, 1),
        (None, 1),
        (None, 1),
    ]
    assert listed_of(found) == [
        "9: the threshold high of llm-rubric",
        "10: the threshold 0.9 of contains",
        "11: latency (threshold 3000)",
        "12: cost (threshold 0.002)",
        "17: the threshold 2",
    ]


def test_thresholds_of_cells(tmp_path: Path) -> None:
    (tmp_path / "tests.csv").write_text(
        "x,__expected1,__expected2,__threshold,__config:__expected:threshold,"
        "__config:__expected3:threshold\n"
        "a,llm-rubric: Kind?,llm-rubric(0.9): Short?,0.6,0.4,0.3\n"
        "b,contains:b,,much,,\n"
    )
    found = imported(tmp_path / "tests.csv")
    first, second = rows_of(found)
    assert [check.at_least for check in first.checks] == [0.4, 0.9]
    assert (first.success_at, second.success_at) == (0.6, None)
    assert listed_of(found) == ["2: threshold 0.3 of __expected3", "3: __threshold much"]


def test_code_addresses_and_templates_are_listed_and_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    code = f"open({str(ran)!r}, 'w')"
    text = (
        "prompts: ['Say {{x}}', file://p.py:make, 'exec: touch ran', '{% if x %}a{% endif %}']\n"
        "providers:\n- python:p.py\n- exec:touch ran\n- file://p.py\n- http://localhost/x\n"
        "- {id: openai:gpt-4.1, config: {apiKey: '{{ env.SECRET }}', temperature: 1}}\n"
        "extensions: [file://p.py:hook]\ntests:\n- vars: {x: a}\n"
        f"  options: {{transform: {code!r}}}\n"
        "  assert:\n"
        f"  - {{type: javascript, value: {code!r}}}\n  - {{type: python, value: file://p.py}}\n"
        "  - {type: webhook, value: 'http://localhost/x'}\n"
        "  - {type: contains, value: file://p.py}\n"
        "  - {type: contains, value: '{{ env.SECRET }}'}\n"
        "- vars: {x: file://p.py}\n- file://p.py:tests\n"
    )
    found = config(tmp_path, text, p_py=code)
    assert inputs_of(found) == [{"x": "a"}]
    assert [check for row in rows_of(found) for check in row.checks] == []
    assert [model.name for model in found.models] == ["openai:gpt-4.1"]
    assert not ran.exists()
    kinds = [name.partition(": ")[2].split(" ")[0] for name in listed_of(found)]
    assert kinds.count("the") == 10 and kinds.count("a") == 1
    assert {"javascript", "python", "webhook", "contains", "extensions"} <= set(kinds)
    assert "SECRET" not in json.dumps([vars(model) for model in found.models])


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        ("file:///etc/passwd.yaml", "line 3: /etc/passwd.yaml leads out of"),
        ("file://../x.csv", "line 3: ../x.csv leads out of"),
        ("file://link.csv", "line 3: link.csv leads out of"),
        ("file://none.csv", "line 3: there is no file none.csv"),
        ("file://none*.csv", "line 3: no file matches file://none"),
        ("huggingface://datasets/x/y", "line 3: huggingface://datasets/x/y is on the net"),
        ("https://example.org/x.csv", "is on the net, and nothing is fetched"),
        ("[{vars: {x: 'file://../../x'}}]", "line 3: ../../x leads out of"),
        ("[{$ref: '../x.yaml'}]", "line 3: ../x.yaml leads out of"),
        ("[{$ref: '#/tests/0'}]", "line 3: its $ref leads in a circle"),
        ("[{$ref: '#/none'}]", "line 3: there is no #/none"),
    ],
)
def test_a_reference_is_refused_with_its_line(tmp_path: Path, tests: str, message: str) -> None:
    (tmp_path / "x.csv").write_text("x\n1\n")
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "link.csv").symlink_to(tmp_path / "x.csv")
    with pytest.raises(ImportRefused) as caught:
        rows_of(config(folder, f"{HEAD}tests: {tests}\n"))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("providers: [echo]\ntests: [{vars: {x: 1}}]", "has no prompts"),
        ("prompts:\n- 'Say {{x | upper'\ntests: []", "line 2: the placeholder has no end"),
        ("prompts:\n- |\n  a\n  {{x\ntests: []", "line 4: the placeholder has no end"),
        ("prompts: [file://no.txt]\ntests: []", "line 1: there is no file no.txt"),
        ("[1", "broken YAML"),
        ("text", "must be a mapping"),
    ],
)
def test_a_broken_config_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ImportRefused, match=r"^promptfooconfig\.yaml") as caught:
        config(tmp_path, text)
    assert message in caught.value.message


def test_scenarios_and_defaults(tmp_path: Path) -> None:
    text = HEAD + (
        "scenarios:\n- config: [{vars: {x: de, e: Hallo}}, {vars: {x: fr, e: Salut}}]\n"
        "  tests: [{vars: {y: 1}, assert: [{type: similar, value: '{{e}}'}]}, {vars: {y: 2}}]\n"
    )
    rows = rows_of(config(tmp_path, text))
    assert [(row.inputs["x"], row.inputs["y"], row.expected) for row in rows] == [
        *(("de", "1", "Hallo"), ("de", "2", None), ("fr", "1", "Salut"), ("fr", "2", None)),
    ]


def test_prompts_of_every_form(tmp_path: Path) -> None:
    chat = json.dumps(
        [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "{{ x }}"}]
    )
    text = (
        "prompts:\n- file://c.json\n- file://c.yaml\n- {label: L, raw: 'Do {{x.y}}', config: "
        "{response_format: {type: json_schema, json_schema: {schema: {type: object}}}}}\n"
        "- '[INST] {{x}} [/INST]'\n- file://m.md\ntests: [{vars: {x: a}}]\n"
    )
    yaml = (
        "- role: system\n  content: |\n    Keep\n      - this\n- {role: user, content: '{{x}}'}\n"
    )
    found = config(tmp_path, text, c_json=chat, c_yaml=yaml, m_md="# T\n---\n{{x}}\n")
    assert texts_of(found) == [
        *(["Be brief.", "{{x}}"], ["Keep\n  - this\n", "{{x}}"], ["Do {{x_y}}"]),
        *(["[INST] {{x}} [/INST]"], ["# T\n---\n{{x}}"]),
    ]
    assert found.prompts[2].name == "L" and found.prompts[2].json_schema == {"type": "object"}
    assert [part.after for part in found.rewritten] == ["{{x_y}}"]
    assert "marks of a chat" in found.notes[0]


def test_providers_become_models(tmp_path: Path) -> None:
    text = (
        "prompts: ['{{x}}']\ntests: [{vars: {x: a}}]\nproviders:\n- openai:chat:gpt-4.1\n"
        "- ollama:chat:llama3.2:1b\n- {id: anthropic:messages:claude-x, label: C}\n"
        "- openai:gpt-3.5: {config: {temperature: 0}}\n"
        "- {id: openai:m, config: {apiBaseUrl: 'http://127.0.0.1:9/v1'}}\n- echo\n- azure:chat:x\n"
        "- openai:embedding:e\n"
    )
    found = config(tmp_path, text)
    assert [(m.kind, m.model, m.api_key_env) for m in found.models] == [
        ("openai", "gpt-4.1", "OPENAI_API_KEY"),
        ("ollama", "llama3.2:1b", None),
        ("openai", "claude-x", "ANTHROPIC_API_KEY"),
        ("openai", "gpt-3.5", "OPENAI_API_KEY"),
        ("openai", "m", None),
    ]
    assert [name for name in listed_of(found) if "the model" in name] == [
        *("9: the model echo", "10: the model azure:chat:x", "11: the model openai:embedding:e"),
    ]


@pytest.mark.parametrize(
    ("cell", "type", "value"),
    [
        ("Paris", "equals", "Paris"),
        ("equals:None", "equals", "None"),
        ("contains: algorithm", "contains", "algorithm"),
        ("not-icontains:sorry", "not-icontains", "sorry"),
        ("similar(0.8):hello", "similar", "hello"),
        ("is-json", "is-json", None),
        ("grade:is kind", "llm-rubric", "is kind"),
        ("javascript:output.length < 5", "javascript", "output.length < 5"),
        ("fn:output", "javascript", "output"),
        ("note: this", "equals", "note: this"),
        ("contains", "equals", "contains"),
        ("12:30", "equals", "12:30"),
    ],
)
def test_a_cell_is_an_assertion(cell: str, type: str, value: object) -> None:
    found = assertion_of_cell(cell, "t.csv, line 2")
    assert found is not None and (found.type, found.value) == (type, value)


def test_a_csv_of_tests(tmp_path: Path) -> None:
    path = tmp_path / "tests.csv"
    path.write_text(
        "x,__expected1,__expected2,__metadata:tags[],__prefix,__description\r\n"
        '"a\nb",billing,not-contains:sorry,"p,q\\,r",Reply: ,first\r\n'
        "c,javascript:file://x.js,,,,\r\n\r\n d ,,,,,\r\n",
        encoding="utf-8-sig",
        newline="",
    )
    found = imported(path)
    first, second, third = rows_of(found)
    assert (first.inputs, first.expected, first.where) == (
        {"x": "a\nb"},
        "billing",
        "tests.csv, line 2",
    )
    assert checks_of(first) == [("equals", None, False), ("contains", "sorry", True)]
    assert first.metadata == {"tags": ["p", "q,r"], "description": "first"}
    assert (second.where, third.inputs) == ("tests.csv, line 4", {"x": " d "})
    assert listed_of(found) == ["2: __prefix Reply:", "4: javascript"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,__expected\na,b,c\n", "line 2: has 3 cells for 2 columns"),
        ('x,__expected\n"a,b\n', "no CSV"),
        ("x,x,__expected\n", "the column 'x' occurs twice"),
    ],
)
def test_a_broken_csv_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ImportRefused, match=message):
        rows_of(imported(tmp_path / "t.csv"))


def test_tests_in_json_lines_have_their_lines(tmp_path: Path) -> None:
    first = '{"vars": {"x": "a"}, "assert": [{"type": "javascript", "value": "1"}]}'
    rows = first + '\n\n{"vars": {"x": 2}}\n'
    found = config(tmp_path, HEAD + "tests: file://t.jsonl\n", t_jsonl=rows)
    assert [(row.inputs, row.where) for row in rows_of(found)] == [
        ({"x": "a"}, "t.jsonl, line 1"),
        ({"x": "2"}, "t.jsonl, line 3"),
    ]
    assert listed_of(found) == ["1: javascript"]


def test_a_folder_of_several_configs_has_an_answer_for_each(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + "tests: [{vars: {x: 1}}]\n")
    (tmp_path / "b.yaml").write_text(HEAD + "tests:\n- vars:\n\tx: 1\n")
    (tmp_path / "c.yaml").write_text(HEAD + "tests:\n- vars: {y: 1}\n")
    with pytest.raises(ImportRefused) as caught:
        imported(tmp_path)
    for answer in ("a.yaml can come in", "b.yaml, line 5", "c.yaml, line 4: it has no x"):
        assert answer in caught.value.message


def test_a_file_of_results_has_its_config(tmp_path: Path) -> None:
    config = {"prompts": ["Say {{x}}"], "tests": [{"vars": {"x": 1.50}}]}
    results = {"evalId": "e", "results": {"prompts": []}, "config": config}
    (tmp_path / "results.json").write_text(json.dumps(results, indent=1))
    found = imported(tmp_path)
    assert (inputs_of(found), texts_of(found)) == ([{"x": "1.5"}], [["Say {{x}}"]])


def test_configs_that_are_not_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "promptfooconfig.other.yaml").write_text(HEAD)
    found = config(tmp_path, HEAD + "tests: [{vars: {x: a}}]\n")
    assert found.notes == (
        "Other configs of the folder were not read: promptfooconfig.other.yaml.",
    )


def test_equals_compares_with_the_content_of_the_file_that_it_names(tmp_path: Path) -> None:
    text = HEAD + (
        "tests:\n- vars: {x: a}\n  assert:\n"
        "  - {type: equals, value: file://right.txt}\n"
        "  - {type: equals, value: file://other.txt}\n"
        "  - {type: equals, value: {b: 1}}\n"
        "  - {type: not-equals, value: file://other.txt}\n"
    )
    [row] = rows_of(config(tmp_path, text, right_txt="Yes\n", other_txt="No\n"))
    assert row.expected == "Yes"
    assert checks_of(row) == [
        *(("equals", None, False), ("equals", "No", False)),
        *(("equals", '{"b": 1}', False), ("equals", "No", True)),
    ]


def test_a_right_output_in_a_file_is_found_by_the_variable_that_names_it(tmp_path: Path) -> None:
    text = HEAD + (
        "tests: [{vars: {x: a, y: file://right.txt},"
        " assert: [{type: contains, value: file://right.txt}]}]\n"
    )
    [row] = rows_of(config(tmp_path, text, right_txt="Yes\n"))
    assert (row.expected, checks_of(row)) == ("Yes", [("contains", "Yes", False)])


@pytest.mark.parametrize(
    ("row", "format"),
    [
        ({"description": "A chair", "label": "furniture"}, "table"),
        ({"description": 'It says "vars": {}', "label": "assert"}, "table"),
        ({"metadata": {"n": 1}, "text": "vars", "label": "x"}, "table"),
        ({"description": "A test", "vars": {"x": "a"}}, "promptfoo"),
        ({"assert": [{"type": "equals", "value": "x"}], "vars": {"x": "a"}}, "promptfoo"),
    ],
)
def test_only_lines_with_variables_or_assertions_are_tests(
    tmp_path: Path, row: object, format: str
) -> None:
    (tmp_path / "rows.jsonl").write_text(f"{json.dumps(row)}\n" * 3)
    assert imported(tmp_path).format == format


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("# Mine\n\n- description: a test\n  vars: {x: a}\n", 0.8),
        ("- vars: {x: a}\n", 0.8),
        ("- description: a chair\n  label: furniture\n", 0.0),
        ("\n" * 20_000 + "x: 1\n", 0.0),
    ],
)
def test_a_list_of_descriptions_is_no_file_of_tests(
    tmp_path: Path, text: str, score: float
) -> None:
    (tmp_path / "rows.yaml").write_text(text)
    assert FORMAT.recognises(Source(tmp_path)) == score


@pytest.mark.slow
def test_rows_that_become_too_long_are_listed(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("b" * 100_000)
    tests = [
        {"vars": {"x": "{{b}}" * 11}},
        {"vars": {"x": "{{b}}" * 5, "y": "{{b}}" * 5}},
        {"vars": {"x": "a"}, "assert": [{"type": "contains", "value": "{{b}}"}] * 11},
        {"vars": {"x": "a"}},
    ]
    lines = "".join(f"- {json.dumps(test)}\n" for test in tests)
    found = config(tmp_path, f"{HEAD}defaultTest: {{vars: {{b: file://b.txt}}}}\ntests:\n{lines}")
    assert listed_of(found) == ["5: the row", "6: the row", "7: the row"]
    assert [row.inputs["x"] for row in rows_of(found)] == ["a"]


def test_all_rows_together_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinyarms.exchange.incoming.promptfoo.reader._MOST_CHARACTERS", 100)
    with pytest.raises(ImportRefused, match="line 3: the tests up to here have more than 100"):
        rows_of(config(tmp_path, f"{HEAD}tests: [{{vars: {{x: [{', '.join(['ab'] * 51)}]}}}}]\n"))


def test_a_config_without_prompts_shows_the_variable_prompt(tmp_path: Path) -> None:
    found = config(tmp_path, "providers: [echo]\ntests: [{vars: {prompt: Say hi}}]\n")
    assert texts_of(found) == [["{{prompt}}"]]
    assert inputs_of(found) == [{"prompt": "Say hi"}]
    with pytest.raises(ImportRefused, match="line 1: has no prompts"):
        config(tmp_path, "providers: [echo]\ntests: [{vars: {x: a}}]\n")
    with pytest.raises(ImportRefused, match=r"line 2: .*attacks are not made here"):
        config(tmp_path, "targets: [echo]\nredteam: {numTests: 5}\nprovider: x\n")


def test_rows_without_a_key_of_tests_are_variables(tmp_path: Path) -> None:
    text = HEAD + "tests: [file://a.json, file://b.jsonl, file://c.yaml]\n"
    found = config(
        tmp_path,
        text,
        a_json='[{"x": "one", "n": 2}, {"vars": {"x": "two"}}]',
        b_jsonl='{"x": "three", "__expected": "icontains: Yes"}\n',
        c_yaml="- x: four\n  __description: the last\n",
    )
    rows = rows_of(found)
    assert [row.inputs for row in rows] == [
        *({"x": "one", "n": "2"}, {"x": "two"}, {"x": "three"}, {"x": "four"}),
    ]
    assert checks_of(rows[2]) == [("icontains", "Yes", False)]
    assert rows[3].metadata == {"description": "the last"}
    assert [row.where for row in rows] == [
        *("a.json, line 1", "a.json, line 1", "b.jsonl, line 1", "c.yaml, line 1"),
    ]


def test_prompts_of_a_csv_have_a_column_and_labels(tmp_path: Path) -> None:
    text = "prompts: [file://p.csv, file://q.csv]\ntests: [{vars: {x: a}}]\n"
    found = config(
        tmp_path,
        text,
        p_csv='label,prompt\nshort,"Say {{x}}, please"\n,"Two\nlines {{x}}"\n',
        q_csv="Repeat {{x}}\nRepeat {{x}} twice\n",
    )
    assert texts_of(found) == [
        *(["Say {{x}}, please"], ["Two\nlines {{x}}"]),
        *(["Repeat {{x}}"], ["Repeat {{x}} twice"]),
    ]
    assert [prompt.name for prompt in found.prompts[:2]] == ["short", "p.csv"]
    assert [prompt.where for prompt in found.prompts[:2]] == ["p.csv, line 2", "p.csv, line 3"]
    with pytest.raises(ImportRefused, match=r"p\.csv, line 1: has no column prompt"):
        config(tmp_path, text, p_csv="text,label\nSay {{x}},a\n")


def test_a_json_prompt_that_a_template_makes(tmp_path: Path) -> None:
    text = "prompts: [file://a.json, file://b.json]\ntests: [{vars: {s: a, q: b}}]\n"
    found = config(
        tmp_path,
        text,
        a_json='[{"role": "system", "content": {{ s | dump }}},\n'
        '{"role": "user", "content": "{{q}}"}]',
        b_json='[{% for m in turns %}{"role": "user", "content": {{ m | dump }}}{% endfor %}]',
    )
    assert texts_of(found) == [["{{s}}", "{{q}}"]]
    assert listed_of(found) == ["1: a prompt, for {% for m in turns %}"]
    with pytest.raises(ImportRefused, match=r"a\.json, line 1: no JSON"):
        config(tmp_path, text, a_json='[{"role": "user",}]')


def test_braces_in_quotes_stay_as_they_are(tmp_path: Path) -> None:
    text = (
        HEAD + "tests:\n- vars: {x: \"Press {{ '{{hotkey}}' }} to {{y}}\", y: stop}\n"
        "  assert:\n  - {type: contains, value: \"{{x}} {{ '{{k}}' }}\"}\n"
        "  - {type: llm-rubric, value: \"It says {{ '{{k}}' }}\"}\n"
    )
    found = config(tmp_path, text)
    [row] = rows_of(found)
    assert row.inputs["x"] == "Press {{hotkey}} to stop"
    assert checks_of(row) == [("contains", "Press {{hotkey}} to stop {{k}}", False)]
    assert listed_of(found) == ["7: llm-rubric"]


def test_a_config_below_the_folder_may_refer_to_files_above_it(tmp_path: Path) -> None:
    (tmp_path / "evals").mkdir()
    (tmp_path / "x.txt").write_text("from above\n")
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    path = tmp_path / "evals" / "promptfooconfig.yaml"
    path.write_text(HEAD + "tests: [{vars: {x: file://../x.txt}}]\n")
    assert inputs_of(imported(tmp_path)) == [{"x": "from above"}]
    with pytest.raises(ImportRefused, match="leads out of the folder"):
        rows_of(imported(path))


def test_a_block_may_begin_with_a_line_of_blanks(tmp_path: Path) -> None:
    text = "prompts:\n- |-\n  \n    Say {{x}}\n  \n    now\ntests: [{vars: {x: a}}]\n"
    assert texts_of(config(tmp_path, text)) == [["\nSay {{x}}\n\nnow"]]


def test_a_separator_may_be_indented(tmp_path: Path) -> None:
    text = "prompts: [file://p.txt]\ntests: [{vars: {x: a}}]\n"
    found = config(tmp_path, text, p_txt="One {{x}}\n  ---  \nTwo {{x}}\n")
    assert texts_of(found) == [["One {{x}}"], ["Two {{x}}"]]


def test_files_of_tests_that_lead_in_a_circle(tmp_path: Path) -> None:
    found = config(
        tmp_path, HEAD + "tests: file://a.yaml\n", a_yaml="- file://b.yaml\n", b_yaml="- a.yaml\n"
    )
    with pytest.raises(ImportRefused, match=r"b\.yaml, line 1: a\.yaml leads in a circle"):
        rows_of(found)
    found = config(tmp_path, HEAD + "scenarios: [file://a.yaml]\n", a_yaml="- file://a.yaml\n")
    with pytest.raises(ImportRefused, match=r"a\.yaml leads in a circle"):
        rows_of(found)
    with pytest.raises(ImportRefused, match=r"a\.yaml leads in a circle"):
        config(
            tmp_path, "prompts: ['{{x}}']\nproviders: file://a.yaml\n", a_yaml="- file://a.yaml\n"
        )


def test_a_glob_that_matches_the_config_leaves_it_out(tmp_path: Path) -> None:
    found = config(tmp_path, HEAD + "tests: file://*.yaml\n", a_yaml="- vars: {x: one}\n")
    assert inputs_of(found) == [{"x": "one"}]


@pytest.mark.slow
def test_files_that_refer_to_files_twice_each_come_to_an_end(tmp_path: Path) -> None:
    for n in range(18):
        (tmp_path / f"t{n}.yaml").write_text(f"[file://t{n + 1}.yaml, file://t{n + 1}.yaml]\n")
    (tmp_path / "t18.yaml").write_text("- vars: {x: a}\n")
    found = config(tmp_path, HEAD + "tests: file://t0.yaml\n")
    with pytest.raises(ImportRefused, match="refer to too many files"):
        rows_of(found)
