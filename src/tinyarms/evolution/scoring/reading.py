"""How a prompt's replies are read as labels: fit that on replies, and cross-validate it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tinyarms.core.ids import content_hash
from tinyarms.evolution.constants import MIN_CALIBRATION_EXAMPLES, READING_FOLDS
from tinyarms.evolution.scoring.calibration import Fit, fit_calibration, label_shares
from tinyarms.evolution.scoring.labelled import Labelled
from tinyarms.evolution.scoring.verbalizing import Verbalized, copies_of_each_other, fit_verbalizer
from tinyarms.skills.prompt import Prompt


def with_reading(prompt: Prompt, read: Verbalized | None, fit: Fit) -> Prompt:
    """The prompt with a fitted calibration and memory weight, and a verbalizer if that is better.

    `read`: the fitted verbalizer, of which `fit` is the better fit; `None`: there is none.
    """
    retrieve = prompt.retrieve
    if retrieve is not None:
        retrieve = replace(retrieve, prior_weight=fit.prior_weight)
    return replace(
        prompt,
        calibration=fit.biases,
        retrieve=retrieve,
        verbalizer=read.verbalizer if read and read.is_better else None,
    )


def fit_reading(
    prompt: Prompt, rows: Sequence[Labelled], labels: Sequence[str], *, verbalize: bool
) -> Prompt:
    """The prompt with calibration, memory weight and verbalizer fitted on n of its replies.

    The prompt itself with fewer than 8 replies. `verbalize`: whether it may have a verbalizer.

    Examples
    --------
    A model that leans to `yes`:

    >>> from tinyarms.evolution.scoring.labelled import Labelled
    >>> from tinyarms.evolution.scoring.reading import fit_reading
    >>> from tinyarms.skills.example import Example
    >>> from tinyarms.skills.prompt import Prompt
    >>> rows = [
    ...     Labelled(Example(str(n), {"text": f"It is {n}."}, label, "search"),
    ...              {"yes": -0.1 if label == "yes" else -0.3, "no": -2.0})
    ...     for n, label in enumerate(["yes", "no"] * 10)
    ... ]
    >>> found = fit_reading(Prompt("Yes or no?"), rows, ("yes", "no"), verbalize=False)
    >>> found.calibration["no"] > found.calibration["yes"]
    True
    """
    if len(rows) < MIN_CALIBRATION_EXAMPLES:
        return prompt
    shares = label_shares((row.expected for row in rows), labels)
    read = fit_verbalizer(rows, shares) if verbalize else None
    return with_reading(prompt, read, read.better_fit if read else calibration_of(rows, shares))


def calibration_of(rows: Sequence[Labelled], shares: Mapping[str, float]) -> Fit:
    """The calibration fitted to these rows. `shares`: label → its expected share, in (0, 1)."""
    return fit_calibration(
        [row.logprobs for row in rows],
        [row.expected for row in rows],
        shares,
        [row.suggested for row in rows],
    )


def read_label(prompt: Prompt, row: Labelled) -> str:
    """The label that the prompt gives for a reply, with what the other examples suggest."""
    verbalizer, retrieve = prompt.verbalizer, prompt.retrieve
    scores = row.logprobs
    if verbalizer is not None:
        scores = verbalizer.label_logprobs(row.listed) or scores
    weight = 0.0 if retrieve is None else retrieve.prior_weight
    return max(
        scores,
        key=lambda label: (
            scores[label]
            + prompt.calibration.get(label, 0.0)
            + weight * row.suggested.get(label, 0.0)
        ),
    )


def labels_read_by_others(
    prompt: Prompt, rows: Sequence[Labelled], labels: Sequence[str], *, verbalize: bool
) -> list[str]:
    """The label of each reply, as a fit on other examples reads it (10-fold cross-validation).

    Near copies of an example are in its fold, so that nothing is judged by what has seen it.
    """
    folds = _folds(rows)
    found = [""] * len(rows)
    for fold in range(READING_FOLDS):
        others = [row for row, of in zip(rows, folds, strict=True) if of != fold]
        fitted = fit_reading(prompt, others, labels, verbalize=verbalize)
        for place, of in enumerate(folds):
            if of == fold:
                found[place] = read_label(fitted, rows[place])
    return found


def _folds(rows: Sequence[Labelled]) -> list[int]:
    """The fold of each row, which does not depend on the order of the rows."""
    groups = copies_of_each_other([row.example for row in rows])
    key: dict[int, str] = {}
    for group, row in zip(groups, rows, strict=True):
        hashed = content_hash(row.example.id)
        key[group] = min(key.get(group, hashed), hashed)
    place = {group: number for number, group in enumerate(sorted(key, key=lambda g: key[g]))}
    return [place[group] % READING_FOLDS for group in groups]
