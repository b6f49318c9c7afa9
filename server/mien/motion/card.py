"""A model's card: what it hears and moves, how far ahead it listens, what taught it, how well it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from mien.clock import SAMPLE_RATE, SAMPLES_PER_ROW
from mien.errors import ModelError, near
from mien.values import CHANNEL_INDEX, MOTION_SCHEMA

SCHEMA = 1


class Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source of training data."""

    name: str
    licence: str
    minutes: float
    note: str = ""


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`card.json`, beside `model.onnx`."""

    schema: int
    name: str
    version: str
    motion_schema: int
    input: str
    """`samples`: 16 kHz, `step_samples` at a time."""

    step_samples: int
    """Samples of one step; each step gives one motion row."""

    delay_rows: int
    """Step j draws motion row j - delay_rows."""

    reach_rows: int
    """Steps of the past that a row depends on; after so many steps from any memory the row is the same."""

    channels: tuple[str, ...]
    """Motion channels, in the order of the model's `motion` output."""

    phones: tuple[str, ...]
    """Sounds, in the order of the model's `phones` output."""

    parameters: int
    sha256: str
    """Of `model.onnx`, in hex."""

    licence: str
    data: tuple[Data, ...]
    made_with: str
    """The command that trains this model again."""

    scores: dict[str, dict[str, float]]
    """Columns of the lip-sync bench by speaker left out of training; `all` is all of them together."""

    notes: tuple[str, ...] = ()

    @property
    def look_ahead(self) -> float:
        """Seconds of 16 kHz audio a row needs beyond its own time: to the end of the step that gives it."""
        return (self.delay_rows + 1) * self.step_samples / SAMPLE_RATE


def read_card(folder: Path) -> Card:
    """The card of the model in `folder`.

    Raises:
        ModelError: No card, not JSON, a field missing or wrong, a newer schema, channels nobody knows.
    """
    path = folder / "card.json"
    try:
        raw: Any = msgspec.json.decode(path.read_bytes())
        schema = raw.get("schema") if isinstance(raw, dict) else None
        if isinstance(schema, int) and schema > SCHEMA:
            raise ModelError(
                f"{path}: schema {schema} is newer than this Mien reads ({SCHEMA}); update mien."
            )
        card = msgspec.convert(raw, Card)
    except FileNotFoundError:
        raise ModelError(f"{folder} is not a model: it has no card.json.") from None
    except OSError as problem:
        raise ModelError(f"{path} cannot be read: {problem.strerror}.") from None
    except msgspec.ValidationError as problem:
        raise ModelError(f"{path}: {problem}.") from None
    except msgspec.DecodeError as problem:
        raise ModelError(f"{path} is not JSON: {problem}.") from None
    _check(card, path)
    return card


def _check(card: Card, path: Path) -> None:
    if card.motion_schema > MOTION_SCHEMA:
        raise ModelError(
            f"{path}: motion schema {card.motion_schema} is newer than this Mien's ({MOTION_SCHEMA})."
        )
    if card.input != "samples" or card.step_samples != SAMPLES_PER_ROW:
        raise ModelError(
            f"{path}: the model takes {card.step_samples} of '{card.input}' a step; "
            f"this Mien gives {SAMPLES_PER_ROW} of 'samples'."
        )
    if card.reach_rows < 1 or card.delay_rows < 0:
        raise ModelError(f"{path}: reach_rows is at least 1 and delay_rows at least 0.")
    if len(set(card.channels)) != len(card.channels):
        raise ModelError(f"{path}: a motion channel stands twice in 'channels'.")
    for channel in card.channels:
        if channel not in CHANNEL_INDEX:
            raise ModelError(f"{path}: there is no motion channel '{channel}'.{near(channel, CHANNEL_INDEX)}")
