"""Features of texts for the contestants that need no search: words and runs of characters.

Everything here is scikit-learn's, so these contestants share nothing with tinyArms. It is imported
when it is used, because only the extra `benchmarks` installs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from search.contest import CannotRun

if TYPE_CHECKING:
    from sklearn.pipeline import FeatureUnion


def text_of(inputs: Mapping[str, str]) -> str:
    """All inputs of an example as one text."""
    return "\n".join(inputs.values())


def features() -> FeatureUnion:
    """TF-IDF of words (1 to 2) and of characters within words (2 to 5). Raises `CannotRun`."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union
    except ModuleNotFoundError as error:
        raise CannotRun("scikit-learn is not installed: pip install '.[benchmarks]'") from error
    words = TfidfVectorizer(ngram_range=(1, 2))
    return make_union(words, TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5)))
