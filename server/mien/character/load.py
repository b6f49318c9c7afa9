"""The one loader of characters: reads the file, checks all, explains every mistake.

    schema = 1
    rig = "arkit"                   a rig's name, or its folder, seen from this file
    model = "mien-live"             likewise; optional, as all that follows
    seed = 7
    mood = {joy = 0.2}              or "calm"
    manner = "reserved"
    asymmetry = {mouth = 0.1}       by group of the rig, or one number for all: left x 1.1, right x 0.9

    [style]                         strengths of layers
    articulation = 1.1

    [gains]                         what movement from rest is multiplied by
    jawOpen = 0.8
    brow = 1.3

    [limits]                        within the rig's own
    mouthSmileLeft = [0, 0.6]

Gains and limits go by curve or by group. A curve's own entry replaces those of its groups; entries of several
groups all count: gains are multiplied, limits are the narrowest. Lips and lids still shut: what closes them
takes no part in groups and asymmetry, and is changed by its own name alone. Nor does asymmetry turn one eye
farther than the other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from mien.character.character import MOST_SEED, Character, Mood
from mien.character.find import find_character
from mien.character.read import as_character, read_toml
from mien.character.reshape import check_moves, reshaped
from mien.character.tables import asymmetry_in, gains_in, limits_in
from mien.errors import CharacterError, unknown
from mien.layers import check_strengths
from mien.motion import model_names
from mien.rig import Rig, find_rig, load_rig, rig_names
from mien.rig.read import brief, check_schema, is_folder, label_text, shown, typed

SCHEMA: Final = 1
"""Version of the file that is written and the newest that is read."""

MOST_MOOD: Final = 2.0
"""Of one emotion: 1 as designed."""


class CharacterFile(Struct, forbid_unknown_fields=True):
    """The parts are typed one by one, so that a message can name them."""

    schema: int
    rig: str
    model: str | UnsetType = UNSET
    seed: Any = None
    mood: Any = UNSET
    manner: str | UnsetType = UNSET
    asymmetry: Any = 0.0
    style: dict[str, Any] = {}
    gains: dict[str, Any] = {}
    limits: dict[str, Any] = {}


def load_character(given: str | os.PathLike[str], load: Callable[[Path], Rig] = load_rig) -> Character:
    """The character in a file, checked to the last key.

    Args:
        given: A path; or the name of a file in `MIEN_HOME/characters`, without `.toml`.
        load: Gives the rig in a folder.
    Raises:
        CharacterError: There is no such character, or anything is wrong with its file, in one sentence with
            file, key and the nearest name.
        RigError: Its rig has a mistake in it.
    """
    path = find_character(given)
    where = shown(path)
    with as_character():
        content = read_toml(path, where)
        if "schema" not in content:
            raise CharacterError(f"{where}: the key 'schema' is missing; begin with: schema = {SCHEMA}")
        check_schema(content, "schema", SCHEMA, where)
        file = typed(content, CharacterFile, where)
        folder = _rig_folder(file.rig, path.parent, f"{where}: rig")
    rig = load(folder)
    with as_character():
        return Character(
            name=label_text(path.stem, "the name of the file", where),
            rig=_reshaped(file, rig, where),
            model=_model(file.model, path.parent, f"{where}: model"),
            seed=_seed(file.seed, where),
            style=_strengths(file.style, f"{where}: style"),
            mood=_mood(file.mood, f"{where}: mood"),
            manner="" if isinstance(file.manner, UnsetType) else label_text(file.manner, "the manner", where),
        )


def _rig_folder(name: str, here: Path, where: str) -> Path:
    """A rig that Mien knows by name, else a folder, seen from the character's."""
    label_text(name, "the rig", where)
    return find_rig(name) if name in rig_names() else _folder("rig", name, rig_names(), here, where)


def _model(name: str | UnsetType, here: Path, where: str) -> str | Path | None:
    if isinstance(name, UnsetType):
        return None
    label_text(name, "the model", where)
    return name if name in model_names() else _folder("model", name, model_names(), here, where)


def _folder(what: str, name: str, names: Collection[str], here: Path, where: str) -> Path:
    folder = here / Path(name).expanduser()
    if is_folder(folder):
        return folder.resolve()
    if len(Path(name).parts) > 1:
        raise CharacterError(f"{where}: {shown(folder)} is not a folder; paths are seen from this file.")
    raise CharacterError(f"{where}: {unknown(what, name, names)}")


def _reshaped(file: CharacterFile, rig: Rig, where: str) -> Rig:
    """The rig as this character wears it."""
    gains = gains_in(file.gains, rig, f"{where}: gains")
    sides = asymmetry_in(file.asymmetry, rig, f"{where}: asymmetry")
    limits = limits_in(file.limits, rig, f"{where}: limits")
    check_moves(rig, gains, limits, f"{where}: limits")
    return reshaped(rig, {name: gains[name] * sides[name] for name in rig.names}, limits)


def _seed(seed: Any, where: str) -> int | None:
    if seed is None:
        return None
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MOST_SEED:
        raise CharacterError(f"{where}: 'seed' is {brief(seed)}; wanted a whole number 0..{MOST_SEED}.")
    return seed


def _strengths(table: Mapping[str, Any], where: str) -> Mapping[str, float]:
    return check_strengths(
        {name: typed(value, float, f"{where}: '{name}'") for name, value in table.items()}, where
    )


def _mood(given: Any, where: str) -> Mood:
    """A name, or numbers by name; whether there is such an emotion is for later to say."""
    if isinstance(given, UnsetType):
        return {}
    if isinstance(given, str):
        return label_text(given, "the mood", where)
    table = typed(given, dict[str, Any], where)
    return {label_text(name, "a name", where): _share(name, share, where) for name, share in table.items()}


def _share(name: str, given: Any, where: str) -> float:
    share = typed(given, float, f"{where}: '{name}'")
    if not 0 <= share <= MOST_MOOD:  # NaN too
        raise CharacterError(f"{where}: '{name}' is {share:g}; wanted a number 0..{MOST_MOOD:g}.")
    return share
