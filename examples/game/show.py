"""What this example tells in a terminal: bars for the face, and how well it kept with the sound."""

from __future__ import annotations

from dataclasses import dataclass


class Strip:
    """Two curves as bars, a line for every so many frames. A game would move morph targets instead."""

    def __init__(self, every: int) -> None:
        self._every, self._frames = every, 0

    def on_frame(self, curves: dict[str, float]) -> None:
        """Show a pose."""
        if self._frames % self._every == 0:
            jaw, lips = ("#" * round(30 * curves.get(name, 0)) for name in ("jawOpen", "mouthClose"))
            print(f"jawOpen {jaw:30} mouthClose {lips}".rstrip(), flush=True)
        self._frames += 1


@dataclass
class Report:
    """How well sound and face stayed together; all times in seconds."""

    shown: int = 0
    late: int = 0
    """Frames of the game that wanted one of the face which had not come."""

    oldest: float = 0.0
    """The most by which the sound was beyond the frame that stood in."""

    apart: float = 0.0
    """The most between a pose and the sound, when the pose was on the screen."""

    wrong: float = 0.0
    """The most between the wall clock and the sound: how far off a face would have been that went by it."""

    def note(self, asked: float, ahead: float, heard: float, passed: float) -> None:
        """A pose for `asked` was shown; by now the sound is at `heard`, `passed` seconds after it began."""
        age = max(0.0, -ahead)
        self.shown += 1
        self.late += age > 0
        self.oldest = max(self.oldest, age)
        self.apart = max(self.apart, heard - asked + age)
        self.wrong = max(self.wrong, passed - heard)

    def __str__(self) -> str:
        return (
            f"{self.shown} frames shown, {self.late} of them late, the oldest by {_ms(self.oldest)}\n"
            f"sound and face at most {_ms(self.apart)} apart; by the wall clock it would be {_ms(self.wrong)}"
        )


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
