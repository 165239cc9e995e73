"""What tests of several rooms share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tinyarms.models.embedded import EmbeddedModel


@pytest.fixture(scope="session")
def embedded_model() -> Iterator[EmbeddedModel]:
    """The real 135M model, for tests marked `model`; fetched once if it is not there.

    One thread: on a busy machine llama.cpp's threads wait for each other by spinning.
    """
    from tinyarms.core.settings import ModelSettings
    from tinyarms.models.embedded import EmbeddedModel
    from tinyarms.models.pull import pull

    path = pull("smollm2:135m", lambda done, total: None)
    settings = ModelSettings(kind="embedded", model="smollm2:135m", threads=1)
    model = EmbeddedModel(settings, path, name="smollm2-135m")
    yield model
    model.close()
