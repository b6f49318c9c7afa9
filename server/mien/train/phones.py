"""The sounds that models learn: one alphabet for every source of labels.

Dictionaries say ARPAbet, synthesisers say IPA in their own spellings. Both become the symbols of `poses.tsv`,
a diphthong or affricate becoming two, because the mouth makes two movements.
"""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

from mien.score import SHARES, Phoneset, base_symbols, is_pause
from mien.values import Phone

NEAREST = {
    "g": "ɡ", "ʀ": "x", "ʁ": "x", "ɣ": "x", "q": "k", "c": "k", "ɟ": "ɡ", "ɢ": "ɡ",
    "ɫ": "l", "ɭ": "l", "ʎ": "l", "ɾ": "d", "ʈ": "t", "ɖ": "d", "ɳ": "n", "ɲ": "n", "ɱ": "m",
    "ʋ": "v", "ɕ": "ʃ", "ʂ": "ʃ", "ʑ": "ʒ", "ʐ": "ʒ", "ɻ": "ɹ", "ɥ": "y", "ʍ": "w", "ɨ": "ɪ", "ᵻ": "ɪ",
    "ɯ": "ɪ", "ʏ": "y", "ʉ": "u", "ɵ": "ø", "œ": "ø", "ɒ": "ɔ", "ɘ": "ə", "ɤ": "ʌ", "ɐ": "ʌ", "ɚ": "ɝ",
    "ɜ": "ɝ", "ɦ": "h", "ħ": "h",
}  # fmt: skip
"""IPA letters that `poses.tsv` does not have, and the sound there that looks most like them."""


class Pose(NamedTuple):
    """One row of `poses.tsv`."""

    dominance: tuple[float, float, float, float]
    """How strongly the sound asks, for jaw, lips, rounding and tongue."""

    targets: dict[str, float]
    """Wanted value by channel stem: `mouthSmile` means both sides."""


def read_poses() -> dict[str, Pose]:
    """The table of poses by IPA symbol, in the file's order."""
    poses = {}
    for line in files("mien.train").joinpath("poses.tsv").read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        symbol, dominance, *targets = line.split("\t")
        jaw, lips, rounding, tongue = map(float, dominance.split())
        pairs = (word.split("=") for word in " ".join(targets).split())
        poses[symbol] = Pose((jaw, lips, rounding, tongue), {stem: float(value) for stem, value in pairs})
    return poses


POSES = read_poses()
SYMBOLS = tuple(POSES)
"""The alphabet: `sil` first. Phone posteriors have this order."""


def spell(label: str, alphabet: Phoneset) -> list[str] | None:
    """Symbols of `POSES` for a label in `arpabet` or `ipa`.

    Returns:
        `['sil']` for a pause, None for what we cannot hear.
    """
    if is_pause(label):
        return ["sil"]
    found = [NEAREST.get(letter, letter) for letter in base_symbols(label, alphabet)]
    merged = [a for a, b in zip(found, [None, *found], strict=False) if a != b and a in POSES]
    return merged[:3] or None


def sounds(phones: list[Phone], alphabet: Phoneset) -> list[Phone]:
    """`phones` spelled in our alphabet, compounds split in time; sounds nobody knows carry the label `?`."""
    parts = []
    for phone in phones:
        symbols = spell(phone.label, alphabet) or ["?"]
        start = phone.start
        for symbol, share in zip(symbols, SHARES[len(symbols)], strict=True):
            end = start + share * (phone.end - phone.start)
            parts.append(Phone(start, end, symbol))
            start = end
    return parts
