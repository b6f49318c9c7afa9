"""`mien`: one command per job. Each parses, calls the library and prints; nothing is decided here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from mien.cli.rig import app as rig_app
from mien.errors import MienError
from mien.pipeline import DEFAULT_MODEL, DEFAULT_RATE, DEFAULT_RIG, DEFAULT_TAIL

app = typer.Typer(
    help="Speech in, a performance on any face rig out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(rig_app, name="rig")

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the signal's number."""

Character = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Who speaks: a .toml file, or its name in MIEN_HOME/characters."),
]
Rig = Annotated[
    str | None, typer.Option(help=f"A rig's name or folder (see `mien rig list`); else {DEFAULT_RIG}.")
]
Model = Annotated[
    str | None, typer.Option(help=f"A model's name or folder (see `mien models`); else {DEFAULT_MODEL}.")
]
Fps = Annotated[str, typer.Option(help="Frames a second, 1..120: 30, 29.97, 24000/1001.")]
Tail = Annotated[float, typer.Option(help="Seconds after the sound in which the mouth comes to rest.")]
Layers = Annotated[
    list[str] | None,
    typer.Option("--layer", metavar="NAME=S", help="Strength 0..2 of a layer; NAME=S@SECONDS from then on."),
]
Format = Annotated[str | None, typer.Option("--format", help="csv, json or npz; else by the name of OUT.")]


@app.command()
def bake(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Audio files, or folders of them.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="A file for one input, a folder for many.")],
    rig: Rig = None,
    character: Character = None,
    model: Model = None,
    fps: Fps = str(DEFAULT_RATE),
    format_: Format = None,
    tail: Tail = DEFAULT_TAIL,
    save_take: Annotated[bool, typer.Option(help="Also write the take (.mien) beside each output.")] = False,
    plot: Annotated[bool, typer.Option(help="Also draw the curves over the waveform (.png).")] = False,
    layer: Layers = None,
) -> None:
    """Curves for spoken lines: speech in, a file of curves out."""
    from mien.cli.bake import Order, bake_all

    order = Order(rig, model, fps, format_, tail, save_take, plot, tuple(layer or ()), character)
    bake_all(inputs, out, order)


@app.command()
def render(
    take: Annotated[Path, typer.Argument(metavar="TAKE", help="A .mien file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file of curves.")],
    rig: Rig = None,
    character: Character = None,
    fps: Annotated[str | None, typer.Option(help="Frames a second; else the take's own.")] = None,
    format_: Format = None,
) -> None:
    """Curves of another rig, rate or format from a saved take, without hearing the sound again."""
    from mien.cli.bake import render_take

    render_take(take, out, rig, fps, format_, character)


@app.command()
def preview(
    inputs: Annotated[
        list[Path], typer.Argument(metavar="IN", help="A sound, a take (.mien), or a file of curves.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help=".mp4, .webp, .gif or .png; else IN.mp4 beside IN.")
    ] = None,
    head: Annotated[
        Path | None, typer.Option(help="Another head: a .glb or .vrm with ARKit's shapes.")
    ] = None,
    rig: Annotated[
        str | None, typer.Option(help="The rig that curves belong to, or that a take is shown through.")
    ] = None,
    character: Character = None,
    fps: Annotated[
        str | None, typer.Option(help="Frames a second, 1..120; else 30, and of curves their own.")
    ] = None,
    size: Annotated[str | None, typer.Option(help="Pixels of a picture: 640, 1280x720.")] = None,
    view: Annotated[str, typer.Option(help="face, mouth, side or three-quarter.")] = "face",
    sheet: Annotated[bool, typer.Option("--sheet", help="A frame per phone, on one picture.")] = False,
    strip: Annotated[
        bool, typer.Option("--strip", help="Sound, phones, curves, frames on one axis.")
    ] = False,
    at: Annotated[float | None, typer.Option(metavar="SECONDS", help="The one frame at that time.")] = None,
    every: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="A sheet with a frame every so many seconds.")
    ] = None,
    phones: Annotated[
        Path | None, typer.Option(help="Phones: TextGrid, .phones.tsv, .PHN; else those beside the sound.")
    ] = None,
    audio: Annotated[Path | None, typer.Option(help="The sound of a take or of curves.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Two inputs, side by side.")] = False,
    blind: Annotated[
        bool, typer.Option("--blind", help="Call them A and B; the key lies beside OUT.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the order of A and B.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes; 0: one for each processor.")] = 0,
) -> None:
    """See a line: as a film with sound, a contact sheet, a strip of curves and frames, or one frame."""
    from mien.cli.preview import Order
    from mien.cli.preview import preview as run_it

    order = Order(
        out, head, rig, character, fps, size, view, sheet, strip, at, every, phones, audio, compare, blind,
        seed, workers,
    )  # fmt: skip
    run_it(inputs, order)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")] = Path("out"),
    character: Character = None,
) -> None:
    """Bake the line that comes with Mien: curves, a picture of them, and what they say."""
    from mien.cli.bake import bake_demo

    bake_demo(out, character)


