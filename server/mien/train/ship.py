"""From a trained network to a folder that ships: ONNX step, proof that it is the network, scores, card."""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch

from mien import score as scoring
from mien.audio import open_audio
from mien.clock import SAMPLE_RATE, SAMPLES_PER_ROW
from mien.errors import ModelError
from mien.evaluation import Recording, baked, scores
from mien.features import BANDS, log_mel
from mien.motion import Card, MotionStream, load_model
from mien.motion.card import SCHEMA, Data
from mien.train.export import step_graph
from mien.train.network import Network, export_state
from mien.train.phones import SYMBOLS
from mien.train.targets import MOVING
from mien.values import CHANNEL_INDEX, MOTION_SCHEMA

EXACT = 1e-4
"""Largest difference between the exported step and torch; beyond it the export is wrong, not rounded."""

SHOWN = (
    "min",
    "closF1",
    "F1@.02",
    "closAUC",
    "fvF1",
    "roundAUC",
    "rhoSeg",
    "lag",
    "closMAE",
    "silMot",
    "jerk",
)
"""Columns of the scores that log and card show."""

VOICES = "espeak-ng, flite (slt, rms, awb, kal16), festival (cmu_us_slt_arctic_hts, kal_diphone, ked_diphone)"
"""Synthetic voices, all from Debian; what they say is ours (`lines.py`)."""

VOICE_LICENCE = "flite and festival voices: BSD-like; espeak-ng: GPL-3.0, which does not cover what it says"


def data_of(learned: list[Recording], licence: str, synthetic_minutes: float) -> tuple[Data, ...]:
    """What the card says the model learned from."""
    voices = Data(VOICES, VOICE_LICENCE, round(synthetic_minutes, 1), "lines from mien/train/lines.py")
    if not learned:
        return (voices,)
    seconds = 0.0
    for recording in learned:
        with open_audio(recording.audio) as audio:
            seconds += float(audio.duration or 0)
    speakers = ", ".join(sorted({recording.speaker for recording in learned}))
    return (
        voices,
        Data(learned[0].audio.parent.name, licence, round(seconds / 60, 1), f"speakers {speakers}"),
    )


def export(network: Network, out: Path, say: Callable[[str], None]) -> None:
    """Write `model.onnx` into `out`, once it is shown to be the network.

    Raises:
        ModelError: The exported step is not the network.
    """
    step = step_graph(export_state(network), network.shape)
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder, "trial")
        trial.mkdir()
        (trial / "model.onnx").write_bytes(step)
        write_card(network, trial, Origin())
        worst = difference(network, trial)
    if worst > EXACT:
        raise ModelError(
            f"The exported step differs from torch by {worst:.1e}; at most {EXACT:.0e} is rounding."
        )
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.onnx").write_bytes(step)
    size = f"{network.parameters_count:,} parameters, {len(step):,} bytes"
    say(f"{out / 'model.onnx'}: {size}, within {worst:.1e} of torch")


def difference(network: Network, folder: Path) -> float:
    """Largest difference between the exported step, fed in odd chunks, and torch on the whole."""
    rng = np.random.default_rng(0)
    loud = np.repeat(rng.uniform(0, 0.3, 20), SAMPLE_RATE // 2)
    sound = (rng.standard_normal(len(loud)) * loud).astype("f4")
    stream = MotionStream(load_model(folder))
    drawn = np.concatenate([stream.push(chunk) for chunk in np.array_split(sound, 37)])
    heard = log_mel(sound)[: len(sound) // SAMPLES_PER_ROW * 2].reshape(1, -1, 2 * BANDS)
    with torch.no_grad():
        motion, _ = network(torch.from_numpy(heard))
    wanted = motion[0, network.shape.delay :].numpy()
    return float(np.abs(drawn[:, [CHANNEL_INDEX[name] for name in MOVING]] - wanted).max())


def score(folder: Path, held_out: list[Recording], say: Callable[[str], None]) -> dict[str, dict[str, float]]:
    """Scores of the shipped files on speakers never heard.

    As a user gets them: raw timing, rig arkit, 60 fps.
    """
    result = scores(held_out, baked(load_model(folder)))
    for line in scoring.table(result).splitlines():
        say(line)
    say("speakers left out of training, raw timing:")
    for name, row in result.items():
        say(f"{name:>8}  " + "  ".join(f"{column} {_short(row[column])}" for column in SHOWN))
    return {name: {c: _short(row[c]) for c in SHOWN if math.isfinite(row[c])} for name, row in result.items()}


def _short(value: float) -> float:
    return float(f"{value:.3g}")


@dataclass(frozen=True)
class Origin:
    """Where a model comes from: what the card tells besides the network itself."""

    version: str = "0"
    data: tuple[Data, ...] = ()
    command: str = ""


def write_card(
    network: Network, out: Path, origin: Origin, scored: dict[str, dict[str, float]] | None = None
) -> None:
    """Write `card.json` for the `model.onnx` that lies in `out`."""
    card = Card(
        schema=SCHEMA,
        name=out.resolve().name,
        version=origin.version,
        motion_schema=MOTION_SCHEMA,
        input="samples",
        step_samples=SAMPLES_PER_ROW,
        delay_rows=network.shape.delay,
        reach_rows=network.shape.reach,
        channels=MOVING,
        phones=SYMBOLS,
        parameters=network.parameters_count,
        sha256=hashlib.sha256((out / "model.onnx").read_bytes()).hexdigest(),
        licence=origin.data[1].licence if len(origin.data) > 1 else "CC0-1.0",
        data=origin.data,
        made_with=origin.command,
        scores=scored or {},
        notes=(
            "Motion targets are drawn from phone times by mien/train/targets.py; no face was captured.",
            "Scores are of speakers never learned from, raw timing, by mien.score.",
        ),
    )
    text = msgspec.json.format(msgspec.json.encode(card), indent=2)
    (out / "card.json").write_bytes(text + b"\n")
