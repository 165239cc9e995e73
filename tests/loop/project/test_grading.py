from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from tinyarms.core.errors import ConfigError
from tinyarms.core.stdout import stdout_to_stderr
from tinyarms.loop.project.grading import import_scorer
from tinyarms.skills.example import Example
from tinyarms.skills.score_reasons import why_wrong

NOT_A_FUNCTION = "text"
FOLDER = Path(__file__).parent


def halves(example: Example, output: str) -> float:
    return 0.5


def test_a_function_in_a_module_is_imported_as_a_scorer() -> None:
    scorer = import_scorer(f"{__name__}:halves", "skill s", FOLDER)
    assert scorer(Example("e", {"x": ""}, "", "test"), "anything") == 0.5


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("no_such_module:f", "cannot import the scorer no_such_module:f"),
        (f"{__name__}:no_such_function", "cannot import the scorer"),
        (":f", "cannot import the scorer :f"),
        (f"{__name__}:NOT_A_FUNCTION", "is not a function"),
    ],
)
def test_a_scorer_that_cannot_be_imported_is_a_config_error(name: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=f"^skill s: .*{complaint}"):
        import_scorer(name, "skill s", FOLDER)


def test_a_module_in_the_projects_folder_is_found_and_prints_to_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "chatty_scorer.py").write_text(
        "print('imported')\ndef score(example, output):\n    print('called')\n    return 1\n"
    )
    monkeypatch.setattr(sys, "path", [*sys.path])
    scorer = import_scorer("chatty_scorer:score", "skill s", tmp_path)
    assert scorer(Example("e", {"x": ""}, "", "test"), "anything") == 1
    sys.stdout.write("mine\n")
    assert capsys.readouterr() == ("mine\n", "imported\ncalled\n")


def test_an_imported_scorer_may_explain_and_prints_to_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "explaining_scorer.py").write_text(
        "def score(example, output):\n    return 0\n"
        "def why(example, output):\n    print('called')\n    return f'{output} is too short.'\n"
        "score.explain = why\n"
        "def silent(example, output):\n    return 0\n"
    )
    monkeypatch.setattr(sys, "path", [*sys.path])
    example = Example("e", {"x": ""}, "", "search")
    scorers = [
        import_scorer(f"explaining_scorer:{name}", "skill s", tmp_path)
        for name in ("score", "silent")
    ]
    reasons = [why_wrong(scorer, example, "No") for scorer in scorers]
    assert reasons == ["No is too short.", ""]
    assert capsys.readouterr() == ("", "called\n")


@pytest.mark.parametrize("line", ["raise RuntimeError('no data')", "import sys; sys.exit(3)"])
def test_a_module_that_fails_at_its_import_is_a_config_error(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"failing_scorer_{len(line)}"
    (tmp_path / f"{name}.py").write_text(f"{line}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError, match=f"cannot import the scorer {name}:f: "):
        import_scorer(f"{name}:f", "skill s", FOLDER)


def test_other_threads_print_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    inside, printed = threading.Event(), threading.Event()

    def prints() -> None:
        inside.wait(20)
        sys.stdout.write("other thread\n")
        printed.set()

    thread = threading.Thread(target=prints)
    thread.start()
    with stdout_to_stderr():
        with stdout_to_stderr():
            sys.stdout.write("inner\n")
        inside.set()
        assert printed.wait(20)
        sys.stdout.write("outer\n")
    thread.join()
    assert capsys.readouterr() == ("other thread\n", "inner\nouter\n")
