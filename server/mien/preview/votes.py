"""Counting the answers of a ballot: who is preferred, how surely, line by line and in all.

Of n answers that are no tie, k prefer the second system. The interval is Wilson's, which holds for few
answers and for unanimous ones; p is that of the sign test, exact and two-sided: how often a fair coin would
be at least as one-sided. Answers of one participant resemble one another, so the last row counts participants
instead, each once, for what they preferred more often; with few participants, believe that one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

import msgspec

from mien.errors import FileError

SCHEMA: Final = 1
KIND: Final = "mien ballot votes"
SURE: Final = 1.959964
"""Standard deviations within which 95 of 100 lie."""


class Vote(msgspec.Struct, frozen=True):
    """One answer."""

    line: str
    left: str
    right: str
    choice: Literal["left", "right", "none"]

    @property
    def prefers(self) -> str | None:
        """The name of the system; None for a tie."""
        return {"left": self.left, "right": self.right, "none": None}[self.choice]


class Votes(msgspec.Struct, frozen=True):
    """The answers of one participant, as the page saves them."""

    schema: int
    kind: str
    ballot: str
    """Of which ballot: the same for the same films, names and words."""

    title: str
    systems: tuple[str, str]
    lines: int
    """How many the ballot has; fewer answers mean that somebody stopped."""

    participant: str
    votes: list[Vote]


@dataclass(frozen=True, slots=True)
class Count:
    """Answers to one line, or to all."""

    of: str
    first: int
    """How many prefer the first system."""

    second: int
    ties: int

    @property
    def share(self) -> float:
        """Of those who have a preference, the share that prefers the second system; nan if nobody has."""
        decided = self.first + self.second
        return self.second / decided if decided else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of `share`; 0..1 if nobody has a preference."""
        return wilson(self.second, self.first + self.second)

    @property
    def p(self) -> float:
        """Of the sign test."""
        return sign_test(self.first, self.second)


@dataclass(frozen=True, slots=True)
class Tally:
    """A ballot, counted."""

    title: str
    systems: tuple[str, str]
    participants: int
    unfinished: int
    """Participants who did not answer to every line."""

    lines: tuple[Count, ...]
    """By name."""

    whole: Count
    by_participant: Count
    """Each participant once; a tie is as many answers for one as for the other."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share.

    Source:
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    if not of:
        return 0.0, 1.0
    share, z = hits / of, SURE**2 / of
    middle, half = share + z / 2, math.sqrt(z * share * (1 - share) + z * z / 4)
    return max(0.0, (middle - half) / (1 + z)), min(1.0, (middle + half) / (1 + z))


def sign_test(first: int, second: int) -> float:
    """How likely a fair coin is at least as one-sided, either way."""
    tosses, fewer = first + second, min(first, second)
    tail = sum(math.comb(tosses, k) for k in range(fewer + 1))
    return min(1.0, float(Fraction(2 * tail, 2**tosses)))


def read_votes(path: Path) -> Votes:
    """The answers in `path`.

    Raises:
        FileError: No such file, another kind of file, from a newer Mien, or one that contradicts itself.
    """
    try:
        votes = msgspec.json.decode(path.read_bytes(), type=Votes)
    except OSError as problem:
        raise FileError(f"{path}: cannot be read: {problem.strerror}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise FileError(
            f"{path}: is no file of answers; the ballot's last page saves one (JSON, not the CSV)."
        ) from None
    if votes.kind != KIND:
        raise FileError(f"{path}: is a '{votes.kind[:40]}', not '{KIND}'; the ballot's last page saves one.")
    if votes.schema != SCHEMA:
        raise FileError(f"{path}: schema {votes.schema}, and this Mien reads {SCHEMA}; update Mien.")
    _check(votes, path)
    return votes


def _check(votes: Votes, path: Path) -> None:
    names = [vote.line for vote in votes.votes]
    again = next((name for name in names if names.count(name) > 1), None)
    if again is not None:
        raise FileError(f"{path}: answers twice to '{again}'; somebody changed it, so leave it out.")
    if len(names) > votes.lines:
        raise FileError(f"{path}: has {len(names)} answers to {votes.lines} lines; leave it out.")
    for vote in votes.votes:
        if sorted((vote.left, vote.right)) != sorted(votes.systems):
            raise FileError(
                f"{path}: '{vote.line}' is between '{vote.left}' and '{vote.right}', the ballot between "
                f"'{votes.systems[0]}' and '{votes.systems[1]}'; leave it out."
            )


def tally(paths: Sequence[Path]) -> Tally:
    """The answers in all of `paths`, counted.

    Raises:
        FileError: As from `read_votes`, answers to different ballots, or twice those of one participant.
    """
    read = {path: read_votes(path) for path in paths}
    first = next(iter(read))
    by_whom: dict[str, Path] = {}
    for path, votes in read.items():
        if (votes.ballot, *sorted(votes.systems)) != (read[first].ballot, *sorted(read[first].systems)):
            raise FileError(
                f"{path} answers another ballot ('{votes.title}', {votes.ballot}) than {first} "
                f"('{read[first].title}', {read[first].ballot}); count them apart."
            )
        if (before := by_whom.setdefault(votes.participant, path)) != path:
            raise FileError(f"{before} and {path} are of one participant; leave one out.")
    return _counted([*read.values()])


def _counted(all_votes: list[Votes]) -> Tally:
    systems = all_votes[0].systems
    each = [vote for votes in all_votes for vote in votes.votes]
    names = sorted({vote.line for vote in each})
    mostly = [_mostly(count(votes.participant, votes.votes, systems), systems) for votes in all_votes]
    return Tally(
        title=all_votes[0].title,
        systems=systems,
        participants=len(all_votes),
        unfinished=sum(len(votes.votes) < votes.lines for votes in all_votes),
        lines=tuple(count(name, (vote for vote in each if vote.line == name), systems) for name in names),
        whole=count("all", each, systems),
        by_participant=Count("participants", *(mostly.count(name) for name in (*systems, None))),
    )


def count(of: str, votes: Iterable[Vote], systems: tuple[str, str]) -> Count:
    """The answers `votes`."""
    chosen = [vote.prefers for vote in votes]
    return Count(of, chosen.count(systems[0]), chosen.count(systems[1]), chosen.count(None))


def _mostly(own: Count, systems: tuple[str, str]) -> str | None:
    return None if own.first == own.second else systems[own.second > own.first]


# Said


def said(found: Tally) -> Iterator[str]:
    """The result as lines of a table."""
    first, second = found.systems
    people = f"{found.participants} participant{'s' * (found.participants != 1)}"
    stopped = f", {found.unfinished} of whom stopped early" if found.unfinished else ""
    yield f"{found.title}: {first} or {second}? {people}{stopped}"
    rows: list[tuple[str, ...]] = [("", first, second, "tie", f"prefer {second}", "95 %", "p")]
    rows += [_row(each) for each in (*found.lines, found.whole, found.by_participant)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join((row[0].ljust(widths[0]), *cells)).rstrip()


def _row(each: Count) -> tuple[str, ...]:
    low, high = each.interval
    share = "" if math.isnan(each.share) else f"{each.share:.0%}"
    between = f"{low:.0%}..{high:.0%}" if share else ""
    p = f"{each.p:.3f}" if share else ""
    return each.of, str(each.first), str(each.second), str(each.ties), share, between, p
