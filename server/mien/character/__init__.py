"""Characters: who speaks, in one file. A rig, and how far this face moves on it."""

from mien.character.character import MOST_SEED, Character
from mien.character.find import character_names, find_character, named_character
from mien.character.load import load_character

__all__ = ["MOST_SEED", "Character", "character_names", "find_character", "load_character", "named_character"]
