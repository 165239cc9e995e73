"""What each column of a table is: an input, the right answer, the split, or nothing of use."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from statistics import fmean

from tinyarms.core.errors import UsageError
from tinyarms.exchange.incoming.placeholders import input_name
from tinyarms.exchange.incoming.records import Columns
from tinyarms.exchange.incoming.split_words import our_split
from tinyarms.exchange.tables.table import Json, as_text, same_name


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_INPUTS = frozenset(
    _words("""
    text texts input inputs question query message messages content contents body review sentence
    document utterance comment request ticket email mail post tweet article passage context prompt
    instruction transcript conversation dialogue description title subject premise hypothesis
    sentence1 sentence2 user_input user_message customer_message input_text user_query
    """)
)
_ANSWERS = _words("""
    expected expected_output expectedoutput label labels label_text label_name category class
    target ideal answer gold gold_label ground_truth groundtruth reference reference_output output
    outputs response completion sentiment intent correct_answer correct_label y
    """)
"""Names of the column with the right answer, the surest first."""
_SPLITS = frozenset(_words("split splits subset partition fold set dataset_split data_split"))
_IDS = frozenset(
    _words("""
    id ids nr no num number index idx key guid uuid uid row row_id example_id item_id ticket_id
    unnamed_0 rowid
    """)
)
_LABEL_LIKE = frozenset(_words("team topic type kind tag emotion polarity priority department"))
_MOST_LABELS = 100
"""Most different values of a column that is taken for labels."""
_LABEL_CHARACTERS = 60
"""Most characters of a label, on average."""
_FEW = 0.7
"""A column with fewer different values than this share of the rows may hold labels."""


@dataclass(frozen=True)
class Roles:
    """Which column is what."""

    inputs: Mapping[str, str]
    """Input name → column."""
    expected: str | None
    split: str | None
    id: str | None
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What was chosen and by what, one sentence each."""


@dataclass(frozen=True)
class _Profile:
    """What a sample says about a column."""

    n: int
    """Values that are there."""
    distinct: int
    """Different values, without regard to case and outer blanks."""
    length: float
    """Characters of a value on average."""
    is_numeric: bool
    splits: float
    """Share of the different values that are splits."""

    @property
    def may_be_labels(self) -> bool:
        return (
            1 < self.distinct <= _MOST_LABELS
            and self.distinct < _FEW * self.n
            and self.length <= _LABEL_CHARACTERS
        )


def roles_of(
    columns: Sequence[str], sample: Sequence[Mapping[str, Json]], given: Columns, where: str
) -> Roles:
    """The role of each column: as a person gave it, else by its name, else by its values.

    A column whose values are few and repeat is the label; the one with the longest texts is the
    input. Raises `UsageError` for a given column that is not there, and if no column has texts.
    """
    profiles = {name: _profile(row.get(name) for row in sample) for name in columns}
    given = _as_in_the_table(given, columns, where)
    split = given.split or _split(columns, profiles)
    free = [name for name in columns if name != split]
    row_id = next((n for n in free if _plain_name(n) in _IDS and not _is_given(n, given)), None)
    free = [name for name in free if name != row_id and name not in given.inputs.values()]
    declared = _declared(free).values()
    others = [name for name in free if name not in declared]
    expected = given.expected or _expected(others, profiles, bool(given.inputs or declared))
    free = [name for name in free if name != expected]
    inputs = dict(given.inputs) or _declared(free) or _inputs(free, profiles)
    if not inputs and not sample:
        raise UsageError(f"{where}: there are no rows under its header.", "Add rows to it.")
    if not inputs:
        raise UsageError(
            f"{where}: no column has texts; its columns are {', '.join(columns)}.",
            "Name the input: --input NAME=COLUMN.",
        )
    unused = tuple(n for n in free if n not in inputs.values())
    roles = Roles(inputs, expected, split, row_id, unused)
    return Roles(inputs, expected, split, row_id, unused, _notes(roles))


def _as_in_the_table(given: Columns, columns: Sequence[str], where: str) -> Columns:
    """The given columns as the table spells them. Raises `UsageError` for one that is not there."""

    def found(name: str) -> str:
        column = same_name(name, columns)
        if column is None:
            raise _no_column(name, columns, where)
        return column

    return replace(
        given,
        inputs={name: found(column) for name, column in given.inputs.items()},
        expected=None if given.expected is None else found(given.expected),
        split=None if given.split is None else found(given.split),
    )


