"""The golden curves: what the demo line looks like with the model that ships, small enough to read in a diff.

python -m tests.golden      writes them anew; the commit that does so says why they changed
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import mien

LINE = Path(mien.__file__).parent / "demo" / "line.flac"
FILE = Path(__file__).with_name("golden_line.csv")
RATE = 20
NAMES = (
    "jawOpen",
    "mouthClose",
    "mouthFunnel",
    "mouthPucker",
    "mouthSmileLeft",
    "mouthRollLower",
    "mouthPressLeft",
)


def curves_now() -> np.ndarray:
    """Chosen curves of the demo line, shape (frames, names), 20 frames a second."""
    curves = mien.bake(LINE).curves("arkit", RATE)
    return np.stack([curves.column(name) for name in NAMES], axis=1)


def write() -> None:
    """Write them to the file that the test reads."""
    rows = [",".join(["time", *NAMES])]
    rows += [",".join([f"{k / RATE:.2f}", *(f"{v:.3f}" for v in row)]) for k, row in enumerate(curves_now())]
    FILE.write_text("\n".join(rows) + "\n", "utf-8")


def read() -> np.ndarray:
    """As they were written."""
    return np.loadtxt(FILE, delimiter=",", skiprows=1, dtype=np.float32, encoding="utf-8")[:, 1:]


if __name__ == "__main__":
    write()
