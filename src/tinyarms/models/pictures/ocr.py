"""Read the text of a picture on this machine, with RapidOCR on onnxruntime.

Its package holds its models, so nothing is downloaded. It reads Latin scripts, Chinese and
Japanese.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from tinyarms.core.errors import ConfigError, PictureError
from tinyarms.core.text import counted, one_line, shorten
from tinyarms.models.pictures.opening import EXTRA, decoded
from tinyarms.models.pictures.turns import TURNS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_CHARACTERS = 4_000
"""Most characters of a picture's text. Higher: more of a full page, if the model's context holds
it."""
LEAST_SCORE = 0.7
"""Lines that OCR is less sure of count as not read. Lower: more guesses at scripts that it cannot
read."""
LEAST_FILLED = 0.4
"""Characters per line height of width, below which a line counts as read in part: of a script that
OCR cannot read, it may read the digits only. Chinese has about 1, Latin scripts about 2. Higher:
more lines with wide gaps count too."""
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Line:
    """A line of a picture."""

    text: str
    """What was read; empty if nothing was."""
    score: float
    """How sure OCR is of it, in [0, 1]."""
    length: float
    """Its width in line heights."""

    @property
    def is_read(self) -> bool:
        """Whether OCR is sure enough."""
        return self.score >= LEAST_SCORE and bool(self.text.strip())

    @property
    def is_part(self) -> bool:
        """Whether it has fewer characters than fill its width."""
        return len("".join(self.text.split())) < LEAST_FILLED * self.length


def reader_name() -> str:
    """The name and version of what reads, because another version reads otherwise.

    Raises `ConfigError` without the extra.
    """
    try:
        return f"rapidocr {version('rapidocr')}"
    except ImportError as error:
        raise _missing() from error


def text_in(data: bytes, max_pixels: int, where: str) -> str:
    """The text in a picture: a line for each line that was read, from top to bottom.

    A note at the end says how many lines could not be read, or that the text was cut. Empty if
    there is nothing to read. Waits until no embedded model works. Raises `PictureError`, and
    `ConfigError` without the extra.
    """
    import numpy as np

    engine = _engine()
    image = np.asarray(decoded(data, max_pixels, where))[:, :, ::-1].copy()  # blue first
    with TURNS.read(), _LOCK:
        try:
            lines = engine(image)
        except Exception as error:  # its libraries raise anything
            why = shorten(one_line(str(error) or type(error).__name__), 60)
            raise PictureError(f"{where}: its text cannot be read ({why}).") from error
    return text_of(lines)


def text_of(lines: Sequence[Line]) -> str:
    """The text of the lines, with notes of what could not be read.

    Examples
    --------
    >>> from tinyarms.models.pictures.ocr import Line, text_of
    >>> print(text_of([Line("Invoice 7", 0.99, 4.5), Line("x~;", 0.2, 3)]))
    Invoice 7
    (1 line could not be read)
    """
    read = [line for line in lines if line.is_read]
    text = "\n".join(one_line(line.text) for line in read)
    notes = []
    if len(text) > MAX_CHARACTERS:
        text = text[:MAX_CHARACTERS].rstrip()
        notes.append("(cut here: the picture has more text)")
    if len(lines) > len(read):
        notes.append(f"({counted(len(lines) - len(read), 'line')} could not be read)")
    if parts := sum(line.is_part for line in read):
        notes.append(f"({counted(parts, 'line')} could only be read in part)")
    return "\n".join([*([text] if text else []), *notes])


@cache
def _engine() -> Callable[[npt.NDArray[np.uint8]], list[Line]]:
    """From pixels to lines. Loading it takes a second or two."""
    try:
        from rapidocr import RapidOCR
        from rapidocr.utils.output import RapidOCROutput
    except ImportError as error:
        raise _missing() from error
    # A score of 0 keeps the lines that it is unsure of, so that they can be counted.
    engine = RapidOCR(params={"Global.log_level": "critical", "Global.text_score": 0.0})

    def read(pixels: npt.NDArray[np.uint8]) -> list[Line]:
        result = engine(pixels)
        assert isinstance(result, RapidOCROutput)  # as all three steps are on
        if result.boxes is None or not result.txts or not result.scores:
            return []
        rows = zip(result.txts, result.scores, result.boxes, strict=True)
        return [Line(text, float(score), _length(box)) for text, score, box in rows]

    return read


def _length(box: npt.NDArray[np.float64]) -> float:
    """The width of a box in heights; its corners begin at the upper left, clockwise."""
    corners = box.tolist()
    return math.dist(corners[0], corners[1]) / max(1.0, math.dist(corners[0], corners[3]))


def _missing() -> ConfigError:
    return ConfigError("Pictures cannot be read: RapidOCR is not installed.", EXTRA)