def _declared(columns: Sequence[str]) -> dict[str, str]:
    """The fields of `inputs`, whatever else there is: `inputs.text` is the input `text`."""
    return {
        input_name(name.partition(".")[2]): name
        for name in columns
        if name.startswith(("inputs.", "input.")) and name.partition(".")[2]
    }


def _is_given(name: str, given: Columns) -> bool:
    return name in (*given.inputs.values(), given.expected, given.split)


def _no_column(name: str, columns: Sequence[str], where: str) -> UsageError:
    close = get_close_matches(name, columns, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Its columns are: {', '.join(columns)}."
    return UsageError(f"{where}: there is no column {name!r}.", hint)


def _plain_name(column: str) -> str:
    """A column's name without case, accents and signs; of a path, its last part."""
    last = re.split(r"[./]", column.rstrip("./ "))[-1] or column
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last)
    plain = unicodedata.normalize("NFKD", apart.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def _profile(values: Iterable[Json]) -> _Profile:
    texts = [text for text in map(as_text, values) if text is not None and text.strip()]
    keys = Counter(text.strip().casefold() for text in texts)
    return _Profile(
        n=len(texts),
        distinct=len(keys),
        length=fmean(map(len, texts)) if texts else 0.0,
        is_numeric=bool(texts) and all(re.fullmatch(r"[-+]?[\d.,]+", text) for text in texts),
        splits=fmean(our_split(key) is not None for key in keys) if keys else 0.0,
    )


def _split(columns: Sequence[str], profiles: Mapping[str, _Profile]) -> str | None:
    of_words = [name for name in columns if profiles[name].splits == 1]
    by_name = [n for n in columns if profiles[n].splits > 0 and _plain_name(n) in _SPLITS]
    return next(iter(by_name or of_words), None)


def _expected(
    free: Sequence[str], profiles: Mapping[str, _Profile], has_inputs: bool
) -> str | None:
    if len(free) < 2 and not has_inputs:
        return None
    names = {_plain_name(name): name for name in reversed(free) if profiles[name].n}
    for answer in _ANSWERS:
        if answer in names:
            return names[answer]
    by_word = {name.split("_")[-1]: column for name, column in names.items()}
    for answer in (*_ANSWERS[:12], *sorted(_LABEL_LIKE)):
        column = by_word.get(answer)
        if column is not None:
            return column
    few = [
        name for name in free if profiles[name].may_be_labels and _plain_name(name) not in _INPUTS
    ]
    # The label usually stands after the texts.
    return few[-1] if few else None


def _inputs(free: Sequence[str], profiles: Mapping[str, _Profile]) -> dict[str, str]:
    filled = [name for name in free if profiles[name].n]
    by_name = [name for name in filled if _plain_name(name) in _INPUTS]
    by_end = [name for name in filled if _plain_name(name).split("_")[-1] in _INPUTS]
    chosen = by_name or by_end
    if not chosen and filled:
        texts = [name for name in filled if not profiles[name].is_numeric] or filled
        chosen = [max(texts, key=lambda name: profiles[name].length)]
    return named_inputs(chosen)


def named_inputs(columns: Sequence[str]) -> dict[str, str]:
    """A name that a prompt can show for each column → the column.

    Examples
    --------
    >>> from tinyarms.exchange.incoming.column_roles import named_inputs
    >>> named_inputs(["Customer text", "item.text", "問題"])
    {'Customer_text': 'Customer text', 'text': 'item.text', 'input': '問題'}
    """
    last = [re.split(r"[./]", column.rstrip("./ "))[-1] for column in columns]
    are_unique = len(set(last)) == len(last)
    named: dict[str, str] = {}
    for column, end in zip(columns, last, strict=True):
        name = input_name(end if are_unique and end else column)
        if not re.search(r"[A-Za-z]", end or column):
            name = "input"
        number = 2
        stem = name
        while name in named:
            name, number = f"{stem}_{number}", number + 1
        named[name] = column
    return named


def _notes(roles: Roles) -> tuple[str, ...]:
    shown = [
        column if name == column else f"{column} (as {name})"
        for name, column in roles.inputs.items()
    ]
    parts = [f"inputs {', '.join(shown)}", f"answer {roles.expected or 'none'}"]
    parts += [f"split {roles.split}"] if roles.split else []
    notes = [f"Columns: {'; '.join(parts)}."]
    if roles.unused:
        notes.append(f"Columns that are not read: {', '.join(roles.unused)}.")
    return tuple(notes)
