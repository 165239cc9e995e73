"""Programs that DSPy saved as JSON. A pickle is refused: reading one can run code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.placeholders import input_name
from tinyarms.exchange.incoming.records import (
    Columns,
    FoundDemonstration,
    FoundPrompt,
    Imported,
    Listed,
    Row,
    Turn,
)
from tinyarms.exchange.incoming.registry import Format
from tinyarms.exchange.incoming.source import MAX_TEXT_BYTES, Source, json_value
from tinyarms.exchange.tables.table import Json, as_text

_PICKLES = (".pkl", ".pickle", ".cloudpickle")
_THOUGHTS = frozenset({"reasoning", "rationale"})
"""Fields in which a model thinks before it answers."""
_SIGNATURES = ("extended_signature", "signature")
_OLD_SIGNATURE = "signature_instructions"
"""As the first versions wrote a signature: its instructions, and the prefix of its last field."""
_LABEL_CHARACTERS = 40


def _files(source: Source) -> list[Path]:
    return [
        path
        for path in source.files
        if path.suffix.lower() == ".json" and _has_signature(source.head(path, MAX_TEXT_BYTES))
    ]


def _has_signature(text: str) -> bool:
    has_fields = 'signature"' in text and '"instructions"' in text
    return '"demos"' in text and (has_fields or f'"{_OLD_SIGNATURE}"' in text)


def _pickles(source: Source) -> list[Path]:
    return [path for path in source.files if path.suffix.lower() in _PICKLES]


def recognises(source: Source) -> float:
    """Whether a file has the state of a predictor."""
    if _files(source):
        return 0.9
    return 0.5 if _pickles(source) else 0.0


def read(source: Source, columns: Columns) -> Imported:
    """Read the first predictor of a saved program. Raises `ImportRefused`."""
    files, pickles = _files(source), _pickles(source)
    if not files and pickles:
        raise ImportRefused(
            f"{source.place(pickles[0])}: is a pickle, which can run code when it is read.",
            "Save the program's state: program.save('program.json').",
        )
    if len(files) != 1:
        names = ", ".join(source.place(path) for path in files) or "none"
        raise ImportRefused(f"{source.path}: its programs are {names}.", "Name one of them.")
    where = source.place(files[0])
    text = source.text(files[0])
    program = json_value(text, where)
    states = dict(_predictors(program, ""))
    if not states:
        raise ImportRefused(f"{where}: it has no predictor.", "Save the program's state again.")
    name, state = next(iter(states.items()))
    predictor = _predictor(state, f"{where}, line {_line_of(text, name)}")
    others = [
        Listed(
            f"{where}, line {_line_of(text, other)}",
            f"the predictor {other}",
            "a skill is one call of a model; each step is a skill of its own",
        )
        for other in states
        if other != name
    ]
    others += [Listed(source.place(path), "a pickle", "it can run code") for path in pickles]
    return Imported(
        format="dspy",
        rows=lambda: _rows(predictor, state, where),
        prompts=(predictor.prompt,),
        labels=predictor.labels,
        description=predictor.instructions.splitlines()[0] if predictor.instructions else "",
        listed=(*predictor.listed, *others),
    )


FORMAT = Format("dspy", recognises, read)


@dataclass(frozen=True)
class _Predictor:
    instructions: str
    inputs: tuple[str, ...]
    """The keys of its inputs in a demonstration."""
    output: str
    prompt: FoundPrompt
    labels: tuple[str, ...]
    listed: tuple[Listed, ...]


def _predictors(value: Json, name: str) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """The name and the state of each predictor of a program, in the order of the file."""
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("demos"), list) and _signature(value) is not None:
        yield name, value
        return
    for key, item in value.items():
        yield from _predictors(item, f"{name}.{key}" if name else str(key))


def _signature(state: Mapping[str, Json]) -> Json:
    """The signature of a predictor; `None`: it has none."""
    found = next((state[key] for key in _SIGNATURES if key in state), None)
    if found is not None or _OLD_SIGNATURE not in state:
        return found
    demos = [demo for demo in state["demos"] if isinstance(demo, Mapping)]
    keys = dict.fromkeys(str(key) for demo in demos for key in demo if key != "augmented")
    last = str(state.get("signature_prefix") or "")
    fields: list[Json] = [{"name": key} for key in keys if _plain(key) != _plain(last)]
    return {"instructions": state[_OLD_SIGNATURE], "fields": [*fields, {"prefix": last}]}


def _plain(text: str) -> str:
    """A field's prefix or name without case and signs."""
    return re.sub(r"\W+", "_", text.split(":")[0].strip()).casefold().strip("_")


