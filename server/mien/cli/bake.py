"""`mien bake`, `mien render`, `mien demo`: what goes where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from mien.audio import SOUND_SUFFIXES, open_audio
from mien.character import Character
from mien.cli.options import character_of, layers_and_controls
from mien.cli.progress import bar
from mien.clock import frame_rate
from mien.errors import AudioError, FileError, MissingExtraError, OptionError
from mien.evaluation import sounds_in
from mien.files import FORMATS, TAKE_SUFFIX, format_of, write_curves
from mien.pipeline import DEFAULT_RATE, DEFAULT_TAIL, Take, bake, model_of, open_take, rig_of
from mien.plots import need_matplotlib, plot_bake, waveform
from mien.rig import Rig
from mien.values import Curves

DEFAULT_FORMAT = "csv"
"""Of curves in a folder: the one that opens anywhere."""

FILE_SUFFIXES = (TAKE_SUFFIX, *(suffix for row in FORMATS for suffix in row.suffixes))
"""What the name of an output file ends in; any other new name may be a folder's (`act.1`)."""


DEMO_SIZE = "480"
"""Pixels of the demo's film: half the time of a full one, and every lip is seen."""


@dataclass(frozen=True)
class Order:
    """What was asked of `mien bake`."""

    rig: str | None = None
    model: str | None = None
    fps: str = str(DEFAULT_RATE)
    format: str | None = None
    tail: float = DEFAULT_TAIL
    save_take: bool = False
    plot: bool = False
    layers: tuple[str, ...] = ()
    """As NAME=STRENGTH[@SECONDS]."""

    character: str | None = None


@dataclass(frozen=True)
class Job:
    """One line to bake."""

    source: Path
    target: Path


def bake_all(inputs: list[Path], out: Path, order: Order) -> None:
    """Bake every input; everything that can be refused is refused before the first is begun."""
    who = character_of(order.character)
    rig = rig_of(order.rig, who)
    frame_rate(order.fps)
    layers, controls = layers_and_controls(order.layers)
    jobs = plan(inputs, out, order)
    if order.plot:
        need_matplotlib()
    for job in jobs:
        open_audio(job.source).close()
    model = model_of(order.model, who)
    for job in jobs:
        with bar(job.source.name) as progress:
            take = bake(
                job.source, character=who, model=model, rate=order.fps, tail=order.tail, layers=layers,
                controls=controls, progress=progress,
            )  # fmt: skip
        print(_summary(job.target, take, _write(take, job, rig, order), who))


def plan(inputs: list[Path], out: Path, order: Order) -> list[Job]:
    """Which input becomes which file.

    Raises:
        OptionError: Options contradict one another, or two outputs would be one file.
        FileError: An output that would overwrite an input, or has no known format.
        AudioError: A folder without sounds.
    """
    many = len(inputs) > 1 or inputs[0].is_dir() or out.is_dir()
    jobs = _into_folder(inputs, out, order) if many else [_into_file(inputs[0], out, order)]
    _check(jobs, order)
    return jobs


def _into_folder(inputs: list[Path], out: Path, order: Order) -> list[Job]:
    if not out.is_dir() and (out.exists() or out.suffix.lower() in FILE_SUFFIXES):
        raise OptionError(f"Many inputs go into a folder, and '{out}' is named like a file; write -o FOLDER.")
    suffix = "." + format_of(Path("line"), order.format or DEFAULT_FORMAT)
    return [Job(source, out / inside.with_suffix(suffix)) for source, inside in _sounds(inputs)]


def _into_file(source: Path, out: Path, order: Order) -> Job:
    if out.suffix.lower() != TAKE_SUFFIX:
        format_of(out, order.format)
    elif order.format or order.save_take:
        raise OptionError(f"'{out.name}' is a take; --format and --save-take are for files of curves.")
    return Job(source, out)


def _sounds(inputs: list[Path]) -> Iterator[tuple[Path, Path]]:
    """Every sound, and its place inside the output folder."""
    for given in inputs:
        if not given.is_dir():
            yield given, Path(given.name)
            continue
        found = sounds_in(given)
        if not found:
            raise AudioError(f"{given}: no sounds in this folder ({', '.join(sorted(SOUND_SUFFIXES))}).")
        yield from ((path, path.relative_to(given)) for path in found)