@app.command("eval")
def evaluate(
    truth: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", help="Recordings with x.TextGrid, x.phones.tsv or x.PHN beside them."
        ),
    ],
    model: Annotated[
        str | None, typer.Option(help=f"A model's name or folder (see `mien models`); else {DEFAULT_MODEL}.")
    ] = None,
    curves: Annotated[
        Path | None, typer.Option(help="Score the curve files of this folder instead of baking.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Folder for a picture per recording.")] = None,
    by_speaker: Annotated[
        bool, typer.Option(help="A row per speaker: the part of the name before the first '-'.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="Only the first N recordings, 0: all.")] = 0,
    tsv: Annotated[bool, typer.Option("--tsv", help="Columns separated by tabs, for programs.")] = False,
) -> None:
    """Score curves against the times of phones: do lips close, round and open when they must?"""
    from mien.cli.evaluate import evaluate as run_it

    run_it(truth, model, curves, plot, by_speaker, limit, tsv)


@app.command()
def ballot(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="A B", help="Two folders of films (.mp4, .webp) with the same names."),
    ],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The page's folder, new.")] = None,
    count: Annotated[bool, typer.Option("--count", help="Count the saved answers named instead.")] = False,
    names: Annotated[
        str | None, typer.Option(metavar="A,B", help="Of the two in the result; else their folders'.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Above the page.")] = None,
    question: Annotated[str | None, typer.Option(help="Above each pair.")] = None,
) -> None:
    """A page that asks people which of two performances they prefer, blind; and what they answered."""
    from mien.cli.ballot import count_votes, make_ballot

    if count:
        count_votes(paths, out, [names, title, question])
    else:
        make_ballot(paths, out, names, title, question)


@app.command()
def watch(
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Where a server publishes; else on this machine.")
    ] = "tcp://127.0.0.1:52190",
    subject: Annotated[list[str] | None, typer.Option(help="Only this one; may be given many times.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Record: a file for one subject, a folder for many.")
    ] = None,
    format_: Format = None,
    plot: Annotated[bool, typer.Option(help="Draw curves in the terminal instead of lines.")] = False,
    seconds: Annotated[float | None, typer.Option(min=0, help="Stop by itself after so long.")] = None,
) -> None:
    """What a server publishes: who performs and how it goes, as lines, as a picture, as files of curves."""
    from mien.cli.watch import Order
    from mien.cli.watch import watch as run_it

    run_it(address, Order(tuple(subject or ()), out, format_, plot, seconds))


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen at; any but loopback wants a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Of gRPC; 0 takes a free one.")] = 52100,
    http_port: Annotated[int, typer.Option(help="Of HTTP and WebSocket.")] = 52180,
    zmq_port: Annotated[int, typer.Option(help="Of ZeroMQ, where `mien watch` listens.")] = 52190,
    zmq_host: Annotated[str, typer.Option(help="Address of ZeroMQ, which knows no token.")] = "127.0.0.1",
    http: Annotated[bool, typer.Option("--http/--no-http", help="Serve HTTP.")] = True,
    zmq: Annotated[bool, typer.Option("--zmq/--no-zmq", help="Publish on ZeroMQ.")] = True,
    workers: Annotated[int, typer.Option(help="Processes; 0: one for each processor.")] = 0,
    model: Model = DEFAULT_MODEL,
    limit: Annotated[
        list[str] | None, typer.Option(metavar="NAME=N", help="Another limit, such as stream_seconds=600.")
    ] = None,
    token_file: Annotated[Path | None, typer.Option(help="A token that clients have to send.")] = None,
    tls_cert: Annotated[str, typer.Option(help="Certificate (PEM); with --tls-key.")] = "",
    tls_key: Annotated[str, typer.Option(help="Key of the certificate (PEM).")] = "",
    tls_client_ca: Annotated[str, typer.Option(help="Clients need a certificate of this authority.")] = "",
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="A web page's origin that may connect: https://example.org.")
    ] = None,
    ready_fd: Annotated[
        int | None, typer.Option(help="File descriptor for a line of JSON when ready, for supervisors.")
    ] = None,
    drain: Annotated[float, typer.Option(help="Seconds for open streams when asked to stop.")] = 10.0,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "warning",
) -> None:
    """Serve speech-to-face to programs: gRPC, HTTP, WebSocket; frames of all streams on ZeroMQ."""
    from mien.cli.serve import run_server, server_config

    config = server_config(
        host=host, port=port, http_port=http_port if http else None, zmq_port=zmq_port if zmq else None,
        zmq_host=zmq_host, workers=workers, model=model, limits=limit or [], token_file=token_file,
        tls=(tls_cert, tls_key, tls_client_ca), origins=allow_origin or [], drain=drain, log_level=log_level,
    )  # fmt: skip
    run_server(config, ready_fd)


