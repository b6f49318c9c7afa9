"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Sequence

from mien.character import Character, load_character
from mien.errors import OptionError
from mien.layers import check_control, check_strengths
from mien.values import Control


def layers_and_controls(texts: Sequence[str]) -> tuple[dict[str, float], tuple[Control, ...]]:
    """What `--layer` was given: strengths from the beginning, and changes at their times.

    Raises:
        OptionError: Not NAME=STRENGTH[@SECONDS], a layer nobody has, a number outside its range.
    """
    layers: dict[str, float] = {}
    controls = []
    for text in texts:
        name, strength, at = _parts(text)
        if at is None:
            layers[name] = strength
        else:
            controls.append(check_control(Control({name: strength}, at), f"--layer {text}"))
    check_strengths(layers, "--layer")
    return layers, tuple(controls)


def character_of(given: str | None) -> Character | None:
    """Who `--character` names: a file, or a name in `MIEN_HOME/characters`.

    Raises:
        CharacterError: There is no such character, or its file has a mistake in it.
    """
    return None if given is None else load_character(given)


def _parts(text: str) -> tuple[str, float, float | None]:
    name, _, value = text.partition("=")
    strength, timed, at = value.partition("@")
    try:
        return name, float(strength), float(at) if timed else None
    except ValueError:
        raise OptionError(
            f"--layer {text}: write NAME=STRENGTH or NAME=STRENGTH@SECONDS, as in articulation=0.7@1.5."
        ) from None
