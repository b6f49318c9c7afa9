"""What the head's parts are made of. Colours are linear RGB."""

from __future__ import annotations

from typing import Final, NamedTuple


class Made(NamedTuple):
    """One material, in glTF's terms."""

    color: tuple[float, float, float]
    roughness: float
    double: bool = False
    """Seen from behind as well."""


MATERIALS: Final = {
    "skin": Made((0.78, 0.46, 0.335), 0.55),
    "lips": Made((0.78, 0.46, 0.335), 0.36),
    "mouth": Made((0.20, 0.045, 0.04), 0.5, True),
    "eye": Made((1.0, 0.99, 0.98), 0.1),
    "teeth": Made((1.0, 0.97, 0.91), 0.2),
    "gums": Made((0.50, 0.17, 0.16), 0.35),
    "tongue": Made((0.80, 0.33, 0.33), 0.4),
    "brows": Made((0.13, 0.062, 0.034), 0.7),
    "lashes": Made((0.018, 0.012, 0.010), 0.6, True),
    "cloth": Made((0.055, 0.115, 0.135), 0.85, True),
    "hair": Made((0.105, 0.048, 0.024), 0.45),
}
