"""Rules for the source tree: import cycles, sizes of files, types of stored records."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path
from statistics import median
from textwrap import dedent
from typing import Literal

import pytest

import tinyarms

PACKAGE = Path(tinyarms.__file__).parent
LINES_IN_LOOP = 250
"""The most lines of a file in `loop`."""
MEDIAN_LINES = 120
"""The most lines of the median file of the package."""

When = Literal["at import", "for types", "in a function"]
"""`for types`: below `if TYPE_CHECKING`."""


# Reading the tree.


@dataclass(frozen=True, eq=False)
class Tree:
    """The modules of a package."""

    package: Path
    files: Mapping[str, Path]
    """By the modules' full names."""

    @classmethod
    def of(cls, package: Path) -> Tree:
        files = {}
        for path in sorted(package.rglob("*.py")):
            parts = path.relative_to(package.parent).with_suffix("").parts
            files[".".join(part for part in parts if part != "__init__")] = path
        return cls(package, files)

    def imports(self, module: str) -> Iterator[tuple[str, When]]:
        """The modules of the package that it imports, and when."""
        for statement, when in _import_statements(_parse(self.files[module]), "at import"):
            for name in self._imported(module, statement):
                yield name, when

    def module_of(self, module: str, statement: ast.ImportFrom) -> str:
        """The full name after `from`."""
        is_package = self.files[module].name == "__init__.py"
        here = module if is_package else module.rpartition(".")[0]
        return resolve_name("." * statement.level + (statement.module or ""), here)

    def _imported(self, module: str, statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        else:
            origin = self.module_of(module, statement)
            inner = [f"{origin}.{alias.name}" for alias in statement.names]
            names = [name if name in self.files else origin for name in inner]
        yield from (name for name in names if name in self.files)


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _import_statements(
    node: ast.AST, when: When
) -> Iterator[tuple[ast.Import | ast.ImportFrom, When]]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, when
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        when = "in a function"
    for_types = list[ast.stmt]()
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for_types = node.body
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield from _import_statements(child, "for types" if child in for_types else when)


def circle(tree: Tree, counted: Collection[When]) -> list[str]:
    """Modules of which each imports the next, and the last is the first. Empty: no circle."""
    graph = {
        module: {name for name, when in tree.imports(module) if when in counted}
        for module in tree.files
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]  # Each is imported by the next.
    return []


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


# Types of stored records.


def untyped_fields(tree: Tree) -> list[str]:
    """`file: Class.field` of the records whose type is `Any` or `object`, or contains one.

    Records are the classes of `records.py` and of the files in a folder `records`, below `store`.
    """
    found = []
    for module, path in tree.files.items():
        if not _holds_records(path.relative_to(tree.package)):
            continue
        untyped = _untyped_names(tree, module)
        where = path.relative_to(tree.package).as_posix()
        found += [
            f"{where}: {name}"
            for name, annotation in _fields(_parse(path))
            if _mentions(annotation, untyped)
        ]
    return found


def _holds_records(path: Path) -> bool:
    return path.parts[0] == "store" and "records" in (path.stem, path.parent.name)


def _fields(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for made in ast.walk(module):
        if isinstance(made, ast.ClassDef):
            for statement in made.body:
                if isinstance(statement, ast.AnnAssign):
                    yield f"{made.name}.{ast.unparse(statement.target)}", statement.annotation


def _mentions(annotation: ast.AST, names: Collection[str]) -> bool:
    """Whether it names one of these, perhaps in quotes. The texts of a `Literal` are no names."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="Literal") | ast.Attribute(attr="Literal")):
            return False
        case ast.Constant(value=str(quoted)):
            try:
                return _mentions(ast.parse(quoted, mode="eval").body, names)
            except SyntaxError:  # A text, in the value of a constant.
                return False
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(attr="Any"):
            return True
    return any(_mentions(child, names) for child in ast.iter_child_nodes(annotation))


@cache
def _untyped_names(tree: Tree, module: str) -> frozenset[str]:
    """Names that stand for `Any` or `object` in a module, or for a type that contains one."""
    names = {"object"}
    for statement in _parse(tree.files[module]).body:
        if isinstance(statement, ast.ImportFrom):
            origin = tree.module_of(module, statement)
            there = _untyped_names(tree, origin) if origin in tree.files else {"Any"}
            names |= {
                alias.asname or alias.name for alias in statement.names if alias.name in there
            }
        elif (alias := _alias(statement)) is not None and _mentions(alias[1], names):
            names.add(alias[0])
    return frozenset(names)


def _alias(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    """`Name = …`, `Name: TypeAlias = …` and `type Name = …`."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return name, value
    if type(statement).__name__ == "TypeAlias":  # From Python 3.12 on.
        return ast.unparse(statement.name), statement.value  # type: ignore[attr-defined]
    return None


# The tests.


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree.of(PACKAGE)


@pytest.mark.slow
def test_no_import_circle_at_import_or_for_types(tree: Tree) -> None:
    found = circle(tree, ("at import", "for types"))
    assert not found, " imports ".join(found)


@pytest.mark.slow
def test_no_import_circle_through_functions(tree: Tree) -> None:
    found = circle(tree, ("at import", "for types", "in a function"))
    assert not found, " imports ".join(found)


@pytest.mark.slow
def test_files_in_loop_are_short() -> None:
    sizes = {path: _lines(path) for path in (PACKAGE / "loop").rglob("*.py")}
    assert sizes
    too_long = [
        f"{path.relative_to(PACKAGE)}: {lines} lines"
        for path, lines in sizes.items()
        if lines > LINES_IN_LOOP
    ]
    assert not too_long, "\n".join(too_long)


def test_the_median_file_is_short(tree: Tree) -> None:
    assert median(map(_lines, tree.files.values())) <= MEDIAN_LINES


@pytest.mark.slow
def test_stored_records_are_typed(tree: Tree) -> None:
    untyped = untyped_fields(tree)
    assert not untyped, "\n".join(untyped)


def test_there_are_stored_records(tree: Tree) -> None:
    assert any(_holds_records(path.relative_to(PACKAGE)) for path in tree.files.values())


def test_every_door_goes_through_the_loop() -> None:
    config = tomllib.loads((PACKAGE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {c["name"]: c for c in config["tool"]["importlinter"]["contracts"]}
    layers = contracts["Imports go down the floors only"]["layers"]
    above_the_loop = re.findall(r"\w+", " ".join(layers[: layers.index("loop")]))
    there = {path.stem for path in PACKAGE.iterdir()}
    doors = {f"tinyarms.{name}" for name in above_the_loop if name in there}
    assert doors == set(contracts["Doors go through the loop"]["source_modules"])


# What the tests above would find.


def make_tree(folder: Path, **files: str) -> Tree:
    """A package `sample`; `store__records` stands for `store/records.py`."""
    for name, text in files.items():
        path = folder / "sample" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return Tree.of(folder / "sample")


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("from sample.a import thing", "at import"),
        ("from sample import a", "at import"),
        ("import sample.a", "at import"),
        ("from .a import thing", "at import"),
        ("class B:\n    from . import a", "at import"),
        ("try:\n    import sample.a\nexcept ImportError:\n    pass", "at import"),
        ("if TYPE_CHECKING:\n    import sample.a", "for types"),
        ("if typing.TYPE_CHECKING:\n    import sample.a", "for types"),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import sample.a", "at import"),
        ("def f():\n    from sample.a import thing", "in a function"),
    ],
)
def test_every_form_of_import_closes_a_circle(tmp_path: Path, text: str, when: When) -> None:
    tree = make_tree(tmp_path, a="from sample.b import other", b="from sample import c", c=text)
    assert circle(tree, ("at import", when))[1:] in (
        [f"sample.{name}" for name in order] for order in ("abc", "bca", "cab")
    )
    others = {"at import", "for types", "in a function"} - {when}
    assert circle(tree, others) == []


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("class R:\n    a: Mapping[str, int]", []),
        ("class R:\n    a: Literal['Any', 'object', 'two words']", []),
        ("from typing import Any\nclass R:\n    a: Any", ["R.a"]),
        ("from typing import Any as Whatever\nclass R:\n    a: Whatever", ["R.a"]),
        ("import typing\nclass R:\n    a: typing.Any | None = None", ["R.a"]),
        ("from typing import Any\nclass R:\n    a: 'Mapping[str, Any]'", ["R.a"]),
        ("class R:\n    a: int\n    b: tuple[object, ...] = ()", ["R.b"]),
        ("from typing import Any\nJson = Mapping[str, Any]\nclass R:\n    a: Json", ["R.a"]),
        ("from typing import Any\nA: T = Any\nB = list[A]\nclass R:\n    a: B", ["R.a"]),
        ("from sample.store.json import Json\nclass R:\n    a: Json", ["R.a"]),
        ("from ..json import Json as J\nclass R:\n    a: J", ["R.a"]),
    ],
)
def test_untyped_fields_are_found(tmp_path: Path, text: str, fields: list[str]) -> None:
    json = "from typing import Any\nJson = dict[str, Any]\nclass Row:\n    a: Any"
    tree = make_tree(tmp_path, store__records__session=text, store__json=json)
    assert untyped_fields(tree) == [f"store/records/session.py: {name}" for name in fields]


