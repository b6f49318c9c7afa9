"""`python -m house [-o FOLDER]`: build the head and write its rig folder, `rigs/house`."""

from __future__ import annotations

import argparse
from pathlib import Path

from house.head import head
from house.rig import MESH, write_rig_folder

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Build it, write it, and say how large it is."""
    asked = argparse.ArgumentParser(prog="python -m house", description="Build the house head.")
    asked.add_argument("-o", "--out", type=Path, default=ROOT / "rigs" / "house", help="the rig's folder")
    out: Path = asked.parse_args().out
    made = head()
    write_rig_folder(made, out)
    vertices = sum(len(part.vertices) for part in made.parts)
    print(f"{out}: {vertices} vertices, {(out / MESH).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
