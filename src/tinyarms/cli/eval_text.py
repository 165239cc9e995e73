"""Text about evaluations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table

from tinyarms.cli.money_text import dollars, money_text
from tinyarms.cli.output import console, say, shortened
from tinyarms.core.text import counted
from tinyarms.loop.evaluating.view import ChangedRow, ComparedView, Confusion, EvalView, WrongAnswer
from tinyarms.skills.comparison import label_key

MAX_COLUMNS = 20
"""Most labels of which a table is printed. More do not fit into 80 columns."""
_MAX_PAIRS = 20
"""Most pairs of confused labels that are listed instead."""
_SHOWN_WRONG = 5
"""Most wrong answers that are printed; --json and --html have more."""
_LINE = 160
"""Most characters of a text that is printed."""
_WHY = {
    "failed": "no reply came",
    "refused": "the server refuses the request",
    "not_scored": "the scorer gave no score",
    "not_reached": "the budget ended",
}


def say_eval(view: EvalView) -> None:
    """Print an evaluation."""
    say(heading(view))
    say(accuracy_text(view))
    for line in (*score_lines(view), *_counts(view)):
        say(line)
    if view.confusion is not None:
        _say_confusion(view.confusion)
    _say_wrong(view)
    say(cost_text(view))
    for note in (*view.notes, *view.needs):
        say(note)


def say_compared(view: ComparedView) -> None:
    """Print a comparison."""
    check = view.check
    say(f"{view.skill}: {view.before.prompt.name} (before) and {view.after.prompt.name} (after)")
    for which, part in (("Before", view.before), ("After", view.after)):
        say(f"{which}: {accuracy_text(part)}")
        for line in _counts(part):
            say(f"  {line}")
    say(check.sentence)
    for line in difference_lines(view):
        say(line)
    for row in view.changed[:_SHOWN_WRONG]:
        say_changed(row)
    for part in (view.before, view.after):
        say(f"{part.prompt.name}: {cost_text(part)}")
    for note in dict.fromkeys((*view.before.notes, *view.after.notes)):
        say(note)


def heading(view: EvalView) -> str:
    """What was evaluated, and on what."""
    part = f"{view.rows} of {view.available}" if view.rows < view.available else f"{view.rows}"
    rows = f"{part} rows" if view.available != 1 else "1 row"
    return (
        f"{view.skill}, {view.prompt.name}, model {view.model}: {rows} of "
        f"{' and '.join(view.splits)}"
    )


def accuracy_text(view: EvalView) -> str:
    """`70.0 % right, 210 of 300 (64.6 to 74.9 %: Wilson's interval at 95 %)`."""
    if view.accuracy is None or view.interval is None:
        return "Accuracy: not known, because no row has a score."
    low, high = view.interval
    return (
        f"Accuracy: {100 * view.accuracy:.1f} %, {view.successes} of {view.n} right "
        f"({100 * low:.1f} to {100 * high:.1f} %: Wilson's interval at 95 %)"
    )


def score_lines(view: EvalView) -> Iterator[str]:
    """The spread of the scores."""
    if view.scores is None:
        return
    low, high = view.scores.interval
    yield (
        f"Score: mean {view.scores.mean:.3f} ({low:.3f} to {high:.3f}: Student's t interval at "
        f"95 %), standard deviation {view.scores.deviation:.3f}"
    )
    names = ("lowest", "first quartile", "median", "third quartile", "highest")
    spread = zip(names, view.scores.quartiles, strict=True)
    yield f"Scores: {', '.join(f'{name} {score:.2f}' for name, score in spread)}"


def difference_lines(view: ComparedView) -> Iterator[str]:
    """The difference with its interval, and what can be told."""
    check = view.check
    if check.difference is not None and check.interval is not None:
        low, high = (100 * end for end in check.interval)
        yield (
            f"Difference: {100 * check.difference:+.1f} points ({low:+.1f} to {high:+.1f}: Tango's "
            f"score interval at {1 - 2 * check.threshold:.0%})"
        )
    if view.score_difference is not None:
        mean, low, high = view.score_difference
        yield (
            f"Score: {mean:+.3f} ({low:+.3f} to {high:+.3f}: Student's t interval at "
            f"{1 - 2 * check.threshold:.0%})"
        )
    if check.limits:
        yield check.limits


def cost_text(view: EvalView) -> str:
    """Calls, tokens, time and money."""
    parts = [f"{counted(view.calls, 'call')} made, {view.stored_replies} stored replies used"]
    if view.prompt_tokens is not None and view.completion_tokens is not None:
        parts.append(
            f"{view.prompt_tokens:.0f} + {view.completion_tokens:.0f} tokens a call (prompt, reply)"
        )
    if view.p50_ms is not None and view.p95_ms is not None:
        parts.append(f"p50 {view.p50_ms:.0f} ms, p95 {view.p95_ms:.0f} ms")
    if price := money_text(view.money):
        parts.append(f"cost {price}")
    if view.dollars_per_1000 is None and view.n:
        parts.append("price not known")
    elif view.dollars_per_1000:
        parts.append(f"{dollars(view.dollars_per_1000)} for 1,000 tasks")
    return f"{'; '.join(parts)}."


def confused_pairs(confusion: Confusion) -> list[tuple[str, str, int]]:
    """Right label, answered label, how often: the most frequent confusions first."""
    answered = (*confusion.labels, "no label")
    pairs = [
        (label, answered[column], count)
        for row, label in enumerate(confusion.labels)
        for column, count in enumerate(confusion.counts[row])
        if count and column != row
    ]
    return sorted(pairs, key=lambda pair: -pair[2])


def _counts(view: EvalView) -> Iterator[str]:
    if view.violations:
        yield f"{counted(view.violations, 'answer')} broke the contract and count as wrong."
    if not view.left_out:
        return
    yield (
        f"{counted(view.left_out, 'row')} could not be asked or scored, and count neither as right "
        "nor as wrong:"
    )
    for row in view.left_out_rows[:_SHOWN_WRONG]:
        yield f"  {row.id}: {_WHY[row.why]}. {shortened(row.reason, _LINE)}"


def _say_confusion(confusion: Confusion) -> None:
    labels = confusion.labels
    if len(labels) > MAX_COLUMNS:
        for right, answered, count in confused_pairs(confusion)[:_MAX_PAIRS]:
            say(f"  {count} × {answered!r} in place of {right!r}")
        return
    say("Rows: the right label. Columns: the answered label; -: none.")
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", overflow="ellipsis", no_wrap=True, max_width=18)
    for number in range(1, len(labels) + 1):
        table.add_column(str(number), justify="right", no_wrap=True)
    table.add_column("-", justify="right", no_wrap=True)
    for number, label in enumerate(labels, start=1):
        cells = [str(count) if count else "." for count in confusion.counts[number - 1]]
        table.add_row(f"{number} {label}", *cells)
    console().print(table)


def _say_wrong(view: EvalView) -> None:
    wrong = view.n - view.successes
    if not wrong:
        return
    shown = view.wrong[:_SHOWN_WRONG]
    more = f", {len(shown)} of them" if len(shown) < wrong else ""
    say(f"Wrong: {counted(wrong, 'answer')}{more}:")
    for answer in shown:
        _say_wrong_answer(view, answer)


def _say_wrong_answer(view: EvalView, answer: WrongAnswer) -> None:
    say(f"  {answer.id}: {_inputs(answer.inputs)}")
    say(f"    expected {shortened(answer.expected, _LINE)!r}")
    score = "" if answer.score == 0 else f" (score {answer.score:.2f})"
    say(f"    replied  {shortened(answer.raw, _LINE)!r}{score}")
    if (read := read_as(view, answer)) is not None:
        say(f"    read as  {shortened(read, _LINE)!r}")
    why = answer.violation or answer.reason
    if why:
        say(f"    {shortened(why, _LINE)}")


def read_as(view: EvalView, answer: WrongAnswer) -> str | None:
    """The label, where it is another one than the reply's: by calibration, memory or verbalizer."""
    output = answer.output
    if view.confusion is None or output is None or label_key(output) == label_key(answer.raw):
        return None
    return output


def say_changed(row: ChangedRow) -> None:
    """Print a row that only one of two prompts got right."""
    say(f"  {'Gained' if row.gained else 'Lost'} {row.id}: {_inputs(row.inputs)}")
    say(f"    expected {shortened(row.expected, _LINE)!r}")
    say(f"    before   {shortened(row.before, _LINE)!r}")
    say(f"    after    {shortened(row.after, _LINE)!r}")


def _inputs(inputs: Mapping[str, str]) -> str:
    texts: Sequence[str] = [f"{name}={text}" for name, text in inputs.items()]
    return shortened(" ".join(texts), _LINE)
