"""The type of a numpy array, which the numerical rooms share."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
"""Any shape and element type; each function's docstring says what it expects."""
