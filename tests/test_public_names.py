"""`import tinyarms` exports the facade, its answers and all errors, and nothing else."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import tinyarms
from tinyarms.core import errors
from tinyarms.loop.api import (
    approvals,
    contents,
    courses,
    decisions,
    evaluations,
    examples,
    facade,
    questions,
    remote,
)

PACKAGE = Path(tinyarms.__file__).parent


def names_of(module: types.ModuleType) -> dict[str, Any]:
    """The names of a module as a type checker sees them, with those below `TYPE_CHECKING`."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(typing, "TYPE_CHECKING", True)
        names: dict[str, Any] = {"__name__": module.__name__}
        exec(compile(inspect.getsource(module), str(module.__file__), "exec"), names)
    return names


def answers() -> Iterator[Any]:
    """The types that the facade's methods and properties return."""
    names: dict[str, Any] = {}
    modules = (questions, courses, approvals, examples, decisions, evaluations, contents, remote)
    for module in (*modules, facade):
        names |= names_of(module)
    assert facade.TinyArms.mro()[1:-1] == [
        remote.RemoteUses,
        contents.ContentUses,
        evaluations.Evaluations,
        decisions.Decisions,
        examples.ExampleUses,
        approvals.Approvals,
        courses.Courses,
        questions.Questions,
    ]
    for cls in facade.TinyArms.mro()[:-1]:
        for name, member in vars(cls).items():
            method = member.fget if isinstance(member, property) else member
            if not name.startswith("_") and inspect.isfunction(method):
                yield typing.get_type_hints(method, names)["return"]


def classes_in(hint: Any) -> set[type]:
    """The dataclasses of tinyarms in a type, and in their public fields."""
    found: set[type] = set()
    waiting = [hint]
    while waiting:
        each = waiting.pop()
        waiting += typing.get_args(each)
        if isinstance(each, type) and is_dataclass(each) and each not in found:
            found.add(each)
            hints = typing.get_type_hints(each)
            public = [field.name for field in fields(each) if not field.name.startswith("_")]
            waiting += [hints[name] for name in public]
            waiting += [
                typing.get_type_hints(member.fget or member)["return"]
                for name, member in vars(each).items()
                if isinstance(member, property) and not name.startswith("_")
            ]
    return found


@pytest.mark.slow
def test_the_package_gives_the_facade_its_answers_and_all_errors() -> None:
    answered = {cls for hint in answers() for cls in classes_in(hint)}
    raised = {
        cls
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, errors.TinyArmsError)
    }
    expected = {cls.__name__ for cls in answered | raised} | {"TinyArms"}
    assert len(expected) == len(answered | raised) + 1, "two types have the same name"
    assert set(tinyarms.__all__) == expected
    given = {name: getattr(tinyarms, name) for name in tinyarms.__all__}
    assert {cls for cls in given.values() if cls is not facade.TinyArms} == answered | raised


def test_type_checkers_see_the_same_names() -> None:
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    imported = [
        (node.module, alias.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    ]
    assert {name for _, name in imported} == set(tinyarms.__all__)
    for module, name in imported:
        assert getattr(import_module(str(module)), name) is getattr(tinyarms, name)


def test_the_names_are_listed() -> None:
    assert dir(tinyarms) == sorted(dir(tinyarms))
    assert set(tinyarms.__all__) <= set(dir(tinyarms))
    assert not hasattr(tinyarms, "nothing")


def test_importing_tinyarms_loads_nothing_heavy() -> None:
    code = (
        "import sys, tinyarms; tinyarms.UsageError; "
        "print([m for m in sys.modules if m.startswith('tinyarms.') and 'core' not in m], "
        "[m for m in ('sqlalchemy', 'pydantic', 'scipy', 'httpx2', 'rich') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[] []"
