"""The table of shapes: what each of ARKit's curves, and four action units that ARKit lacks, does to the skin.

Amplitudes follow what the ICT face does, measured (corner of the mouth, lips, brows, lids, chin), rounded and
stretched a little for a stylised face. Left shapes stand here, right ones are their mirror image. Ways are
mm: x to the subject's left, y up, z to the front.
"""

from __future__ import annotations

from typing import Final

from house.pull import MOUTH, Lids, Lips, Pull, Region, Shape

CLOSED: Final = (20.0, 19.0)
"""Radii of the margins of closed lids, mm: a lid that moves in a straight line must clear the ball midway."""

EYE: Final = Region((33.0, 4.0, 10.0), (34.0, 36.0, 44.0))
BROW: Final = Region((22.0, 30.0, 0.0), (52.0, 44.0, 46.0))
SMILE: Final = Region((24.0, -48.0, 10.0), (64.0, 62.0, 66.0))

LEFT: Final = (
    Shape("eyeBlinkLeft", lids=Lids(0.0, 0.0, CLOSED), region=EYE),
    Shape("eyeLookDownLeft", lids=Lids(0.56, 1.12, (19.4, 18.4)), region=EYE),
    Shape("eyeLookUpLeft", lids=Lids(1.12, 0.86), region=EYE),
    Shape("eyeLookInLeft", lids=Lids(1.0, 0.98), region=EYE),
    Shape("eyeLookOutLeft", lids=Lids(1.0, 0.98), region=EYE),
    Shape(
        "eyeSquintLeft",
        lids=Lids(0.76, 0.40, (19.2, 18.2)),
        pulls=(
            Pull((33, -19), (0, 2.6, 1.0), 8),
            Pull((50, -12), (-0.8, 1.5, 0), 7),
            Pull((34, 15), (0, -1.0, 0.3), 8),
        ),
        region=EYE,
    ),
    Shape("eyeWideLeft", lids=Lids(1.30, 1.10), pulls=(Pull((33, 17), (0, 1.2, 0), 8),), region=EYE),
    Shape(
        "browDownLeft",
        pulls=(
            Pull((9, 19), (-2.2, -6.0, 1.8), 7),
            Pull((24, 23), (-1.6, -6.2, 1.4), 8),
            Pull((44, 20), (-0.4, -3.0, 0.4), 8),
            Pull((3, 12), (0, -1.6, 0.8), 5),
        ),
        region=BROW,
    ),
    Shape(
        "browOuterUpLeft",
        pulls=(
            Pull((10, 20), (0, 1.2, 0), 7),
            Pull((28, 25), (0.2, 6.6, -0.4), 9),
            Pull((45, 21), (0.8, 8.4, -1.4), 9),
            Pull((34, 44), (0, 3.2, -0.5), 9),
        ),
        region=BROW,
    ),
    Shape(
        "cheekSquintLeft",
        lids=Lids(0.92, 0.50, (19.2, 18.2)),
        pulls=(
            Pull((37, -27), (0.4, 5.4, 3.2), 11),
            Pull((24, -24), (0, 2.4, 1.2), 7),
            Pull((53, -15), (-0.5, 2.2, 0), 8),
        ),
        region=Region((36.0, -22.0, 10.0), (34.0, 38.0, 44.0)),
    ),
    Shape(
        "noseSneerLeft",
        lips=Lips(upper=(0, 3.2, 0.3), corner=(0, 0.8, 0), side="Left"),
        pulls=(
            Pull((10.5, -41), (1.6, 6.2, 0.8), 6),
            Pull((12, -26), (0.2, 5.6, 2.2), 6),
            Pull((7, -12), (-0.8, 3.4, 1.6), 5),
            Pull((9, 17), (-1.0, -2.2, 0.8), 6),
            Pull((22, -44), (0.6, 4.6, 2.6), 8),
        ),
        region=Region((16.0, -26.0, 16.0), (38.0, 58.0, 46.0)),
    ),
    Shape(
        "mouthSmileLeft",
        lips=Lips(
            corner=(9.4, 9.8, -7.5),
            upper=(0.8, 1.0, -1.8),
            lower=(0.8, 1.2, -1.8),
            upper_edge=(0, -0.4, 0),
            lower_edge=(0, 0.5, 0),
            side="Left",
            wide=1.7,
        ),
        pulls=(
            Pull((36, -33), (1.8, 6.0, 4.6), 11),
            Pull((31, -52), (6.6, 7.0, 0.2), 7),
            Pull((47, -46), (4.4, 3.6, 0.8), 9),
            Pull((11, -42), (1.4, 0.8, -0.3), 5),
            Pull((33, -20), (0, 1.8, 1.0), 8),
        ),
        region=SMILE,
    ),
    Shape(
        "mouthFrownLeft",
        lips=Lips(corner=(1.0, -6.4, -1.6), upper=(0, -0.2, 0), lower=(0, 0.3, 0.3), side="Left", wide=1.5),
        pulls=(
            Pull((30, -80), (0.6, -3.8, 0), 8),
            Pull((8, -97), (0, 1.6, 0.6), 8),
            Pull((26, -52), (0, -2.2, 0.3), 7),
        ),
    ),
    Shape(
        "mouthDimpleLeft",
        lips=Lips(corner=(3.6, 1.2, -5.5), side="Left", wide=2.6),
        pulls=(Pull((35, -64), (0.5, 0.4, -3.0), 6),),
    ),
    Shape(
        "mouthStretchLeft",
        lips=Lips(
            corner=(6.8, -3.4, -4.5),
            upper=(0.3, 0, -0.4),
            lower=(0.3, -0.6, -0.6),
            upper_edge=(0, -0.6, 0),
            lower_edge=(0, 0.8, 0),
            side="Left",
            wide=1.8,
        ),
        pulls=(Pull((42, -74), (4.0, -2.4, -0.5), 9),),
        region=Region(MOUTH.middle, (66.0, 56.0, 66.0)),
    ),
    Shape(
        "mouthPressLeft",
        lips=Lips(
            corner=(0.2, -0.2, -2.0),
            upper=(0, -0.1, -1.2),
            lower=(0, -0.1, -1.2),
            upper_edge=(0, -2.8, -0.6),
            lower_edge=(0, 3.0, -0.4),
            side="Left",
        ),
        pulls=(Pull((8, -82), (0, 2.0, 0.8), 8),),
    ),
    Shape(
        "mouthLowerDownLeft",
        lips=Lips(
            corner=(0.2, -1.6, -0.3), lower=(0, -5.8, -1.0), lower_edge=(0, 0.4, 0.3), side="Left", wide=3.4
        ),
        pulls=(Pull((14, -88), (0.3, -2.6, -0.2), 8),),
    ),
    Shape(
        "mouthUpperUpLeft",
        lips=Lips(
            corner=(0.2, 1.6, -0.3), upper=(0, 6.4, -0.6), upper_edge=(0, -0.8, 0.5), side="Left", wide=3.2
        ),
        pulls=(
            Pull((20, -46), (0.8, 4.0, 0.8), 7),
            Pull((11, -41), (1.0, 1.6, 0), 5),
            Pull((32, -34), (0, 2.2, 1.4), 9),
        ),
    ),
)

