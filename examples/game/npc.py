"""An NPC says a line: the sound goes to a loudspeaker, the face comes from `mien serve`, both in sync.

    python examples/game/npc.py [LINE.wav] [--server HOST:PORT] [--tts] [--hitch SECONDS]

Three threads, as in a game: `hear` gives the sound to the loudspeaker and to the server, `look` takes the
frames that come back, and the game asks 60 times a second for the pose at the time that the loudspeaker has
reached. Without --server it starts one of its own. Nothing is heard; `speaker.py` pretends to be a device.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from importlib.resources import files
from pathlib import Path
from random import Random
from threading import Thread, Timer

import numpy as np
import soundfile
from face import FaceTrack
from numpy.typing import NDArray
from serving import own_server
from show import Report, Strip
from speaker import Speaker

from mien import Client, MienError
from mien.rpc.client import ClientStream

GAME_RATE = 60
"""Frames a second of the game. Those of the face may be more or fewer."""

PATIENCE = 0.5
"""Seconds that the sound waits for the first frame. Less begins without a face when the server is busy, more
makes the NPC hesitate when it is gone."""

TAIL = 0.3
"""Seconds of silence after the line, so that the clock goes on while the mouth comes to rest."""

Sound = NDArray[np.float32]
OnFrame = Callable[[dict[str, float]], None]


class Clock:
    """That of the game, which may run faster than the day's."""

    def __init__(self, speed: float) -> None:
        self.speed = speed

    def now(self) -> float:
        """Seconds."""
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        """Let so many of its seconds go by."""
        time.sleep(max(0.0, seconds) / self.speed)


def speak(client: Client, options: argparse.Namespace, on_frame: OnFrame) -> Report:
    """One line, from its file to the face."""
    clock = Clock(options.speed)
    speaker = Speaker(clock.now)
    sound, rate = load(options.line)
    with client.stream(rate, rate=options.fps) as stream:  # waits for the server; games do it in a thread
        rest = [curve.rest for curve in stream.header.curves]
        face = FaceTrack(stream.names, stream.rate, rest, clock.now)
        pieces = synthesised(sound, rate, clock) if options.tts else [sound]
        Thread(target=hear, args=(pieces, rate, speaker, stream), daemon=True).start()
        Thread(target=look, args=(stream, face), daemon=True).start()
        wait_for_face(face, speaker, clock)
        Timer(1 / clock.speed, speaker.stall, [options.hitch]).start()
        return play(face, speaker, clock, on_frame)


# The line


def load(path: Path | None) -> tuple[Sound, int]:
    """Sound, shape (samples,) or (samples, channels), and its rate; without a path the line of Mien's own."""
    with (path or files("mien") / "demo" / "line.flac").open("rb") as file:
        sound, rate = soundfile.read(file, dtype="float32")
    return sound, rate


def synthesised(sound: Sound, rate: int, clock: Clock) -> Iterator[Sound]:
    """The line as a synthesiser gives it: in pieces of any length, a little faster than they are spoken."""
    dice = Random(7)
    while len(sound):
        length = round(rate * dice.uniform(0.2, 0.8))
        piece, sound = sound[:length], sound[length:]
        clock.sleep(0.7 * len(piece) / rate)
        yield piece


# The threads of the network


def hear(pieces: Iterable[Sound], rate: int, speaker: Speaker, stream: ClientStream) -> None:
    """Give the sound to the loudspeaker and to the server, as it becomes known; a file's all at once.

    Should the server be gone the line is heard all the same; `look` is told why.
    """
    for piece in pieces:
        speaker.write(len(piece) / rate)
        with suppress(MienError):
            stream.send(piece)
    with suppress(MienError):
        stream.finish()
    speaker.write(TAIL)
    speaker.finish()


def look(stream: ClientStream, face: FaceTrack) -> None:
    """Take frames as they come, to the end of the line or of the stream."""
    try:
        for frames in stream:
            face.push(frames.values)
    except MienError as problem:
        print(problem, file=sys.stderr)
    finally:
        face.close()


# The game


def wait_for_face(face: FaceTrack, speaker: Speaker, clock: Clock) -> None:
    """Hold the sound back until the first frame is there. Not for long: what is said must be heard."""
    while not speaker.written:
        clock.sleep(1 / GAME_RATE)
    latest = clock.now() + PATIENCE
    while face.ahead(0) < 0 and not face.closed and clock.now() < latest:
        clock.sleep(1 / GAME_RATE)


def play(face: FaceTrack, speaker: Speaker, clock: Clock, on_frame: OnFrame) -> Report:
    """The game's loop, for as long as the line is heard."""
    report, began = Report(), clock.now()
    speaker.play()
    while not speaker.done:
        frame_began = clock.now()
        position = speaker.position
        on_frame(face.at(position))
        report.note(position, face.ahead(position), speaker.position, clock.now() - began)
        clock.sleep(frame_began + 1 / GAME_RATE - clock.now())
    return report


# The command


def main() -> None:
    """From options to the report."""
    options = parsed()
    server = nullcontext(options.server) if options.server else own_server()
    try:
        with server as address, Client(address) as client:
            print(speak(client, options, Strip(every=GAME_RATE // 10).on_frame))
    except (MienError, OSError, soundfile.SoundFileError) as problem:
        sys.exit(f"npc.py: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)


def parsed() -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("line", type=Path, nargs="?", help="a recording of speech; else the line that comes with Mien")
    add("--server", metavar="HOST:PORT", help="a running `mien serve`; else one of its own")
    add("--fps", default="60", help="frames a second of the face (60)")
    add("--tts", action="store_true", help="the sound comes in pieces, as from a synthesiser")
    add("--hitch", type=float, default=0.0, metavar="S", help="after a second the sound stalls for so long")
    add("--speed", type=float, default=1.0, metavar="N", help="all clocks run so many times faster (1)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
