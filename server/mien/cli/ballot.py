"""`mien ballot`: a page that asks which of two performances people prefer, and what they answered."""

from __future__ import annotations

from pathlib import Path

from mien.errors import OptionError
from mien.preview.ballot import QUESTION, names_of, pairs_in, write_ballot
from mien.preview.votes import said, tally


def make_ballot(
    folders: list[Path], out: Path | None, names: str | None, title: str | None, question: str | None
) -> None:
    """Writes the page for two folders of films.

    Raises:
        OptionError: Not two folders, no place for the page, or names that are none.
    """
    if len(folders) != 2:
        raise OptionError(
            f"A ballot is between two folders of films, and {len(folders)} came; "
            "write mien ballot A B -o page."
        )
    if out is None:
        raise OptionError("A ballot is a folder of its own; write -o and a name that is new.")
    first, second = folders
    systems = names_of(first, second, names)
    pairs = pairs_in(first, second)
    told = write_ballot(pairs, systems, out, title or "Which is better?", question or QUESTION)
    lines = f"{len(pairs)} line{'s' * (len(pairs) != 1)}"
    print(f"{out / 'index.html'}: {lines}, {systems[0]} or {systems[1]}; ballot {told['id']}")
    print("  Open it in a browser, mail the folder or put it on a web server; count what people save with")
    print("  mien ballot --count votes-*.json")


def count_votes(paths: list[Path], out: Path | None, words: list[str | None]) -> None:
    """Prints the result of a ballot.

    Raises:
        OptionError: Options of the page, which is there already.
    """
    if out is not None or any(word is not None for word in words):
        raise OptionError("--count only reads answers; leave -o, --names, --title and --question out.")
    print("\n".join(said(tally(paths))))
