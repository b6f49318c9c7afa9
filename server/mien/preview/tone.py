"""From light to what a screen shows: the response of film, and the wall behind the head."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

STEPS: Final = 4096
"""Of the table of film's response, even in the square root of light."""

BRIGHTEST: Final = 8.0
"""Light that is white on film, and all above."""

KNEE: Final = 0.35
"""Light from which on film gives way; below it keeps colours as they are."""

CONTRAST: Final = 1.1
"""Power of the response: 1 is flat, at 1.3 shadows are lost."""

WALL: Final = (0.74, 0.95, 1.1)
"""Colour of the wall: what lies opposite to that of skin sets it off."""

DIM, GLOW = 0.12, 0.3
"""Light of the wall far away from the head, and how much more there is behind it."""


def _response() -> NDArray[np.uint8]:
    """sRGB for each step: straight to the knee, then with a soft shoulder."""
    light = (np.arange(STEPS) / (STEPS - 1)) ** 2 * BRIGHTEST
    above = 1 - KNEE
    rolled = KNEE + above * (1 - np.exp(-(light - KNEE) / above))
    toned = np.where(light < KNEE, light, rolled) ** CONTRAST
    srgb = np.where(toned <= 0.0031308, 12.92 * toned, 1.055 * toned ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(srgb * 255), np.uint8)


_RESPONSE: Final = _response()


def filmed(light: Floats) -> NDArray[np.uint8]:
    """`light`, linear RGB of any shape, as sRGB."""
    step = np.sqrt(np.clip(light, 0, BRIGHTEST) * np.float32((STEPS - 1) ** 2 / BRIGHTEST))
    return np.asarray(_RESPONSE[(step + np.float32(0.5)).astype(np.int16)], np.uint8)


def backdrop(size: tuple[int, int]) -> NDArray[np.uint8]:
    """A quiet wall, lighter behind the head: sRGB of shape (height, width, 3)."""
    width, height = size
    across = (np.arange(width) + 0.5) / width - 0.5
    down = (np.arange(height) + 0.5) / height - 0.5
    far = (across[np.newaxis, :] + 0.06) ** 2 + (down[:, np.newaxis] + 0.08) ** 2
    light = (DIM + GLOW * np.exp(-far / 0.22))[..., np.newaxis] * np.array(WALL)
    return filmed(np.asarray(light, np.float32))
