"""The rig room: motion to the curves of any rig, which is data."""

from mien.rig.back import motion_of
from mien.rig.find import find_rig, rig_names
from mien.rig.fit import drive, fit, frames_ready, resample, resample_rows
from mien.rig.frames import FrameClock
from mien.rig.load import load_rig
from mien.rig.mesh import mesh_of
from mien.rig.rig import Bone, Contact, Curve, Drive, Factor, Poses, Rig, Source, Term

__all__ = [
    "Bone",
    "Contact",
    "Curve",
    "Drive",
    "Factor",
    "FrameClock",
    "Poses",
    "Rig",
    "Source",
    "Term",
    "drive",
    "find_rig",
    "fit",
    "frames_ready",
    "load_rig",
    "mesh_of",
    "motion_of",
    "resample",
    "resample_rows",
    "rig_names",
]