def _line_of(text: str, name: str) -> int:
    """The line of a predictor's key; 1 for a program that is one predictor."""
    key = f'"{name.rpartition(".")[2]}"'
    return text.count("\n", 0, max(text.find(key), 0)) + 1 if name else 1


def _predictor(state: Mapping[str, Json], where: str) -> _Predictor:
    signature = _signature(state)
    fields = signature.get("fields") if isinstance(signature, Mapping) else None
    if not isinstance(fields, list) or len(fields) < 2:
        raise ImportRefused(f"{where}: its signature has no fields.", "Save the program again.")
    demos = [demo for demo in state["demos"] if isinstance(demo, Mapping)]
    keys = list(dict.fromkeys(str(key) for demo in demos for key in demo if key != "augmented"))
    names = [_field_name(field, keys) for field in fields]
    prefixes = [_prefix(field, name) for field, name in zip(fields, names, strict=True)]
    output = names[-1]
    thoughts = [name for name in names[:-1] if name in _THOUGHTS]
    inputs = tuple(name for name in names[:-1] if name not in thoughts)
    instructions = str(signature.get("instructions") or "").strip()
    frame = [
        f"{prefix} {{{{{input_name(name)}}}}}"
        for name, prefix in zip(names, prefixes, strict=True)
        if name in inputs
    ]
    text = "\n".join([*frame, prefixes[-1]])
    demonstrations = tuple(
        FoundDemonstration(
            {input_name(name): as_text(demo.get(name)) or "" for name in inputs},
            as_text(demo[output]),
        )
        for demo in demos
        if as_text(demo.get(output)) and any(as_text(demo.get(name)) for name in inputs)
    )
    listed = [
        Listed(where, f"the field {name}", "the model is asked for the answer only")
        for name in thoughts
    ]
    left = len(demos) - len(demonstrations)
    if left:
        listed.append(Listed(where, f"demonstrations ({left})", "they lack an input or the answer"))
    answers = [str(d.output) for d in demonstrations]
    last = fields[-1] if isinstance(fields[-1], Mapping) else {}
    labels = _labels(str(last.get("description") or last.get("desc") or ""), answers)
    turns = (Turn("user", f"{instructions}\n\n{text}".strip()),)
    prompt = FoundPrompt(turns, where, demonstrations=demonstrations)
    return _Predictor(instructions, inputs, output, prompt, labels, tuple(listed))


def _field_name(field: Json, keys: Sequence[str]) -> str:
    """The name of a field: that of the demonstrations which its prefix stands for."""
    prefix = str(field.get("prefix") or field.get("name") or "") if isinstance(field, dict) else ""
    plain = _plain(prefix)
    return next((key for key in keys if key.casefold() == plain), plain or "input")


def _prefix(field: Json, name: str) -> str:
    prefix = str(field.get("prefix") or "").strip() if isinstance(field, dict) else ""
    return prefix or f"{name.replace('_', ' ').capitalize()}:"


def _labels(description: str, answers: Sequence[str]) -> tuple[str, ...]:
    """The labels that a description lists, if every demonstration has one of them."""
    _, _, after = description.rpartition(":")
    parts = [part.strip(" .'\"`") for part in re.split(r",|;|\||/|\bor\b|\band\b", after)]
    labels = tuple(dict.fromkeys(part for part in parts if part))
    known = {label.casefold() for label in labels}
    is_list = len(labels) > 1 and all(len(label) <= _LABEL_CHARACTERS for label in labels)
    return labels if is_list and answers and {a.casefold() for a in answers} <= known else ()


def _rows(predictor: _Predictor, state: Mapping[str, Json], where: str) -> Iterator[Row | Listed]:
    """The examples of its training set, which a saved program may have."""
    train = state.get("train")
    for number, example in enumerate(train if isinstance(train, list) else (), start=1):
        place = f"{where}, example {number}"
        fields = example if isinstance(example, Mapping) else {}
        inputs = {input_name(name): as_text(fields.get(name)) or "" for name in predictor.inputs}
        if not any(inputs.values()):
            yield Listed(place, "the example", "its inputs are empty", is_row=True)
            continue
        yield Row(inputs, place, as_text(fields.get(predictor.output)), "train")