def _check(jobs: list[Job], order: Order) -> None:
    sources = {job.source.resolve() for job in jobs}
    taken: dict[Path, Path] = {}
    for job in jobs:
        for output in _outputs(job, order):
            if taken.get(output) == job.source:
                raise OptionError(f"Two results of {job.source} would both become {output}; rename one.")
            if output in taken:
                raise OptionError(
                    f"{taken[output]} and {job.source} would both become {output}; rename one of them."
                )
            if output.resolve() in sources:
                raise FileError(f"{output} is an input itself; choose another output.")
            taken[output] = job.source


def _outputs(job: Job, order: Order) -> list[Path]:
    beside = [TAKE_SUFFIX] * order.save_take + [".png"] * order.plot
    return [job.target, *map(job.target.with_suffix, beside)]


def _write(take: Take, job: Job, rig: Rig, order: Order) -> Curves:
    curves = take.curves(rig)
    if job.target.suffix.lower() == TAKE_SUFFIX:
        take.save(job.target)
    else:
        write_curves(curves, job.target, order.format)
    if order.save_take:
        take.save(job.target.with_suffix(TAKE_SUFFIX))
    if order.plot:
        _plot(job, take, curves)
    return curves


def _plot(job: Job, take: Take, curves: Curves) -> None:
    with open_audio(job.source) as audio:
        sound = waveform(audio.blocks(), round(take.duration * audio.rate), audio.rate)
    plot_bake(sound, curves, job.target.with_suffix(".png"), title=job.source.name)


def _summary(target: Path, take: Take, curves: Curves, who: Character | None) -> str:
    """Two lines: what was written, and what the mouth did."""
    moving = int(np.sum(np.ptp(curves.values, axis=0) > 0.01)) if len(curves.values) else 0
    touch = take.motion.column("lipClosure") > 0.5
    closures = int(np.sum(touch[1:] & ~touch[:-1])) + int(touch[:1].sum())
    rate = f"{float(take.rate):.6g}"
    return (
        f"{target}: {len(curves.values)} frames of {len(curves.names)} curves at {rate} fps, "
        f"{float(take.duration):.2f} s of speech, {take.model}{f', {who.name}' if who else ''}\n"
        f"  {moving} curves move; the lips close {closures} time{'' if closures == 1 else 's'}"
    )


def render_take(
    source: Path, out: Path, rig: str | None, fps: str | None, format_: str | None, character: str | None
) -> None:
    """Curves of a saved take."""
    if out.suffix.lower() == TAKE_SUFFIX:
        raise OptionError(f"'{out.name}': a take is rendered to curves; name a .csv, .json or .npz.")
    format_of(out, format_)
    worn = rig_of(rig, character_of(character))
    curves = open_take(source).curves(worn, fps)
    write_curves(curves, out, format_)
    print(f"{out}: {len(curves.values)} frames of {len(curves.names)} curves at {float(curves.rate):.6g} fps")


def bake_demo(out: Path, character: str | None = None) -> None:
    """The shipped line, baked into `out` with a take and, with the extras, a picture and a film."""
    plot, picture = True, f"picture: {out / 'line.png'}   "
    try:
        need_matplotlib()
    except MissingExtraError as missing:
        plot, picture = False, f"no picture: {missing}\n  "
    with as_file(files("mien").joinpath("demo", "line.flac")) as line:
        bake_all([line], out / "line.csv", Order(save_take=True, plot=plot, character=character))
        print(f"  {picture}take: {out / 'line.mien'}")
        _film(out / "line.mien", line, character)


def _film(take: Path, sound: Path, character: str | None) -> None:
    """The take as it looks, or a line that says what it needs."""
    try:
        from mien.cli.preview import Order as Asked
        from mien.cli.preview import preview

        asked = Asked(take.with_suffix(".mp4"), audio=sound, character=character, size=DEMO_SIZE)
        preview([take], asked)
    except MissingExtraError as missing:
        print(f"  no film: {missing}")