WHOLE: Final = (
    Shape(
        "browInnerUp",
        pulls=(
            Pull((8, 20), (-0.6, 8.6, -0.8), 7, both=True),
            Pull((24, 24), (-0.4, 4.8, -0.4), 8, both=True),
            Pull((44, 20), (0, 0.2, 0), 8, both=True),
            Pull((0, 38), (0, 3.8, -0.4), 9),
        ),
        region=Region((0.0, 30.0, 0.0), (66.0, 46.0, 50.0)),
    ),
    Shape(
        "cheekPuff",
        lips=Lips(
            corner=(-1.2, 0, 0.6),
            upper=(0, 0.2, 2.0),
            lower=(0, 0.2, 2.0),
            upper_edge=(0, 0.4, 0.6),
            lower_edge=(0, -0.4, 0.6),
        ),
        pulls=(
            Pull((42, -58), (8.6, 0.4, 6.2), 12, both=True),
            Pull((26, -80), (2.4, -1, 4.5), 9, both=True),
            Pull((18, -54), (1.4, 0.5, 3.6), 7, both=True),
        ),
        region=Region(MOUTH.middle, (72.0, 52.0, 76.0)),
    ),
    Shape("jawOpen", jaw="open"),
    Shape("jawForward", jaw="forward"),
    Shape("jawLeft", jaw="left"),
    Shape(
        "mouthFunnel",
        lips=Lips(
            corner=(-7.2, -1.1, 3.8),
            upper=(0, 3.2, 6.8),
            lower=(0, -4.4, 6.2),
            upper_edge=(0, 1.4, -1.6),
            lower_edge=(0, -1.4, -1.6),
            wide=3.4,
        ),
        pulls=(Pull((36, -66), (-4.0, 0, 1.0), 7, both=True),),
    ),
    Shape(
        "mouthPucker",
        lips=Lips(
            corner=(-12.4, -2.2, 5.0),
            upper=(0, -0.8, 9.0),
            lower=(0, 1.0, 8.8),
            upper_edge=(0, 1.6, -2.6),
            lower_edge=(0, -1.4, -2.6),
            wide=3.2,
        ),
        pulls=(Pull((36, -66), (-5.5, 0, 1.4), 7, both=True), Pull((0, -86), (0, 0.6, 1.2), 8)),
    ),
    Shape(
        "mouthLeft",
        lips=Lips(
            corner=(8.6, 3.0, -6.4), upper=(11.4, 0.4, -1.4), lower=(11.4, 0.2, -1.4), other=(10.9, -1.0, 1.5)
        ),
        pulls=(Pull((34, -62), (5.0, 2, -1.2), 7), Pull((-34, -64), (6.0, -0.5, 0.5), 7)),
        region=Region(MOUTH.middle, (68.0, 52.0, 66.0)),
    ),
    Shape(
        "mouthRollLower",
        lips=Lips(
            over=False,
            lower=(0, 2.6, -11.0),
            lower_edge=(0, 5.2, 5.6),
            corner=(0.2, 0, -0.8),
            upper=(0, 0.9, 0.2),
        ),
        pulls=(Pull((0, -84), (0, 2.4, 0), 9),),
    ),
    Shape(
        "mouthRollUpper",
        lips=Lips(
            over=False,
            upper=(0, -0.6, -4.6),
            upper_edge=(0, -5.0, 1.0),
            corner=(0.2, 0, -0.8),
            lower=(0, 0.2, -0.4),
        ),
        pulls=(Pull((0, -54), (0, -1.6, -0.8), 7),),
    ),
    Shape(
        "mouthShrugLower",
        lips=Lips(lower=(0, 4.6, 2.4), lower_edge=(0, 0.8, 1.0), upper=(0, 4.4, 1.8), corner=(0, -0.6, 0)),
        pulls=(Pull((0, -96), (0, 7.4, 2.2), 12),),
    ),
    Shape(
        "mouthShrugUpper",
        lips=Lips(upper=(0, 4.4, 1.8), upper_edge=(0, 0.8, 0.4), corner=(0, 0.4, 0)),
        pulls=(Pull((11, -41), (0.4, 1.2, 0), 5, both=True),),
    ),
    Shape(
        "au21NeckTightener",
        pulls=(
            Pull((30, -128), (4.0, 1.5, 4.0), 9, both=True, weight=0.1),
            Pull((14, -126), (2, 0, 4.5), 7, both=True, weight=0.1),
        ),
        region=Region((0.0, -130.0, -30.0), (72.0, 46.0, 70.0)),
    ),
    Shape(
        "au23LipTightener",
        lips=Lips(
            corner=(-1.8, 0, -0.4),
            upper=(0, 0, -0.4),
            lower=(0, 0, -0.4),
            upper_edge=(0, -3.2, 0.4),
            lower_edge=(0, 3.6, 0.4),
        ),
    ),
    Shape(
        "au38NostrilDilate",
        pulls=(Pull((11.5, -41), (2.4, 0.6, 0), 5, both=True, weight=0.2),),
        region=Region((0.0, -38.0, 26.0), (26.0, 20.0, 24.0)),
    ),
    Shape(
        "au39NostrilCompress",
        pulls=(Pull((11.5, -41), (-2.2, -0.8, 0), 5, both=True, weight=0.2),),
        region=Region((0.0, -38.0, 26.0), (26.0, 20.0, 24.0)),
    ),
)
