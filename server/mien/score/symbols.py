"""What each phone asks of the lips: a table of IPA base symbols, and how to come there from other labels."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from math import nan
from typing import Final, Literal, NamedTuple

Phoneset = Literal["arpabet", "ipa"]


class Symbol(NamedTuple):
    """One IPA base symbol, as far as it can be seen. `nan` is "do not ask"."""

    openness: float
    """0 lips touch, 1 lip meets teeth, then 2..6 from `s` to `a`."""

    rounded: float
    """1 rounded, 0 not."""

    spread: float
    """1 spread, 0 not."""

    voiced: float
    """1 voiced, 0 not."""

    ignored: float = 0.0
    """1: leave this time out of every score."""


LEFT_OUT: Final = Symbol(nan, nan, nan, 0, 1)
"""Noise, laughter, labels that nobody knows."""

_TABLE = """
open round spread voiced  symbols
 0    0     -     0       p
 0    0     -     1       b m
 1    0     -     0       f
 1    0     -     1       v ʋ ɱ
 2    0     1     0       s
 2    0     1     1       z
 2    0     -     0       t ʈ c θ
 2    0     -     1       d ɖ ɟ n ɲ ɳ l ɫ ɭ ʎ ɾ ð
 2    -     -     0       ʃ ɕ ʂ
 2    -     -     1       ʒ ʑ ʐ
 2    1     0     1       w ʍ ɥ
 3    0     -     0       k x q
 3    0     -     1       ɡ g ŋ ɣ ɢ r ʀ ʁ ɨ
 3    0     1     1       j i ɪ ᵻ
 3    -     -     1       ɹ ɻ ɯ
 3    1     0     1       y ʏ ʉ ɵ u ʊ
 4    0     -     1       e ə ɘ ɤ
 4    1     0     1       o ø œ
 4    -     -     1       ɚ ɝ ɜ
 5    0     0     1       ɛ ʌ ɐ
 5    1     0     1       ɔ ɒ
 6    0     0     1       æ a ɑ
 -    -     -     0       h ɦ ħ ʔ
"""


def _read_table() -> dict[str, Symbol]:
    rows = [line.split() for line in _TABLE.strip().splitlines()[1:]]
    return {
        symbol: Symbol(*(nan if cell == "-" else float(cell) for cell in row[:4]))
        for row in rows
        for symbol in row[4:]
    }


SYMBOLS: Final = {
    **_read_table(),
    # Lips that nearly touch: neither a closure nor a fault.
    "ɸ": Symbol(nan, nan, nan, 0, 1),
    "β": Symbol(nan, nan, nan, 1, 1),
}
"""By IPA base symbol. `ç` is read as `c`: its cedilla counts as a diacritic."""

_ARPABET = """
aa=ɑ ae=æ ah=ʌ ao=ɔ aw=aʊ ax=ə ax-h=ə axr=ɚ ay=aɪ eh=ɛ er=ɝ ey=eɪ ih=ɪ ix=ɨ iy=i ow=oʊ oy=ɔɪ uh=ʊ uw=u ux=ʉ
b=b d=d g=ɡ k=k p=p t=t bcl=b dcl=d gcl=ɡ kcl=k pcl=p tcl=t dx=ɾ q=ʔ ch=tʃ jh=dʒ
dh=ð f=f hh=h hv=h s=s sh=ʃ th=θ v=v z=z zh=ʒ
el=l em=m en=n eng=ŋ l=l m=m n=n ng=ŋ nx=n r=ɹ w=w wh=w y=j
"""

ARPABET: Final = {label: symbols for label, _, symbols in (cell.partition("=") for cell in _ARPABET.split())}
"""IPA base symbols by ARPAbet or TIMIT label, lower case, without stress."""

_PAUSES = "# #h <sil> _ br brth epi h# pau pause sil silence sp spn-sil ssil"
PAUSES: Final = frozenset({"", *_PAUSES.split()})
"""Labels of silence, lower case."""

NOISES: Final = frozenset({"+nsn+", "+spn+", "<unk>", "?", "lau", "nsn", "spn"})
"""Labels of sound that is no phone, lower case."""


def is_pause(label: str) -> bool:
    """Whether `label` means silence."""
    return label.strip().lower() in PAUSES


def is_noise(label: str) -> bool:
    """Whether `label` means sound that is no phone."""
    return label.strip().lower() in NOISES


def is_closure_part(label: str, phoneset: Phoneset) -> bool:
    """Whether `label` is a stop's closure alone: TIMIT gives its release another label (`pcl`, then `p`)."""
    return phoneset == "arpabet" and _arpabet_key(label).endswith("cl")


def base_symbols(label: str, phoneset: Phoneset) -> str:
    """The IPA base symbols of `label`, in the order they are said: two in a diphthong, none if unknown."""
    if is_noise(label):
        return ""
    return ARPABET.get(_arpabet_key(label), "") if phoneset == "arpabet" else _ipa_bases(label)


def phoneset_of(labels: Iterable[str]) -> Phoneset:
    """The alphabet that knows more of `labels`; ARPAbet if both know as many (`k`, `s`, `t`)."""
    said = {label for label in labels if not is_pause(label)}
    arpabet = sum(_arpabet_key(label) in ARPABET for label in said)
    ipa = sum(bool(_ipa_bases(label)) for label in said)
    return "ipa" if ipa > arpabet else "arpabet"


def _arpabet_key(label: str) -> str:
    return label.strip().lower().rstrip("0123456789")


def _ipa_bases(label: str) -> str:
    """Known letters without diacritics, length marks and ties; the same one twice in a row is one."""
    letters = [letter for letter in unicodedata.normalize("NFD", label) if letter in SYMBOLS]
    return "".join(now for before, now in zip(["", *letters], letters, strict=False) if now != before)
