"""A pytest mark: a test fails if a skill's prompt is not good enough, or worse than another's.

`@pytest.mark.tinyarms(skill="feeling", at_least=0.8)` evaluates the skill before the test runs;
`against="main"` compares its prompt file with that of a git ref. `--tinyarms-replay FILE` answers
from a recording, so that no model is needed; `--tinyarms-record FILE` makes one.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tinyarms.loop.api import TinyArms
    from tinyarms.loop.evaluating.check import CheckView
    from tinyarms.loop.evaluating.view import EvalView

MARK = "tinyarms"
_OPTIONS = ("skill", "at_least", "against", "split", "n")
_DESCRIPTION = (
    f"{MARK}(skill, at_least=None, against=None, split=None, n=None): fail if the accuracy of the "
    "skill's prompt is below `at_least`, or if its prompt file is worse than that of the git ref "
    "`against`."
)
_OPEN = pytest.StashKey[tuple[ExitStack, "TinyArms"]]()
_RESULT = pytest.StashKey[list["EvalView | CheckView"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that record and replay the model, and name the project's folder."""
    group = parser.getgroup("tinyarms")
    group.addoption("--tinyarms-project", metavar="DIR", help="folder of the project")
    group.addoption("--tinyarms-replay", metavar="FILE", help="take the replies from FILE")
    group.addoption("--tinyarms-record", metavar="FILE", help="record the replies in FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line("markers", _DESCRIPTION)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the project, if a test has opened it."""
    if _OPEN in config.stash:
        stack, _ = config.stash[_OPEN]
        del config.stash[_OPEN]
        stack.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Evaluate the skills that the marks of a test name, before the test runs."""
    for mark in pyfuncitem.iter_markers(MARK):
        problem = _problem(pyfuncitem, _given(mark))
        if problem is not None:
            pytest.fail(problem, pytrace=False)


@pytest.fixture
def tinyarms_results(request: pytest.FixtureRequest) -> list[EvalView | CheckView]:
    """What was found for the marks of the test: an `EvalView` for each `at_least`, a `CheckView`
    for each `against`. It is filled when the test begins."""
    return request.node.stash.setdefault(_RESULT, [])  # type: ignore[no-any-return]


def _given(mark: pytest.Mark) -> dict[str, Any]:
    """The options of a mark. Fails the test if they are wrong."""
    given: dict[str, Any] = dict(zip(_OPTIONS, mark.args, strict=False)) | dict(mark.kwargs)
    unknown = sorted(given.keys() - set(_OPTIONS))
    if unknown or len(mark.args) > len(_OPTIONS):
        pytest.fail(f"pytest.mark.{MARK} has no option {', '.join(unknown)}.", pytrace=False)
    if not given.get("skill"):
        pytest.fail(f"pytest.mark.{MARK} needs a skill.", pytrace=False)
    at_least, against = given.get("at_least"), given.get("against")
    if at_least is None and against is None:
        pytest.fail(f"pytest.mark.{MARK} needs at_least or against.", pytrace=False)
    if at_least is not None and not 0 < at_least <= 1:
        pytest.fail(f"at_least must be above 0 and at most 1, not {at_least}.", pytrace=False)
    return given


def _problem(item: pytest.Function, given: dict[str, Any]) -> str | None:
    """Why the test fails; `None`: it goes on."""
    from tinyarms.core.errors import TinyArmsError

    results = item.stash.setdefault(_RESULT, [])
    split, n = given.get("split"), given.get("n")
    try:
        arms = _project(item.config)
        if (at_least := given.get("at_least")) is not None:
            view = arms.evaluate(given["skill"], split=split, n=n)
            results.append(view)
            if view.accuracy is None or view.accuracy < at_least:
                return _too_low(view, at_least)
        if given.get("against") is not None:
            check = arms.check(given["against"], [given["skill"]], split=split, n=n)
            results.append(check)
            if check.worse:
                return "\n".join([*(each.sentence for each in check.skills), check.error_rate])
    except TinyArmsError as error:
        return str(error)
    return None


def _too_low(view: EvalView, at_least: float) -> str:
    name = f"{view.skill}, {view.prompt.name}"
    if view.accuracy is None or view.interval is None:
        return f"{name}: none of {view.rows} rows has a score."
    low, high = view.interval
    sentence = (
        f"{name}: {100 * view.accuracy:.1f} % right on {view.n} rows ({100 * low:.1f} to "
        f"{100 * high:.1f} %), at least {100 * at_least:g} % wanted."
    )
    if high >= at_least:
        sentence += " On other rows it might reach that: the interval includes it."
    return sentence


def _project(config: pytest.Config) -> TinyArms:
    """The project of this run, opened at the first mark."""
    if _OPEN not in config.stash:
        from tinyarms.core.errors import UsageError
        from tinyarms.loop.api import TinyArms

        record, replay = config.getoption("tinyarms_record"), config.getoption("tinyarms_replay")
        if record and replay:
            raise UsageError("--tinyarms-record and --tinyarms-replay exclude one another.")
        folder = Path(config.getoption("tinyarms_project") or config.invocation_params.dir)
        with ExitStack() as stack:
            arms = stack.enter_context(TinyArms.open(folder))
            if record or replay:
                file = config.invocation_params.dir / (record or replay)
                arms = stack.enter_context(arms.recorded(file, replay=bool(replay)))
            config.stash[_OPEN] = stack.pop_all(), arms
    return config.stash[_OPEN][1]
