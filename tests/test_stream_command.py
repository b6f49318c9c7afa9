"""`mien stream` as a user types it, against a real server."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mien.cli.stream_times import Arrival, Message, beyond_look_ahead, late_ones
from tests.servers import PATIENCE, Server, serving

MIEN = (sys.executable, "-m", "mien.cli.main")


@pytest.fixture(scope="module")
def server(model_folder: Path) -> Iterator[Server]:
    with serving(model_folder) as running:
        yield running


@pytest.fixture
def words(tmp_path: Path, demo_line: Path) -> Path:
    """The first words of the demo line: 1.25 s, so that the last message is a half one."""
    samples, rate = soundfile.read(demo_line, dtype="float32")
    soundfile.write(tmp_path / "words.wav", samples[: round(1.25 * rate)], rate, subtype="FLOAT")
    return tmp_path / "words.wav"


def _mien(*words: object) -> subprocess.CompletedProcess[str]:
    typed = [*MIEN, *map(str, words)]
    return subprocess.run(typed, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)


def test_a_streamed_file_is_the_baked_one(server, words, model_folder, tmp_path) -> None:
    asked = ["--fps", "29.97", "--tail", "0.5"]
    live, baked = tmp_path / "live.csv", tmp_path / "baked.csv"
    done = _mien("stream", words, "--server", server.address, "-o", live, *asked)
    assert (done.returncode, done.stderr) == (0, "")
    assert _mien("bake", words, "-o", baked, "--model", model_folder, *asked).returncode == 0
    assert live.read_bytes() == baked.read_bytes()


def test_it_says_how_long_the_frames_took(server, words) -> None:
    began = time.monotonic()
    said = _mien("stream", words, "--server", server.address, "--subject", "Vera").stdout
    assert time.monotonic() - began > 1.25
    number = r"-?\d+\.\d"
    assert re.search(rf"look-ahead {number} ms; first frame {number} ms after the first sound was sent", said)
    assert re.search(rf"p50 {number} ms, p90 {number} ms, p99 {number} ms, max {number} ms", said)
    assert re.search(r"94 frames, \d+ late, 0 reconnects", said)


def test_as_fast_as_it_goes_it_says_the_throughput(server, demo_line) -> None:
    said = _mien(
        "stream", demo_line, "--server", server.address, "--fast", "--layer", "articulation=.7"
    ).stdout
    assert re.search(r"330 frames in \d+\.\d\d s, \d+\.\d x real time; 0 reconnects", said)
    assert "latency" not in said


def test_what_is_refused_is_said_in_one_line(server, words, tmp_path) -> None:
    said = {
        "--layer mumble": "--layer mumble: write NAME=STRENGTH or NAME=STRENGTH@SECONDS",
        "--rig arkti": "Did you mean 'arkit'?",
        "--server localhost:1": "No server answers at localhost:1",
        f"-o {tmp_path}/line.mien": "a stream gives curves",
        f"--token-file {tmp_path}/none": "cannot be read",
    }
    for given, wanted in said.items():
        refused = _mien("stream", words, "--server", server.address, *given.split())
        assert refused.returncode == 2
        assert wanted in refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def test_ctrl_c_ends_it_and_leaves_nothing(server, demo_line, tmp_path) -> None:
    out = tmp_path / "line.csv"
    typed = [*MIEN, "stream", str(demo_line), "--server", server.address, "-o", str(out)]
    running = subprocess.Popen(typed, stderr=subprocess.PIPE, text=True)
    give_up = time.monotonic() + PATIENCE
    while not server.host.streams and time.monotonic() < give_up:
        time.sleep(0.02)
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert said == "mien: stopped; nothing half-written is left.\n"
    assert not out.exists()
    while server.host.streams and time.monotonic() < give_up:
        time.sleep(0.02)
    assert server.host.streams == 0


def test_latency_counts_from_the_message_with_the_last_sound_that_a_frame_needs() -> None:
    sent = [Message(1600, 10.0), Message(3200, 10.1), Message(4000, 10.2)]
    times, arrived = np.array([0.0, 0.05, 0.1, 0.2, 0.9]), np.full(5, 10.25)
    beyond = beyond_look_ahead(times, arrived, sent, 16_000, look_ahead=0.05)
    np.testing.assert_allclose(beyond, [0.25, 0.25, 0.15, 0.05, 0.05])


def test_a_frame_is_late_when_a_player_had_to_wait_for_it() -> None:
    sent = [Message(1600, 10.0), Message(3200, 10.1)]
    frame = Arrival(3, 10.16)
    times = np.array([0.0, 0.05, 0.07])
    arrived = np.full(frame.frames, frame.time)
    assert late_ones(times, arrived, sent, look_ahead=0.05) == 2
