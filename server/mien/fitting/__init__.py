"""A rig fitted to a mesh: edges that meet, curves that go as far as a face does, and what is wrong with
it."""

from mien.fitting.fit import CONTACTS, Fitted, Given, fit_to_mesh
from mien.fitting.report import Report, Seal

__all__ = ["CONTACTS", "Fitted", "Given", "Report", "Seal", "fit_to_mesh"]
