"""A classifier without a language model: what a user could write in ten lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from search.code_version import code_hash
from search.contest import Found
from search.counter import Counts
from search.dataset import Dataset
from search.features import features, text_of
from tinyarms.models.base import Model
from tinyarms.skills.example import Example

_FOLDS = 5
_STRENGTHS = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""The values of C, the inverse of the penalty's weight, from which cross-validation chooses."""
_HERE = Path(__file__)


@dataclass(frozen=True)
class Classifier:
    """Logistic regression on all examples that are given, `selection` included."""

    name: str = "classifier"
    is_random: bool = False
    needs_model: bool = False
    takes_calls: bool = False

    @property
    def code(self) -> str:
        """Hash of this file and of the features."""
        return code_hash(_HERE, _HERE.with_name("features.py"))

    def fits(self, dataset: Dataset) -> bool:
        """It chooses among labels."""
        return bool(dataset.labels)

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        extract = features()
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import GridSearchCV

        rows = extract.fit_transform([text_of(example.inputs) for example in dataset.given])
        choice = GridSearchCV(LogisticRegression(max_iter=1000), {"C": _STRENGTHS}, cv=_FOLDS)
        choice.fit(rows, [example.expected for example in dataset.given])

        def answer(example: Example) -> str:
            return str(choice.predict(extract.transform([text_of(example.inputs)]))[0])

        strength = f"C = {choice.best_params_['C']:.3g}"
        return Found(None, Counts(), f"{strength}, {len(dataset.given)} rows", answer)