# The page about the structure.


KNOW_NO_SKILL = {"cli/prompt/stats.py", "mcp/catalog.py", "mcp/server.py"}
"""Files with a text about every skill, or for a caller that named none."""


def test_a_command_to_type_names_the_skill() -> None:
    """Help pages are docstrings; every other text is said about one skill."""
    literal = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        for text in _texts(_parse(path))
        if re.search(r"tinyarms [a-z -]+SKILL\b", text)
    }
    assert literal == KNOW_NO_SKILL


def _texts(tree: ast.Module) -> Iterator[str]:
    """The texts that are values, without docstrings."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_the_page_about_the_structure_names_every_package() -> None:
    """Each package and module of the top, and each room of the loop."""
    page = (PACKAGE.parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    _, _, below = page.partition("## Floors")
    floors, _, rooms = below.partition("## Rooms")
    rooms = rooms.partition("\n## ")[0]
    in_floors = set(re.findall(r"[a-z_]+", floors.split("```")[1]))
    in_rooms = set(re.findall(r"^\| `([a-z_/]+)` \|", rooms, re.MULTILINE))
    packages = {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__"}
    assert packages - {"web_widget"} <= in_floors
    assert packages - {"loop"} <= in_rooms
    in_loop = {path.name for path in (PACKAGE / "loop").iterdir() if path.is_dir()}
    assert {f"loop/{name}" for name in in_loop - {"__pycache__"}} <= in_rooms
    assert all((PACKAGE / name).exists() or (PACKAGE / f"{name}.py").exists() for name in in_rooms)