@app.command("stream")
def stream_(
    source: Annotated[Path, typer.Argument(metavar="IN", help="An audio file.")],
    server: Annotated[str, typer.Option(help="HOST:PORT of `mien serve`.")] = "localhost:52100",
    rig: Annotated[str, typer.Option(help=f"A rig's name, as the server has it; else {DEFAULT_RIG}.")] = "",
    character: Annotated[
        str, typer.Option(help="Who speaks: a character's name, as the server has it.")
    ] = "",
    model: Annotated[str, typer.Option(help="A model's name, as the server has it; else its default.")] = "",
    fps: Fps = str(DEFAULT_RATE),
    tail: Tail = DEFAULT_TAIL,
    layer: Layers = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Also write the curves.")] = None,
    format_: Format = None,
    chunk_ms: Annotated[int, typer.Option(min=1, max=10_000, help="Sound in one message.")] = 100,
    fast: Annotated[bool, typer.Option("--fast", help="As fast as it goes; measures throughput.")] = False,
    token_file: Annotated[Path | None, typer.Option(help="The token that the server wants.")] = None,
    tls_ca: Annotated[Path | None, typer.Option(help="Encrypted; the server's authority (PEM).")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Our own certificate (PEM); with --tls-key.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Key of our certificate (PEM).")] = None,
    subject: Annotated[str, typer.Option(help="Name under which the frames are published.")] = "",
) -> None:
    """A file through a server in real time, as if spoken; says how long the frames took.

    A frame at time t needs sound up to t + look-ahead. Its latency beyond look-ahead is its arrival minus
    the time at which the message with the last of that sound was sent. A frame is late if a player that
    delays its sound by look-ahead, one message and 50 ms had to wait for it.
    """
    from mien.cli.stream import Order, stream_file

    stream_file(
        source,
        Order(
            server, rig, model, fps, tail, tuple(layer or ()), out, format_, chunk_ms, fast, token_file,
            tls_ca, tls_cert, tls_key, subject, character,
        ),
    )  # fmt: skip


@app.command()
def models() -> None:
    """The motion models there are, with what their cards say."""
    from mien.cli.lists import list_models

    list_models()


@app.command()
def version() -> None:
    """The version of Mien."""
    from mien import __version__

    print(__version__)


def fail(problem: MienError) -> NoReturn:
    """Say what was refused on one line, and leave with 2: bad input."""
    print("mien:", " ".join(str(problem).splitlines()), file=sys.stderr)
    raise SystemExit(2)


def stop() -> NoReturn:
    """Say that Ctrl-C was heard, and leave with 130, as shells expect."""
    print("mien: stopped; nothing half-written is left.", file=sys.stderr)
    raise SystemExit(INTERRUPTED)


def run() -> None:
    """The `mien` command."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", errors="replace")
        app(standalone_mode=True)
    except MienError as problem:
        fail(problem)
    except KeyboardInterrupt:
        stop()
    except SystemExit as end:
        if end.code == INTERRUPTED:  # what typer makes of Ctrl-C inside a command
            stop()
        raise


if __name__ == "__main__":
    run()
