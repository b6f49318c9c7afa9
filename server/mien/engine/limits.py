"""What a server allows; more is refused by the limit's name."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

from mien.errors import LimitError, OptionError, unknown


@dataclass(frozen=True, slots=True)
class Limits:
    """Each holds in each worker process."""

    message_bytes: int = 4 << 20
    """Size of one message, and of one piece of sound in it."""

    stream_seconds: float = 3600.0
    """Length of a stream, in sound and on the clock."""

    idle_seconds: float = 60.0
    """How long a stream may go without a message from its client, or an answer may wait to be taken."""

    unread_bytes: int = 16 << 20
    """Frames of one stream that wait because its client does not read them. A client may write a whole line
    before it reads the first frame; 16 MiB are 20 minutes of 52 curves at 60 frames a second."""

    streams: int = 400
    """Streams at once."""

    streams_per_client: int = 200
    """Streams at once from one address."""

    bakes: int = 32
    """Bakes at once, those that are sent, wait or are answered included."""

    bakes_per_client: int = 16
    """The same from one address."""

    upload_seconds: float = 900.0
    """How long the sound of a bake may take to come."""

    bake_bytes: int = 2 << 30
    """Sound of one bake as it comes."""

    bake_seconds: float = 4 * 3600.0
    """Sound of one bake."""

    @classmethod
    def from_pairs(cls, pairs: list[str]) -> Self:
        """Limits changed by `NAME=NUMBER`.

        Raises:
            OptionError: A limit nobody has, or no positive number.
        """
        names = {field.name: field.type for field in fields(cls)}
        changed: dict[str, float] = {}
        for pair in pairs:
            name, _, text = pair.partition("=")
            if name not in names:
                raise OptionError(unknown("limit", name, names))
            changed[name] = _number(name, text, whole=names[name] == "int")
        return replace(cls(), **changed)  # type: ignore[arg-type]  # whole where the field is

    def exceeded(self, name: str, what: str) -> LimitError:
        """The refusal: what happened, the limit's name and size, and the way out."""
        return LimitError(
            f"{what} This server allows {name} = {_shown(getattr(self, name))}; "
            f"whoever runs it may raise that: mien serve --limit {name}=N."
        )


def _shown(number: float) -> str:
    """Whole numbers in full."""
    return f"{number:.0f}" if number == int(number) else f"{number:g}"


def _number(name: str, text: str, whole: bool) -> float:
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        number = 0
    if not 0 < number < float("inf"):
        raise OptionError(f"The limit '{name}' takes a positive {'whole ' * whole}number; got '{text}'.")
    return number
