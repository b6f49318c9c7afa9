"""The models, rigs and characters that a server has, by name. A client names what is there; it never sends a
path."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from mien.character import Character, character_names, load_character, named_character
from mien.errors import ModelError, RigError, unknown
from mien.motion import Card, MotionModel, find_model, load_model, model_names, read_card
from mien.pipeline import DEFAULT_MODEL, DEFAULT_RIG
from mien.rig import Rig, find_rig, load_rig, rig_names


class Catalogue:
    """Loads each once and keeps it; any thread may ask.

    Args:
        model: What is meant by an empty name: a name, or a folder that whoever starts the server chose.
    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self._given = model
        self.default = model if model in model_names() else read_card(find_model(model)).name
        """The name of what is meant by an empty one."""
        self._models: dict[str | Path, MotionModel] = {}
        self._folders: dict[str, Path] = {}
        """Of rigs, by name."""
        self._rigs: dict[Path, Rig] = {}
        """By folder: characters may share one."""
        self._characters: dict[str, Character] = {}
        self._lock = Lock()

    def model(self, name: str = "") -> MotionModel:
        """The model called `name`.

        Raises:
            ModelError: There is none, or it does not load.
        """
        name = name or self.default
        with self._lock:
            if name not in self._models:
                if name not in self.model_names():
                    raise ModelError(unknown("model", name, self.model_names()))
                self._models[name] = load_model(self._folder(name))
            return self._models[name]

    def model_of(self, character: Character) -> MotionModel:
        """The model that `character` wants; it may be a folder, which whoever wrote the character chose.

        Raises:
            ModelError: It does not load.
        """
        wanted = character.model or ""
        if isinstance(wanted, str):
            return self.model(wanted)
        with self._lock:
            if wanted not in self._models:
                self._models[wanted] = load_model(wanted)
            return self._models[wanted]

    def card(self, name: str) -> Card:
        """What the model called `name` says of itself.

        Raises:
            ModelError: There is none, or it says nothing that can be read.
        """
        return read_card(self._folder(name))

    def _folder(self, name: str) -> Path:
        return find_model(self._given if name == self.default else name)

    def rig(self, name: str = "") -> Rig:
        """The rig called `name`.

        Raises:
            RigError: There is none, or its folder has a mistake in it.
        """
        name = name or DEFAULT_RIG
        with self._lock:
            if name not in self._folders:
                if name not in rig_names():
                    raise RigError(unknown("rig", name, rig_names()))
                self._folders[name] = find_rig(name)
            return self._rig_in(self._folders[name])

    def _rig_in(self, folder: Path) -> Rig:
        if folder not in self._rigs:
            self._rigs[folder] = load_rig(folder)
        return self._rigs[folder]

    def character(self, name: str) -> Character:
        """The character called `name`.

        Raises:
            CharacterError: There is none, or its file has a mistake in it.
            RigError: Its rig has.
        """
        with self._lock:
            if name not in self._characters:
                self._characters[name] = load_character(named_character(name), self._rig_in)
            return self._characters[name]

    def model_names(self) -> tuple[str, ...]:
        """Every model there is, the default one first."""
        return (self.default, *(name for name in model_names() if name != self.default))

    def character_names(self) -> tuple[str, ...]:
        """Every character there is."""
        return character_names()

    def rig_names(self) -> tuple[str, ...]:
        """Every rig there is."""
        return tuple(rig_names())
