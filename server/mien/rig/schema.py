"""The two files of a rig folder, as people write them.

`rig.json` says what the rig has, `map.json` how motion drives it:

    curve = min..max of  rest + (sum of `linear`) x (product of `products`), and at most the `at_most` curve

    {
      "schema": 1,
      "motion": 1,
      "linear": {
        "jawOpen": {"jawOpen": 1},
        "eyeLookOutLeft": {"eyeYawLeft": {"half": "positive", "per": 0.43}},
        "mouthClose": {"lipClosure": 1},
        "mouthFunnel": {"mouthFunnel": 1}
      },
      "products": {
        "mouthClose": [{"curve": "jawOpen"}],
        "mouthFunnel": [{"channel": "lipClosure", "at_zero": 1, "at_one": 0}]
      },
      "at_most": {"mouthClose": "jawOpen"}
    }
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

SCHEMA: Final = 1
"""Version of `rig.json` and `map.json` that is written and the newest that is read."""


class RigFile(Struct, forbid_unknown_fields=True):
    """`rig.json`. The parts are typed one by one, so that a message can name them."""

    schema: int
    title: str
    curves: list[Any]
    groups: dict[str, Any] = {}


class CurveRow(Struct, forbid_unknown_fields=True, rename={"low": "min", "high": "max"}):
    """One entry of `curves`. Weights run 0..1 unless it says otherwise; other units state min and max."""

    name: str
    unit: str = "weight"
    low: float | UnsetType = UNSET
    rest: float = 0.0
    high: float | UnsetType = UNSET


class MapFile(Struct, forbid_unknown_fields=True):
    """`map.json`; every table goes by curve name."""

    schema: int
    motion: int
    linear: dict[str, Any]
    products: dict[str, Any] = {}
    at_most: dict[str, Any] = {}


class TermRow(Struct, forbid_unknown_fields=True):
    """One channel of a curve: `gain` for every `per` of the channel; a bare number is the gain."""

    gain: float = 1.0
    per: float = 1.0
    half: str = "both"


class FactorRow(Struct, forbid_unknown_fields=True):
    """One factor of a product: reads a channel or a curve, and is a straight line over it."""

    channel: str | UnsetType = UNSET
    curve: str | UnsetType = UNSET
    at_zero: float = 0.0
    at_one: float = 1.0
