"""The models and rigs that a server has, by name. A client names what is there; it never sends a path."""

from __future__ import annotations

from threading import Lock

from mien.errors import ModelError, RigError, unknown
from mien.motion import MotionModel, find_model, load_model, model_names
from mien.pipeline import DEFAULT_MODEL, DEFAULT_RIG
from mien.rig import Rig, find_rig, load_rig, rig_names


class Catalogue:
    """Loads each once and keeps it; any thread may ask.

    Args:
        model: What is meant by an empty name: a name, or a folder that whoever starts the server chose.
    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self.default_model = model
        self._models: dict[str, MotionModel] = {}
        self._rigs: dict[str, Rig] = {}
        self._lock = Lock()

    def model(self, name: str = "") -> MotionModel:
        """The model called `name`.

        Raises:
            ModelError: There is none, or it does not load.
        """
        name = name or self.default_model
        with self._lock:
            if name not in self._models:
                if name != self.default_model and name not in model_names():
                    raise ModelError(unknown("model", name, model_names()))
                self._models[name] = load_model(find_model(name))
            return self._models[name]

    def rig(self, name: str = "") -> Rig:
        """The rig called `name`.

        Raises:
            RigError: There is none, or its folder has a mistake in it.
        """
        name = name or DEFAULT_RIG
        with self._lock:
            if name not in self._rigs:
                if name not in rig_names():
                    raise RigError(unknown("rig", name, rig_names()))
                self._rigs[name] = load_rig(find_rig(name))
            return self._rigs[name]

    def model_names(self) -> tuple[str, ...]:
        """Every model there is, the default one first."""
        names = [name for name in model_names() if name != self.default_model]
        return (self.default_model, *names)

    def rig_names(self) -> tuple[str, ...]:
        """Every rig there is."""
        return tuple(rig_names())
