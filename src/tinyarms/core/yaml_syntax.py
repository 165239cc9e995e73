"""A YAML parser's errors in plain words, with the line and the key that is nearest."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from tinyarms.core.text import shorten
from tinyarms.core.yaml_nodes import SecondDocument, TooLarge


class YamlProblem(Exception):
    """What is wrong in a YAML text, where, and what to do about it."""

    def __init__(
        self, message: str, line: int, place: tuple[str | int, ...] = (), hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        """The line, from 1."""
        self.place = place
        """The keys that lead to the place; none if nothing of the text can be read."""
        self.hint = hint


_QUOTE = "Put a text that has such a character in quotes."
_INDENT = "Lines that belong together begin in the same column."
_WORDS: Mapping[str, tuple[str, str]] = {
    r"found character '\\t'": ("a tab", "YAML is indented with spaces only."),
    r"mapping values are not allowed": (
        "a colon where no value can begin",
        "Put a text that has a colon in quotes, or correct the indentation.",
    ),
    r"expected <block end>, but found '?(<block|-|\?)": ("a wrong indentation", _INDENT),
    r"expected <block end>": ("a text after the end of a value", _QUOTE),
    r"expected ',' or '[}\]]'": ("a bracket is not closed", "Close it, or add a comma before."),
    r"expected the node content|did not find expected": ("a value is missing", "Write it."),
    r"found unexpected end of stream": ("a quoted text has no end", "Close the quotes."),
    r"could not find expected ':'": (
        "a key without a colon",
        "Write `key: value`, and indent the lines of a longer text.",
    ),
    r"found unknown escape character": (
        "a backslash that begins no escape",
        "Write it twice, or use single quotes.",
    ),
    r"found undefined alias": (
        "an alias without its anchor",
        "Define the anchor above it, or put a text that begins with * in quotes.",
    ),
    r"sequence entries are not allowed": (
        "a list item where no value can begin",
        "Begin a list in the line below its key.",
    ),
    r"found duplicate anchor": ("an anchor that occurs twice", "Rename one of the two."),
    r"found character|cannot start any token|found '%'": (
        "a character with which no value can begin",
        _QUOTE,
    ),
    r"chomping|indentation indicator": (
        "a text after `|` or `>`",
        "Begin the text in the next line.",
    ),
    r"alphabetic or numeric character|scanning an? (alias|anchor)": (
        "an anchor or alias without a name",
        _QUOTE,
    ),
    r"document start|directive|%": (
        "a line that belongs to no value",
        "Correct its brackets and its indentation.",
    ),
}
"""Pattern in the parser's words → what is wrong, and what to do."""


def syntax_problem(error: Exception, text: str) -> YamlProblem:
    """The problem that an error of the parser tells."""
    if isinstance(error, TooLarge):
        return YamlProblem(f"{error}", error.line, hint="Make it smaller.")
    if isinstance(error, SecondDocument):
        return YamlProblem(
            "a second document begins", error.line, hint="Remove the line `---` or `...`."
        )
    if isinstance(error, RecursionError):
        return YamlProblem("it is nested too deeply", 1, hint="Correct its brackets.")
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        code = error.character if isinstance(error.character, int) else ord(error.character)
        what = f"the character U+{code:04X}, which YAML does not allow"
        return _broken(what, line, text, "Remove it.")
    mark = error.problem_mark or error.context_mark if isinstance(error, MarkedYAMLError) else None
    line = 1 if mark is None else mark.line + 1
    problem = f"{getattr(error, 'context', '')} {getattr(error, 'problem', None) or error}"
    own = str(getattr(error, "problem", None) or error)
    for words in (own, problem):
        for pattern, (what, hint) in _WORDS.items():
            if re.search(pattern, words):
                return _broken(what, line, text, hint)
    return _broken("a line that cannot be read", line, text, "Correct its quotes and brackets.")


def _broken(what: str, line: int, text: str, hint: str) -> YamlProblem:
    return YamlProblem(f"broken YAML{_near(text, line)}: {what}", line, hint=hint)


def _near(text: str, line: int) -> str:
    """` at the key name`: of the line, or of the nearest one above it that has a key."""
    for written in reversed(text.splitlines()[:line]):
        found = re.match(r"[\s{\[,?-]*[\"']?([\w.-][^\s:#\"']*)[\"']?\s*:", written)
        if found:
            return f" at the key {shorten(found.group(1), 40)}"
    return ""
