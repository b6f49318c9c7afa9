"""`mien-train`: from an empty folder to a shipped model by one command.

Makes synthetic speech, reads aligned real speech, learns, writes the ONNX step, compares it with torch,
scores it on speakers it never heard, and writes the card. What it makes on the way stays in the work folder,
and a second run takes it up from there.
"""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.main import fail
from mien.errors import MienError, MissingExtraError, OptionError
from mien.evaluation import Recording, recordings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def train(
    out: Annotated[Path, typer.Option(help="Folder of the model: model.onnx and card.json.")] = Path(
        "mien-live"
    ),
    work: Annotated[Path, typer.Option(help="Folder for what is made on the way.")] = Path(".cache/train"),
    speech: Annotated[
        Path | None,
        typer.Option(help="Recordings with a .TextGrid beside each; without: synthetic alone."),
    ] = None,
    licence: Annotated[str, typer.Option(help="Licence of the recordings; the card quotes it.")] = "",
    hold_out: Annotated[str, typer.Option(help="Speakers never learned from, but scored: 5652,8226.")] = "",
    hours: Annotated[float, typer.Option(help="Hours of synthetic speech.", min=0.1)] = 5.0,
    steps: Annotated[int, typer.Option(help="Steps of learning.", min=10)] = 6500,
    batch: Annotated[int, typer.Option(help="Pieces of three seconds in a step.", min=1)] = 32,
    seed: Annotated[int, typer.Option(help="Of the draws; threads still move last bits.")] = 1,
    jobs: Annotated[int, typer.Option(help="Processes and threads.", min=1)] = 2,
    version: Annotated[str, typer.Option(help="Version of the model; the card tells it.")] = "1",
) -> None:
    """Train mien-live."""
    if speech and not licence:
        raise OptionError(
            "--speech needs --licence: the card must say under which licence the recordings came."
        )
    learned, scored = _split(
        recordings(speech) if speech else [], [s.strip() for s in hold_out.split(",") if s.strip()]
    )

    import torch

    from mien.train import ship
    from mien.train.learn import Plan, learn
    from mien.train.shape import Shape
    from mien.train.work import real_speech, synthetic_speech

    torch.set_num_threads(jobs)
    synthetic = synthetic_speech(work, hours, jobs, say)
    real = real_speech(work, learned, say)
    network = learn(real, synthetic, Shape(), Plan(steps=steps, batch=batch, seed=seed), say)
    ship.export(network, out, say)
    data = ship.data_of(learned, licence, sum(rows.seconds for rows in synthetic) / 60)
    origin = ship.Origin(version, data, _command())
    ship.write_card(network, out, origin)
    if scored:
        ship.write_card(network, out, origin, ship.score(out, scored, say))
    minutes = (time.monotonic() - _STARTED) / 60
    say(f"{out}: done in {minutes:.0f} minutes, {_cpu_minutes():.0f} CPU minutes")


def _split(found: list[Recording], held: list[str]) -> tuple[list[Recording], list[Recording]]:
    """Recordings to learn from, and recordings of speakers to score on."""
    speakers = sorted({recording.speaker for recording in found})
    for speaker in held:
        if speaker not in speakers:
            raise OptionError(
                f"--hold-out {speaker}: no such speaker; there is {', '.join(speakers) or 'none'}."
            )
    if found and set(speakers) == set(held):
        raise OptionError("--hold-out leaves no speaker to learn from.")
    return [r for r in found if r.speaker not in held], [r for r in found if r.speaker in held]


_STARTED = time.monotonic()


def _cpu_minutes() -> float:
    """Of this process and of the voices it ran; on Windows, which does not tell of those, of this process."""
    try:
        import resource
    except ModuleNotFoundError:
        return time.process_time() / 60
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used) / 60


def _command() -> str:
    """What was typed, without folders that only this machine has."""
    words = [Path(word).name if Path(word).exists() else word for word in sys.argv[1:]]
    return shlex.join(["mien-train", *words])


def say(line: str) -> None:
    """One line of the log."""
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)


def run() -> None:
    """The `mien-train` command."""
    try:
        app()
    except MienError as problem:
        fail(problem)
    except ModuleNotFoundError as problem:
        if problem.name not in ("torch", "onnx", "soxr"):
            raise
        fail(MissingExtraError(f"Training needs {problem.name}: pip install 'mien[train]'."))


if __name__ == "__main__":
    run()
