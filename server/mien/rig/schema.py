"""The two files of a rig folder, as people write them.

`rig.json` says what the rig has, and may name the head that wears it (`"mesh": "head.glb"`, a file of the
folder); `map.json` says how motion drives it:

    curve = min..max of  rest + (`linear` + `mix` + pose) x (product of `products`),
            not below its `at_least` curve, not above its `at_most` curve

    {
      "schema": 1,
      "motion": 1,
      "base": "arkit",                              its curves may be read, besides channels of the motion;
                                                    a rig that Mien knows, or a folder beside this one
      "linear": {
        "Mouth_Close": {"mouthClose": 1},
        "CTRL_C_jaw.tx": {"jawRight": 1, "jawLeft": -1},
        "EyeYaw": {"eyeYawLeft": {"half": "positive", "per": 0.43}}
      },
      "mix": {"SmileBoth": {"SmileLeft": 0.5, "SmileRight": 0.5}},        other curves of this rig
      "poses": {"aa": {"jawOpen": 0.7, "mouthFunnel": 0.1}},             shapes that overlap, solved together
      "solve": {"damping": 0.02, "importance": {"jawOpen": 2}},
      "products": {
        "Mouth_Open": [{"curve": "Jaw_Open"}],
        "aa": [{"channel": "lipClosure", "at_zero": 1, "at_one": 0}]
      },
      "at_least": {"SquintBoth": "SquintLeft"},
      "at_most": {"Mouth_Close": "Jaw_Open"},
      "contact": {                                  what `mien rig fit` measures on a mesh
        "lips": {
          "demand": "lipClosure", "begin": 0.3, "full": 0.8,
          "rest": [0.6, 0.7],                       gap in mm, cut by cut through the lips
          "gap": {"Jaw_Open": [30, 32], "Mouth_Close": [-37, -39]},
          "moves": {"Mouth_Close": 0.1},
          "press": 0.2,
          "cross": 0.3
        }
      }
    }
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

SCHEMA: Final = 1
"""Version of `rig.json` and `map.json` that is written and the newest that is read."""

DAMPING: Final = 0.02
"""What a pose's weight costs unless the map says otherwise. Measured on speech: at .0005 weights are a third
to four fifths more restless (third differences) than here; at .2 an open vowel reaches three fifths of its
pose, here nine tenths."""


class RigFile(Struct, forbid_unknown_fields=True):
    """`rig.json`. The parts are typed one by one, so that a message can name them."""

    schema: int
    title: str
    curves: list[Any]
    groups: dict[str, Any] = {}
    mesh: str | UnsetType = UNSET


class CurveRow(Struct, forbid_unknown_fields=True, rename={"low": "min", "high": "max"}):
    """One entry of `curves`. Weights run 0..1 unless it says otherwise; other units state min and max."""

    name: str
    unit: str = "weight"
    low: float | UnsetType = UNSET
    rest: float = 0.0
    high: float | UnsetType = UNSET
    bone: dict[str, Any] | UnsetType = UNSET


class BoneRow(Struct, forbid_unknown_fields=True):
    """The bone that a curve turns about an axis or shifts along it."""

    name: str
    moves: str
    axis: list[float]


class MapFile(Struct, forbid_unknown_fields=True):
    """`map.json`; every table goes by curve name."""

    schema: int
    motion: int
    base: str | UnsetType = UNSET
    linear: dict[str, Any] = {}
    mix: dict[str, Any] = {}
    poses: dict[str, Any] = {}
    solve: dict[str, Any] | UnsetType = UNSET
    products: dict[str, Any] = {}
    at_least: dict[str, Any] = {}
    at_most: dict[str, Any] = {}
    contact: dict[str, Any] = {}


class TermRow(Struct, forbid_unknown_fields=True):
    """One source of a curve: `gain` for every `per` of it; a bare number is the gain."""

    gain: float = 1.0
    per: float = 1.0
    half: str = "both"


class FactorRow(Struct, forbid_unknown_fields=True):
    """One factor of a product: reads one source, and is a straight line over it."""

    channel: str | UnsetType = UNSET
    base: str | UnsetType = UNSET
    curve: str | UnsetType = UNSET
    at_zero: float = 0.0
    at_one: float = 1.0


class SolveRow(Struct, forbid_unknown_fields=True):
    """How the weights of poses are found."""

    damping: float = DAMPING
    importance: dict[str, Any] = {}


class ContactRow(Struct, forbid_unknown_fields=True):
    """One pair of edges that meet."""

    demand: str
    begin: float
    full: float
    rest: list[float]
    gap: dict[str, Any]
    moves: dict[str, Any]
    press: float = 0.0
    cross: float = 0.0
