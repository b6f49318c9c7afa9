"""A motion model that the tests make themselves: the real step at a fiftieth of its size, without torch.

Its weights are random. Its mouth says nothing, but it moves with the sound, remembers, and comes late, as the
real one does.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from mien.clock import SAMPLES_PER_ROW
from mien.features import BANDS
from mien.motion import Card
from mien.train.export import step_graph
from mien.train.phones import SYMBOLS
from mien.train.shape import Shape
from mien.train.targets import MOVING
from mien.values import MOTION_SCHEMA

Weights = dict[str, NDArray[np.float32]]

SHAPE = Shape(width=32, taps=3, dilations=(1, 2), delay=3)
"""Short memory, so that a second of sound is enough to run in lanes."""


def write_tiny_model(folder: Path, shape: Shape = SHAPE, seed: int = 0) -> Path:
    """Writes `model.onnx` and `card.json` into `folder`, which must exist, and gives it back."""
    state = random_weights(shape, np.random.default_rng(seed))
    model = step_graph(state, shape)
    (folder / "model.onnx").write_bytes(model)
    (folder / "card.json").write_bytes(msgspec.json.encode(card(folder.name, state, shape, model)))
    return folder


def card(name: str, state: Weights, shape: Shape, model: bytes) -> Card:
    """What `card.json` says of it."""
    return Card(
        schema=1,
        name=name,
        version="0",
        motion_schema=MOTION_SCHEMA,
        input="samples",
        step_samples=SAMPLES_PER_ROW,
        delay_rows=shape.delay,
        reach_rows=shape.reach,
        channels=MOVING,
        phones=SYMBOLS,
        parameters=sum(value.size for value in state.values()),
        sha256=hashlib.sha256(model).hexdigest(),
        licence="CC0-1.0",
        data=(),
        made_with="tests/tiny_model.py",
        scores={},
    )


def random_weights(shape: Shape, random: np.random.Generator) -> Weights:
    """Weights by name, as `mien.train.network.export_state` gives them."""
    width = shape.width
    state: Weights = {"mean": np.full(2 * BANDS, -8, "f4"), "scale": np.full(2 * BANDS, 0.4, "f4")}
    state |= _linear("listen", 2 * BANDS, width, random)
    # Loudness alone would drown the rest of the sound: most of it is taken out.
    state["listen.weight"] -= 0.9 * state["listen.weight"].mean(axis=1, keepdims=True)
    for n in range(len(shape.dilations)):
        state[f"blocks.{n}.taps"] = _normal((shape.taps, width), shape.taps**-0.5, random)
        state |= _norm(f"blocks.{n}.norm", width)
        state |= _linear(f"blocks.{n}.gate", width, 2 * width, random)
        state |= _linear(f"blocks.{n}.mix", width, width, random)
    return (
        state
        | _norm("norm", width)
        | _linear("motion", width, len(MOVING), random, gain=2)
        | _linear("phones", width, len(SYMBOLS), random)
    )


def _linear(name: str, wide: int, out: int, random: np.random.Generator, gain: float = 1) -> Weights:
    return {
        f"{name}.weight": _normal((out, wide), gain * wide**-0.5, random),
        f"{name}.bias": np.zeros(out, "f4"),
    }


def _norm(name: str, width: int) -> Weights:
    return {f"{name}.weight": np.ones(width, "f4"), f"{name}.bias": np.zeros(width, "f4")}


def _normal(shape: tuple[int, ...], spread: float, random: np.random.Generator) -> NDArray[np.float32]:
    return (random.standard_normal(shape) * spread).astype("f4")
