"""`mien watch` as a user runs it, in a process of its own: what it prints, draws, records and refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from mien.files import read_curves
from mien.values import Curves
from tests.file_checks import assert_equal, random_curves
from tests.published import Stage, end, frames, header, until, wanted


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Closed afterwards."""
    opened = Stage()
    yield opened
    opened.close()


class Watcher:
    """`mien watch` in a process of its own."""

    def __init__(self, *words: object, **more: object) -> None:
        command = [sys.executable, "-m", "mien.cli.main", "watch", *map(str, words)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        self.process = subprocess.Popen(command, text=True, encoding="utf-8", **pipes)

    def until(self, words: str) -> list[str]:
        """Its lines up to the one with `words`."""
        lines = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if words in line:
                return lines
        raise AssertionError(f"{words!r} did not come: {lines} {self.process.stderr.read()}")

    def stop(self, number: int = signal.SIGINT) -> tuple[int, list[str], str]:
        """Exit code, the rest of its lines, and its errors after a signal."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out.splitlines(), err


def test_watch_records_what_was_sent_to_the_bit(stage, tmp_path) -> None:
    publisher, sent, out = stage.publisher(), random_curves(50), tmp_path / "line.csv"
    watcher = Watcher(stage.address, "--subject", "vera", "-o", out)
    until(lambda: wanted(publisher, "vera"))
    for subject in ("vera2", "vera"):
        publisher.send(subject, header(sent), "one")
        for at in range(0, 50, 5):
            publisher.send(subject, frames(sent.values[at : at + 5], at), "one")
        publisher.send(subject, end(50), "one")
    lines = watcher.until("line.csv")
    assert lines[0] == f"watching vera at {stage.address}; Ctrl-C ends it"
    assert [line for line in lines if "vera2" in line] == []
    assert lines[-2:] == [
        "vera: ends; 1.00 s of sound, 50 frames",
        f"{out}: 50 frames of 3 curves at 30 fps, from 0.00 s",
    ]
    assert_equal(read_curves(out), sent)
    assert watcher.stop() == (0, [], "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_writes_what_was_recorded_so_far(stage, tmp_path, number) -> None:
    publisher, sent = stage.publisher(), random_curves(20)
    watcher = Watcher(stage.address, "-o", tmp_path / "rec", "--format", "npz")
    for subject in ("ann", "a/b"):
        publisher.send(subject, header(sent, stream=subject), subject)
    until(lambda: wanted(publisher, ""))
    for subject in ("ann", "a/b"):
        publisher.send(subject, frames(sent.values[12:], 12), subject)
    watcher.until("a/b: 0.63 s, 8 frames")
    code, lines, err = watcher.stop(number)
    assert (code, len(lines), err) == (0, 2, "")
    for name in ("ann.npz", "a_b.npz"):
        came = read_curves(tmp_path / "rec" / name)
        assert_equal(came, Curves(sent.names, sent.values[12:], sent.rate, 0.4))


def test_watch_ends_and_writes_when_nobody_reads_its_lines_any_more(stage, tmp_path) -> None:
    publisher = stage.publisher()
    watcher = Watcher(stage.address, "-o", tmp_path)
    for subject in ("ann", "bob"):
        publisher.send(subject, header(stream=subject), subject)
    until(lambda: wanted(publisher, ""))
    for subject in ("ann", "bob"):
        publisher.send(subject, frames(random_curves(9).values), subject)
    watcher.until("bob: begins")
    watcher.process.stdout.close()
    assert watcher.process.wait(60) == 0
    assert watcher.process.stderr.read() == ""
    assert {path.name for path in tmp_path.iterdir()} == {"ann.csv", "bob.csv"}


def test_watch_says_what_it_waits_for(stage) -> None:
    alone = Watcher("127.0.0.1:9", "--seconds", "3.5")
    served = Watcher(stage.address, "--seconds", "3.5")
    said = "waiting: no server answers there yet (tcp://127.0.0.1:9)"
    assert alone.until("waiting")[-1] == said
    assert served.until("waiting")[-1] == "waiting: connected, and nobody performs"
    assert (alone.process.wait(60), served.process.wait(60)) == (0, 0)


def test_without_a_terminal_the_picture_becomes_lines_and_says_so(stage) -> None:
    watcher = Watcher(stage.address, "--plot", "--seconds", "0.1")
    out, err = watcher.process.communicate(timeout=60)
    assert err.strip() == "mien: --plot draws on a terminal, and this is none; lines follow."
    assert len(out.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_the_picture_is_drawn_and_notes_stay_behind(stage) -> None:
    import pty

    ours, theirs = pty.openpty()
    size = {**os.environ, "COLUMNS": "80", "LINES": "24", "TERM": "xterm-256color"}
    watcher = Watcher(stage.address, "--plot", stdout=theirs, env=size)
    os.close(theirs)
    publisher, seen = stage.publisher(), b""
    publisher.send("vera", header(), "one")
    until(lambda: wanted(publisher, "vera"))
    publisher.send("vera", frames(random_curves(30).values), "one")
    while "█".encode() not in seen:
        seen += os.read(ours, 65536)
    watcher.process.send_signal(signal.SIGINT)
    while b"\x1b[?1049l" not in seen or not seen.strip().endswith(b"mien-live 1"):
        seen += os.read(ours, 65536)
    assert watcher.process.wait(60) == 0
    os.close(ours)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a/b"], "'a/b' is no address to watch; write tcp://HOST:PORT"),
        (["--format", "csv"], "--format is for recordings; name a file or a folder with -o."),
        (["--subject", "a", "--subject", "b", "-o", "x.csv"], "Many subjects go into a folder"),
        (["-o", "x.cvs"], "Did you mean '.csv'?"),
    ],
)
def test_a_watch_that_makes_no_sense_is_refused_in_one_line(words, said, tmp_path) -> None:
    watcher = Watcher(*words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    out, err = watcher.process.communicate(timeout=60)
    assert (watcher.process.returncode, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("mien: ")
    assert said in err
