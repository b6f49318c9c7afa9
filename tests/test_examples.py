"""The examples as somebody runs and copies them: a face, an NPC in a process of its own, a client in Node."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

import mien
from mien.files import read_curves
from tests.conftest import REPOSITORY, unavailable

sys.path.append(str(REPOSITORY / "examples" / "game"))  # scripts, and no package

from face import EASE, HOLD, FaceTrack
from serving import own_server
from speaker import Speaker

EXAMPLES = REPOSITORY / "examples"

# The face

NAMES, RATE, REST = ("jawOpen", "mouthClose", "tongueOut"), 50, (0.0, 0.25, 0.0)
MOMENT = 1e-4
"""Seconds; short enough for nothing to move far."""


class Hand:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def hand() -> Hand:
    return Hand()


def frames(count: int = 100) -> np.ndarray:
    return np.random.default_rng(count).random((count, len(NAMES)), np.float32)


def face_of(values: np.ndarray, hand: Hand | None = None) -> FaceTrack:
    face = FaceTrack(NAMES, RATE, REST, hand or Hand())
    face.push(values)
    return face


def pose(face: FaceTrack, position: float) -> np.ndarray:
    shown = face.at(position)
    assert tuple(shown) == NAMES
    return np.array(list(shown.values()))


def assert_close(left: np.ndarray, right: np.ndarray, within: float = 1e-6) -> None:
    np.testing.assert_allclose(left, right, rtol=0, atol=within)


@given(st.floats(0, 99 / RATE, exclude_max=True))
def test_a_pose_lies_on_the_line_between_the_two_frames_around_it(position: float) -> None:
    values = frames()
    wanted = [np.interp(position, np.arange(100) / RATE, column) for column in values.T]
    assert_close(pose(face_of(values), position), np.array(wanted), 1e-5)


def test_it_makes_no_difference_in_what_pieces_frames_came(hand) -> None:
    whole, parts = face_of(frames(), hand), FaceTrack(NAMES, RATE, REST, hand)
    for cut in np.split(frames(), [1, 2, 30, 31, 90]):
        parts.push(cut)
    for position in np.linspace(0, 1.9, 97):
        assert (pose(whole, position) == pose(parts, position)).all()


def test_while_the_sound_stands_still_so_does_the_face(hand) -> None:
    face = face_of(frames(), hand)
    before = pose(face, 0.512)
    hand.time += 60
    assert (pose(face, 0.512) == before).all()


def test_sound_that_jumps_takes_the_face_along(hand) -> None:
    face = face_of(frames(), hand)
    later = pose(face, 1.5)
    pose(face, 0.3)
    assert (pose(face, 1.5) == later).all()


def test_before_the_first_frame_the_face_is_at_rest_and_then_at_once_in_the_line(hand) -> None:
    face = FaceTrack(NAMES, RATE, REST, hand)
    assert_close(pose(face, 0), np.array(REST))
    hand.time += 10
    assert_close(pose(face, 0), np.array(REST))
    face.push(frames())
    assert_close(pose(face, 0), frames()[0])


def test_a_late_frame_is_waited_for_and_caught_up_with_at_once(hand) -> None:
    face = face_of(frames()[:10], hand)
    for position in np.arange(9, 9 + HOLD * RATE) / RATE:
        assert (pose(face, position) == frames()[9]).all()
        hand.time += 1 / RATE
    assert face.ahead(0.2) == pytest.approx(-0.02)
    face.push(frames()[10:])
    assert_close(pose(face, 0.42), frames()[21], 1e-5)


def test_when_the_stream_dies_the_face_plays_what_it_has_and_then_comes_to_rest(hand) -> None:
    face = face_of(frames(), hand)
    face.close()
    assert_close(pose(face, 1.96), frames()[98], 1e-5)
    assert_close(pose(face, 1.98), frames()[99])
    assert_eases(face, 2.0, hand, to=np.array(REST))


def test_it_comes_to_rest_even_if_the_sound_stands_still_too(hand) -> None:
    face = face_of(frames()[:10], hand)
    held = pose(face, 0.5)
    face.close()
    assert (held == frames()[9]).all()
    assert_eases(face, 0.5, hand, to=np.array(REST))


def test_when_frames_stay_away_it_comes_to_rest_and_back_without_a_jump(hand) -> None:
    face = face_of(frames()[:10], hand)
    pose(face, 0.5)
    hand.time += HOLD
    assert_eases(face, 0.5, hand, to=np.array(REST))
    face.push(frames()[10:])
    assert_eases(face, 0.5, hand, to=frames()[25])


def assert_eases(face: FaceTrack, position: float, hand: Hand, to: np.ndarray) -> None:
    """From where it is, in 0.2 s, and nearer all the time."""
    start = pose(face, position)
    steps = [abs(pose(face, position) - to) for hand.time in np.arange(0, EASE + 0.02, 0.01) + hand.time]
    assert_close(steps[0], abs(start - to))
    assert_close(steps[10], abs(start - to) / 2, 1e-5)
    assert_close(steps[-2], 0 * to, 1e-5)
    assert (np.diff(steps, axis=0) <= 1e-6).all()


def test_a_line_that_is_complete_stays_at_rest(hand) -> None:
    face = face_of(np.array([[0.5, 0.5, 0.5], REST], np.float32), hand)
    face.close()
    for position in (0.02, 0.1, 5):
        assert_close(pose(face, position), np.array(REST))


ACTIONS = st.one_of(
    st.tuples(st.just("push"), st.integers(1, 20)),
    st.tuples(st.just("look"), st.floats(-1, 3)),
    st.tuples(st.just("wait"), st.floats(0, 0.4)),
    st.tuples(st.just("close"), st.none()),
)


@given(st.lists(ACTIONS, max_size=40))
def test_whatever_happens_the_pose_stays_within_limits_and_never_jumps_by_itself(actions) -> None:
    hand = Hand()
    face = FaceTrack(NAMES, RATE, REST, hand)
    for action, amount in actions:
        if action == "push":
            face.push(frames(amount))
        elif action == "close":
            face.close()
        elif action == "wait":
            hand.time += amount
        else:
            shown = pose(face, amount)
            hand.time += MOMENT
            assert (shown >= 0).all()
            assert (shown <= 1).all()
            assert_close(pose(face, amount), shown, 10 * MOMENT)


def test_one_thread_pushes_while_another_looks() -> None:
    face, values = FaceTrack(NAMES, RATE, REST), np.repeat(np.arange(5000, dtype="f4")[:, None], 3, axis=1)
    pushing = Thread(target=lambda: [face.push(values[at : at + 3]) for at in range(0, 5000, 3)])
    pushing.start()
    while face.ahead(0) < 4998 / RATE:
        newest = max(0.0, face.ahead(0))
        assert_close(pose(face, newest), np.full(3, newest * RATE), 1e-2)
    pushing.join()


def test_the_loudspeaker_counts_what_it_has_played_and_nothing_else(hand) -> None:
    speaker = Speaker(hand)
    speaker.write(1.0)
    played = []
    for act, seconds in [
        (speaker.play, 0.25),
        (speaker.pause, 9.0),
        (speaker.play, 0.25),
        (lambda: speaker.stall(0.125), 0.25),
        (lambda: None, 9.0),
        (lambda: speaker.write(0.5), 0.25),
    ]:
        act()
        hand.time += seconds
        played.append(speaker.position)
    assert played == [0.25, 0.25, 0.5, 0.625, 1.0, 1.25]
    speaker.finish()
    assert not speaker.done
    hand.time += 1
    assert speaker.done


# The NPC


def npc(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / "game" / "npc.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("words", [("--hitch", "0.4"), ("--tts", "--fps", "29.97")])
def test_an_npc_speaks_with_a_server_of_its_own(words) -> None:
    done = npc("--speed", "4", *words)
    assert (done.returncode, done.stderr) == (0, "")
    *bars, shown, apart = done.stdout.splitlines()
    assert max(bar.count("#") for bar in bars) > 10, "the mouth opens wide"
    assert bars[-1].count("#") == 0, "and is at rest in the end"
    assert re.fullmatch(r"\d{2,3} frames shown, \d+ of them late, the oldest by [\d.]+ ms", shown)
    wrong = re.fullmatch(
        r"sound and face at most [\d.]+ ms apart; by the wall clock it would be ([\d.]+) ms", apart
    )
    assert wrong
    assert float(wrong[1]) > 350 or "--hitch" not in words


def test_an_npc_without_a_server_says_so_in_one_sentence() -> None:
    done = npc("--server", "127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("npc.py: No server answers at 127.0.0.1:1")
    assert done.stderr.count("\n") == 1


# The client in Node


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, installed, beside a copy of the .proto files and of nothing else of ours."""
    if not (shutil.which("node") and shutil.which("npm")):
        unavailable("Node is not installed; the client in Node wants version 20: https://nodejs.org")
    folder = tmp_path_factory.mktemp("node")
    shutil.copytree(REPOSITORY / "proto" / "mien", folder / "proto" / "mien")
    here = folder / "examples" / "node"
    shutil.copytree(EXAMPLES / "node", here, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run(["npm", "ci", "--no-audit"], cwd=here, capture_output=True, text=True)
    if done.returncode:
        unavailable(f"npm ci did not get what the client in Node needs: {done.stderr}")
    return here


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with own_server() as address:
        yield address


@pytest.fixture(scope="module")
def line(demo_line: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The line that comes with Mien, as 16-bit WAV at 16 kHz."""
    path = tmp_path_factory.mktemp("line") / "line.wav"
    samples, rate = soundfile.read(demo_line, dtype="int16")
    soundfile.write(path, samples[:: rate // 16_000], 16_000)
    return path


def stream(node: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = ["node", "stream.js", *map(str, words)]
    return subprocess.run(command, cwd=node, capture_output=True, text=True, timeout=120)


@pytest.mark.heavy
def test_a_client_in_node_gets_the_bakes_curves_to_the_bit(node, server, line, tmp_path) -> None:
    out, baked = tmp_path / "node.csv", mien.bake(line).curves()
    done = stream(node, line, "--server", server, "--fast", "-o", out)
    assert (done.returncode, done.stderr) == (0, "")
    came = read_curves(out)
    assert (came.names, came.rate, came.start) == (baked.names, baked.rate, baked.start)
    np.testing.assert_array_equal(came.values, baked.values)


@pytest.mark.heavy
def test_the_pace_the_header_and_the_frame_rate_change_nothing(node, server, line, tmp_path) -> None:
    samples = soundfile.read(line, dtype="<i2")[0][:32_000]
    raw, out = tmp_path / "line.s16", tmp_path / "node.csv"
    raw.write_bytes(samples.tobytes())
    soundfile.write(short := tmp_path / "short.wav", samples, 16_000)
    done = stream(node, raw, "--server", server, "--fps", "24000/1001", "-o", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert "behind it at the median" in done.stdout
    came, baked = read_curves(out), mien.bake(short, rate="23.976").curves()
    assert came.rate == baked.rate
    np.testing.assert_array_equal(came.values, baked.values)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rig", "arkti"], "INVALID_ARGUMENT: settings.rig: There is no rig 'arkti'"),
        (["--server", "127.0.0.1:1"], "UNAVAILABLE: "),
        (["--nonsense"], "Unknown option '--nonsense'"),
    ],
)
def test_what_is_refused_is_said_with_its_code(node, server, line, words, said) -> None:
    done = stream(node, line, "--server", server, *words)
    assert done.returncode == 1
    assert done.stderr.startswith(said)


@pytest.mark.heavy
@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_sound_of_another_width_is_refused_with_the_way_out(node, tmp_path, subtype) -> None:
    soundfile.write(path := tmp_path / "line.wav", np.zeros(1600), 16_000, subtype)
    done = stream(node, path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{path} is not 16-bit PCM; make it so: ffmpeg -i {path} -c:a pcm_s16le line.wav\n"


@pytest.mark.heavy
def test_ctrl_c_cancels_the_stream_and_writes_nothing(node, server, line, tmp_path) -> None:
    command = ["node", "stream.js", str(line), "--server", server, "-o", str(tmp_path / "node.csv")]
    process = subprocess.Popen(command, cwd=node, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "look-ahead" in process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "CANCELLED: Cancelled on client\n")
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []
