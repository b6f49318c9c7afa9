"""Names of shapes to words, and words to meanings.

`blendShape1.mouth_smileL` is cut at signs and capitals; `mouth`, `smile` and `left` are meanings the lexicon
knows, `shape` is noise, anything else is kept as it is, marked as unknown.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

WORD: Final = re.compile(
    r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[\u3041-\u30ff\u3400-\u9fff々]+|[^\W\d_A-Za-z\u3041-\u30ff\u3400-\u9fff々]+"
)
JAPANESE: Final = re.compile(r"[\u3041-\u30ff\u3400-\u9fff々]")
SPACE: Final = re.compile(rf"[.:|](?=[^.:|]*(?:[^\W\d_]{{3}}|{JAPANESE.pattern}))")
"""What ends the name of a mesh; the dot before a side or a number, `Blink.L`, does not."""

SIDES: Final = ("left", "right")
LONGEST: Final = 200
"""Letters of a name that are read; the rest never says more."""

CLOSE: Final = 0.84
"""How alike a word must be to one in the lexicon to be a slip of the pen: `forewad` is, `former` is not."""


def compact(text: str) -> str:
    """`text` without case, signs and width: two spellings of one name come out equal."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What words mean."""

    meanings: Mapping[str, tuple[str, ...]]
    """By word; Japanese phrases stand apart, in `phrases`."""

    phrases: Mapping[str, tuple[str, ...]]
    noise: frozenset[str]
    parts: frozenset[str]
    """Meanings that are parts of a face; one that stands before another is a drawer, `Mouth_Tongue_Out`."""

    opposites: frozenset[tuple[str, ...]]
    """Two ends of one control, the positive one first."""

    quarters: Mapping[str, tuple[str, ...]]
    late_quarters: Mapping[str, tuple[str, ...]]
    """Quarters only where `lb` or `rb` stand beside them; `lt` alone is the left."""

    viewers: frozenset[str]
    """Words that make a side the onlooker's."""

    prefixes: tuple[str, ...]
    by_letter: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words of five letters and more by their first, for slips of the pen."""

    @classmethod
    def of(cls, rows: Mapping[str, Any]) -> Lexicon:
        """The lexicon in `words.json`."""
        meanings = {word: (meaning,) for meaning, words in rows["words"].items() for word in words.split()}
        by_letter: dict[str, list[str]] = {}
        for word in meanings:
            if len(word) >= 5:
                by_letter.setdefault(word[0], []).append(word)
        return cls(
            meanings,
            {phrase: tuple(words.split()) for phrase, words in rows["phrases"].items()},
            frozenset(rows["noise"].split()),
            frozenset(rows["parts"].split()),
            frozenset(tuple(pair.split()) for pair in rows["opposites"]),
            {word: tuple(words.split()) for word, words in rows["quarters"].items()},
            {word: tuple(words.split()) for word, words in rows["quarters_beside_lb_rb"].items()},
            frozenset(rows["viewers"].split()),
            tuple(sorted(rows["prefixes"], key=len, reverse=True)),
            {letter: tuple(words) for letter, words in by_letter.items()},
        )


@dataclass(frozen=True, slots=True)
class Spelled:
    """A name taken apart."""

    words: tuple[str, ...]
    """As spelled, casefolded, in order; numbers and noise too."""

    before: int
    """How many of `words` stand before the last `.`, `:` or `|`."""

    meanings: tuple[str, ...]
    """In order, without numbers and noise; an unknown word as `?word`."""

    inside: int
    """Where the meanings begin that stand behind the last `.`, `:` or `|`."""

    numbers: tuple[str, ...]
    """Numbers behind a word, in order."""

    mended: str = ""
    """A slip of the pen that was taken for a word: `forewad = forward`."""


class Reader:
    """Takes names apart; remembers words, so that a thousand names of one rig cost little."""

    OTHER: ClassVar = {"left": "right", "right": "left"}

    def __init__(self, lexicon: Lexicon, names: Iterable[str]) -> None:
        self.lexicon = lexicon
        self._read: dict[str, Spelled] = {}
        self._known: dict[str, tuple[str, ...]] = {}
        marks = "|".join(map(re.escape, lexicon.prefixes))
        self._marks = re.compile(rf"(?:(?<=[\W_])|^)(?:{marks})(?=.)")
        cut = [self.words(name) for name in names]
        counts = Counter(word for words in cut for word in set(words))
        self.quarters = dict(lexicon.quarters)
        if counts["lb"] or counts["rb"]:
            self.quarters |= lexicon.late_quarters
        enough = max(3, len(cut) // 10)
        self.shared = frozenset(word for word, count in counts.items() if count >= enough)
        """Words in many of the names: part of the rig's way of naming, even if nobody knows them."""

    def words(self, name: str) -> tuple[str, ...]:
        """`name` cut into words, in small letters; marks of a tool (`eCTRL`) are left out."""
        return tuple(word for word, _ in self._cut(name))

    def _cut(self, name: str) -> list[tuple[str, bool]]:
        """Words, and whether each stands behind the name of the mesh."""
        text = self._marks.sub(" ", unicodedata.normalize("NFKC", name[:LONGEST]))
        space = max((sign.start() for sign in SPACE.finditer(text)), default=-1)
        return [(word[0].casefold(), word.start() > space) for word in WORD.finditer(text)]

    def read(self, name: str) -> Spelled:
        """`name` with the meaning of each word."""
        if name not in self._read:
            self._read[name] = self._spelled(self._cut(name))
        return self._read[name]

    def _spelled(self, cut: list[tuple[str, bool]]) -> Spelled:
        meanings: list[str] = []
        numbers: list[str] = []
        mended, inside = "", 0
        for index, (word, behind) in enumerate(cut):
            if word.isdigit():
                numbers += [word] if behind and len(meanings) > inside else []
            elif word in self.quarters and index and index == len(cut) - 1:
                meanings += self.quarters[word]
            elif word not in self.lexicon.noise:
                known = self._meanings(word)
                if known == (f"?{word}",) and (better := self._mend(word)):
                    mended, known = f"{word} = {better}", self.lexicon.meanings[better]
                meanings += known
            inside = inside if behind else len(meanings)
        words = tuple(word for word, _ in cut)
        before = sum(not behind for _, behind in cut)
        return Spelled(words, before, tuple(meanings), inside, tuple(numbers), mended)

    def sided(self, name: str) -> tuple[str, ...]:
        """The words of `name`, with `left` or `right` in place of each word that says so."""
        key: list[str] = []
        for word in self.words(name):
            found = self.quarters.get(word) or self._meanings(word)
            key += found if set(found) & set(SIDES) else (word,)
        return tuple(key)

    def side(self, name: str) -> str:
        """The side that `name` belongs to. Where two stand, `Eye_L_Look_R`, the one that is no direction."""
        meanings = self.sided(name)
        at = sides_in(meanings)
        way = way_of(meanings, at) if len(at) == 2 else None
        return next((meanings[one] for one in at if one != way), "")

    def _meanings(self, word: str) -> tuple[str, ...]:
        if word not in self._known:
            self._known[word] = self._look_up(word)
        return self._known[word]

    def _look_up(self, word: str) -> tuple[str, ...]:
        lexicon = self.lexicon
        if word in lexicon.meanings:
            return lexicon.meanings[word]
        if JAPANESE.match(word):
            return tuple(_phrases(word, lexicon.phrases))
        if word in lexicon.viewers:
            return (f"?{word}",)
        return _joined(word, lexicon.meanings, lexicon.noise) or (f"?{word}",)

    def _mend(self, word: str) -> str:
        """The word in the lexicon that `word` was meant to be, or nothing."""
        if len(word) < 5 or word in self.shared:
            return ""
        for known in self.lexicon.by_letter.get(word[0], ()):
            if abs(len(known) - len(word)) <= 1:
                match = difflib.SequenceMatcher(None, word, known)
                if match.quick_ratio() >= CLOSE and match.ratio() >= CLOSE:
                    return known
        return ""


def _phrases(text: str, phrases: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Japanese cut by the longest phrase that fits; letters that fit none stay together as one unknown."""
    found: list[str] = []
    strange, at = "", 0
    longest = max(map(len, phrases))
    while at < len(text):
        size = next((n for n in range(longest, 0, -1) if text[at : at + n] in phrases), 0)
        if not size:
            strange, at = strange + text[at], at + 1
            continue
        found += [f"?{strange}"] if strange else []
        found += phrases[text[at : at + size]]
        strange, at = "", at + size
    return [*found, f"?{strange}"] if strange else found


def _joined(word: str, meanings: Mapping[str, tuple[str, ...]], noise: frozenset[str]) -> tuple[str, ...]:
    """Meanings of words written as one, `jawopen` or `upperlipraise`; nothing unless every letter fits."""
    if not 5 <= len(word) <= 40 or not word.isascii():
        return ()
    ways: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(2, len(word) + 1):
        for start in range(max(0, end - 10), end):
            before, piece = ways[start], word[start:end]
            if before is None or not (piece in meanings or piece in noise):
                continue
            if len(piece) >= 3 or piece in ("up", "in") or (piece in "lr" and end == len(word)):
                way = before if piece in noise else (*before, *meanings[piece])
                if ways[end] is None or len(way) < len(ways[end] or ()):
                    ways[end] = way
    found = ways[-1] or ()
    return () if set(SIDES) <= set(found) else found  # `rightleft` is an axis, not a side


def sides_in(meanings: Sequence[str]) -> list[int]:
    """Where `left` and `right` stand."""
    return [index for index, meaning in enumerate(meanings) if meaning in SIDES]


def way_of(meanings: Sequence[str], sides: list[int]) -> int | None:
    """Which of one or two sides says where the eye looks, not which eye it is."""
    after = next((at for at in sides if at and meanings[at - 1] in ("look", "looks", "turn")), None)
    if after is not None:
        return after
    return sides[1] if len(sides) == 2 else None
