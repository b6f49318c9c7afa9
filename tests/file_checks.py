"""Curves to write, and what the tests of files check: equal to the bit, and refused in one line."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from mien.errors import FileError, OptionError
from mien.values import Curves


def random_curves(
    frames: int = 7, rate: Fraction = Fraction(30), start: float = 0.0, seed: int = 0
) -> Curves:
    values = np.random.default_rng(seed).random((frames, 3), dtype=np.float32)
    values[values < 0.3] = 0
    return Curves(("jawOpen", "mouthPucker", "headYaw"), values, rate, start)


def assert_equal(came: Curves, wanted: Curves) -> None:
    assert came.names == wanted.names
    assert came.rate == wanted.rate
    assert came.start == wanted.start
    assert came.values.shape == wanted.values.shape
    assert came.values.tobytes() == wanted.values.tobytes(), "the same bits"


def assert_refused(
    read: Callable[[], object], words: str, kind: type[FileError | OptionError] = FileError
) -> None:
    with pytest.raises(kind, match=re.escape(words)) as refusal:
        read()
    assert "\n" not in str(refusal.value), "one line"
