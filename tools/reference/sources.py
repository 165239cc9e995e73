"""Classes, their fields and the docstrings of the fields, read from the source by name.

Classes are found by their names, not by their modules, so moving a class keeps its reference.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"


@dataclass(frozen=True)
class Field:
    """One annotated field of a class."""

    name: str
    annotation: ast.expr
    doc: str
    """Its attribute docstring in one line; empty if it has none."""


@dataclass(frozen=True)
class SourceClass:
    """A class as its source declares it."""

    name: str
    path: Path
    doc: str
    fields: tuple[Field, ...]
    values: tuple[str, ...] = ()
    """The values, if it is an enumeration of texts."""


@cache
def find_class(name: str) -> SourceClass:
    """The only class of this name in `src`. Raises `LookupError`."""
    paths = _declared().get(name, ())
    if len(paths) != 1:
        where = ", ".join(str(path.relative_to(ROOT)) for path in paths) or "nowhere"
        raise LookupError(f"The class {name} is declared {where}; one place is needed.")
    return class_in(paths[0], name)


@cache
def class_in(path: Path, name: str) -> SourceClass:
    """The class `name` of a file."""
    for node in parsed(path).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            doc = one_line(_without_sections(ast.get_docstring(node) or ""))
            return SourceClass(name, path, doc, tuple(_fields(node)), tuple(_values(node)))
    raise LookupError(f"{path.relative_to(ROOT)} has no class {name}.")


def class_of(model: type) -> SourceClass:
    """An imported class, as the file that declares it has it."""
    return class_in(Path(inspect.getfile(model)), model.__name__)


def load(name: str) -> Any:
    """The class or function `name`, imported from the file in `src` that declares it."""
    paths = _declared().get(name, ())
    if len(paths) != 1:
        raise LookupError(f"{name} is declared in {len(paths)} places; one is needed.")
    return getattr(import_module(module_of(paths[0])), name)


def module_of(path: Path) -> str:
    """`tinyarms.core.ids` for its file."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def constant(name: str) -> Any:
    """The literal value of the only module constant of this name in `src`."""
    found = [
        ast.literal_eval(node.value)
        for path in _files()
        if re.search(rf"^{name}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
        for node in parsed(path).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    if len(found) != 1:
        raise LookupError(f"The constant {name} is assigned {len(found)} times; one is needed.")
    return found[0]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def resolve(path: Path, name: str) -> ast.expr | SourceClass | None:
    """The meaning of `name` in a file: a class, the value of an alias, or neither."""
    for node in parsed(path).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return class_in(path, name)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return node.value
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                if (alias.asname or alias.name) == name and node.module.startswith("tinyarms"):
                    return resolve(_path_of(node.module), alias.name)
    return None


def one_line(text: str) -> str:
    """The text with its line ends and indents as single spaces."""
    return " ".join(text.split())


def _bare_type(annotation: ast.expr) -> ast.expr:
    """`T` of `Annotated[T, …]`; any other annotation unchanged."""
    match annotation:
        case ast.Subscript(value=ast.Name("Annotated"), slice=ast.Tuple(elts=[bare, *_])):
            return bare
    return annotation


def _without_sections(text: str) -> str:
    """A docstring up to its first section, such as `Examples`."""
    return re.split(r"^\w+\n-{3,}$", text, maxsplit=1, flags=re.MULTILINE)[0]


def _path_of(module: str) -> Path:
    path = SOURCE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _fields(node: ast.ClassDef) -> Iterator[Field]:
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        doc = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            doc = one_line(str(following.value.value))
        yield Field(statement.target.id, _bare_type(statement.annotation), doc)


def _values(node: ast.ClassDef) -> Iterator[str]:
    if "StrEnum" not in map(ast.unparse, node.bases):
        return
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            name, value = ast.unparse(statement.targets[0]), statement.value
            # `auto()` gives a member of a `StrEnum` its name in lower case.
            yield str(value.value) if isinstance(value, ast.Constant) else name.lower()


@cache
def _declared() -> dict[str, tuple[Path, ...]]:
    """Name → the files that declare a class or function of that name at their top level."""
    declared: dict[str, tuple[Path, ...]] = {}
    for path in _files():
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"^(?:class|def) (\w+)", text, re.MULTILINE):
            declared[name] = (*declared.get(name, ()), path)
    return declared


@cache
def _files() -> tuple[Path, ...]:
    found = (SOURCE / "tinyarms").rglob("*.py")
    # The bodies of requests are no answers, and some have the name of the one that they lead to.
    return tuple(sorted(path for path in found if path.parent.name != "rest"))
