"""Bakes over HTTP: every way to send the sound and to take the result, and what ends a bake early."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import httpx
import numpy as np
import pytest
from google.protobuf import json_format

import mien
from mien.files import read_curves
from mien.rpc.access import Access
from mien.rpc.gateway.options import NAMES
from mien.values import Control
from mien.wire.v1.bake_pb2 import BakeResponse
from tests.gateway_host import (
    SAMPLE_RATE,
    SOUND,
    Gateway,
    gateway,
    pcm,
    posted,
    refusal,
    spooling,
    unframed,
    wait_until,
)

SESSION = "made-anew-at-each-start"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with spooling(tmp_path_factory) as folder:
        yield folder


@pytest.fixture(scope="module")
def baker(model_folder: Path, own: Path) -> Iterator[Gateway]:
    with gateway(model_folder, Access(session_token=SESSION)) as running:
        yield running


@pytest.fixture
def client(baker: Gateway, own: Path) -> Iterator[httpx.Client]:
    """Whoever asks; afterwards the server has kept nothing."""
    with baker.client() as one:
        yield one
    wait_until(lambda: not any(own.iterdir()))


@pytest.fixture(scope="module")
def sound(demo_line: Path) -> bytes:
    return demo_line.read_bytes()


@pytest.fixture(scope="module")
def baked(demo_line: Path, model_folder: Path) -> mien.Take:
    return mien.bake(demo_line, model=model_folder)


# Ways to answer


@pytest.mark.parametrize(
    ("name", "kind"), [("json", "application/json"), ("csv", "text/csv"), ("npz", "application/x-npz")]
)
def test_curves_come_as_the_file_that_mien_writes(client, sound, baked, tmp_path, name, kind) -> None:
    path = tmp_path / f"line.{name}"
    for ask in ({"params": {"format": name}}, {"headers": {**SOUND, "Accept": kind}}):
        answer = client.post("/v1/bake", content=sound, **ask)
        assert answer.headers["content-type"].partition(";")[0] == kind
        assert int(answer.headers["content-length"]) == len(answer.content)
        path.write_bytes(answer.content)
        assert np.array_equal(read_curves(path).values, baked.curves().values)


def test_whoever_wants_nothing_special_gets_json(client, sound) -> None:
    assert client.post("/v1/bake", content=sound).json()["kind"] == "mien.curves"


@pytest.mark.parametrize(
    "ask", [{"format": "take"}, {"result": "take"}, {"result": "take", "format": "take"}]
)
def test_a_take_comes_whole(client, sound, baked, tmp_path, ask) -> None:
    path = tmp_path / "line.mien"
    path.write_bytes(posted(client, sound, **ask).content)
    assert np.array_equal(mien.open_take(path).motion.values, baked.motion.values)


def test_messages_tell_how_far_it_is_and_then_the_frames(client, sound, baked) -> None:
    said = unframed(posted(client, sound, format="messages").content, BakeResponse)
    check_conversation(said, baked)


def test_json_lines_say_the_same_as_messages(client, sound, baked) -> None:
    answer = client.post("/v1/bake", content=sound, headers={**SOUND, "Accept": "application/x-ndjson"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = answer.text.splitlines()
    first = json.loads(next(line for line in lines if "frames" in line))["frames"]
    assert (first["first"], first["time"]) == (0, 0.0)  # there though they are 0, and numbers
    said = [BakeResponse() for _ in lines]
    for response, line in zip(said, lines, strict=True):
        json_format.Parse(line, response)
    check_conversation(said, baked)


def check_conversation(said: list[BakeResponse], baked: mien.Take) -> None:
    """Progress, header, frames, end; the frames are the bake's to the bit."""
    kinds = [each.WhichOneof("message") for each in said]
    assert list(dict.fromkeys(kinds)) == ["progress", "header", "frames", "end"]
    shares = [each.progress.share for each in said if each.HasField("progress")]
    assert shares == sorted(shares)
    values = np.concatenate([each.frames.values for each in said if each.HasField("frames")]).astype("f4")
    assert np.array_equal(values, baked.curves().values.ravel())
    assert said[-1].end.audio_sha256 == baked.audio_sha256


def test_a_take_comes_in_pieces_among_messages(client, sound, baked, tmp_path) -> None:
    said = unframed(posted(client, sound, format="messages", result="take").content, BakeResponse)
    path = tmp_path / "line.mien"
    path.write_bytes(b"".join(each.take for each in said))
    assert np.array_equal(mien.open_take(path).motion.values, baked.motion.values)
    assert said[-1].end.frames == baked.frames


# Ways to send the sound


def test_raw_sound_says_what_it_is_by_options(client, demo_line, baked) -> None:
    octets = {"Content-Type": "application/octet-stream"}
    answer = posted(client, pcm(demo_line), octets, encoding="s16le", sample_rate=SAMPLE_RATE, format="csv")
    assert answer.text == csv(baked.curves())


def csv(curves: mien.Curves) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "line.csv")
        mien.files.write_curves(curves, path)
        return path.read_text(encoding="utf-8")


def test_sound_comes_in_chunks_of_unknown_length(client, sound, baked) -> None:
    def slices() -> Iterator[bytes]:
        for start in range(0, len(sound), 10_007):
            yield sound[start : start + 10_007]

    answer = client.post("/v1/bake", content=slices(), headers=SOUND, params={"format": "csv"})
    assert answer.text == csv(baked.curves())


def test_a_form_holds_the_sound_and_the_options(client, sound, baked) -> None:
    form = {"rate": "23.976", "format": "csv", "tail": "0.5", "layers": "articulation:0.5"}
    answer = client.post("/v1/bake", files={"audio": ("line.flac", sound)}, data=form)
    assert "time,eyeBlinkLeft" in answer.text
    assert answer.text.splitlines()[2].startswith(f"{1001 / 24000!r},")


def test_forms_in_slices_of_any_size_are_the_same_form(client, sound, baked) -> None:
    request = client.build_request("POST", "/v1/bake", files={"audio": sound}, data={"format": "csv"})
    body = request.read()
    wanted = csv(baked.curves())
    for size in (1, 77, 4096):
        head = body[: 400 if size == 1 else None]
        rest = body[len(head) :]
        slices = [head[at : at + size] for at in range(0, len(head), size)] + [rest]
        kind = {"Content-Type": request.headers["content-type"]}
        assert client.post("/v1/bake", content=iter(slices), headers=kind).text == wanted


def test_a_file_of_this_machine_is_named_by_its_path(client, demo_line, baked) -> None:
    for shown in ({"Mien-Session": SESSION}, {"Authorization": f"Bearer {SESSION}"}):
        answer = client.post("/v1/bake", json={"path": str(demo_line), "format": "csv"}, headers=shown)
        assert answer.text == csv(baked.curves())


# Options


def test_options_do_what_they_do_in_python(client, sound, demo_line, model_folder) -> None:
    control = {"at": 1.0, "layers": [{"name": "articulation", "strength": 0.25}], "ease": 0.5}
    answer = posted(
        client, sound, rate="24000/1001", tail="0.5", seed="7", layers="articulation:0.5",
        controls=json.dumps([control]), format="json", rig="arkit", result="curves",
    ).json()  # fmt: skip
    take = mien.bake(
        demo_line, model=model_folder, rate=Fraction(24000, 1001), tail=0.5, layers={"articulation": 0.5},
        controls=[Control({"articulation": 0.25}, 1.0, 0.5)],
    )  # fmt: skip
    assert answer["rate"] == "24000/1001"
    assert np.array_equal(np.array(answer["frames"], "f4"), take.curves().values)


def test_options_in_json_may_be_numbers_and_lists(client, demo_line) -> None:
    control = {"at": 1.0, "layers": [{"name": "articulation", "strength": 0.25}]}
    asked = {"path": str(demo_line), "rate": 30, "tail": 0.5, "seed": 3, "controls": [control]}
    answer = client.post("/v1/bake", json=asked, headers={"Mien-Session": SESSION})
    assert answer.json()["rate"] == "30"


REFUSED = [
    ({"rigg": "arkit"}, "rigg", f"There is no option 'rigg'; there is {', '.join(NAMES)}. Did you mean "
     "'rig'?"),
    ({"rig": "arkti"}, "rig", "There is no rig 'arkti'. Did you mean 'arkit'?"),
    ({"model": "/etc"}, "model", "There is no model '/etc'; there is "),
    ({"rate": "1e3"}, "rate", "Frame rate '1e3' is not a number; write 30, 29.97 or 24000/1001."),
    ({"rate": "30.0000000001"}, "rate", "Frame rate '30.0000000001' has too many digits; write 29.97 or "
     "30000/1001."),
    ({"rate": "0"}, "rate", "Frame rate 0 is outside 1..120 frames a second."),
    ({"tail": "-1"}, "tail", "A tail of -1 s is outside 0..60 s."),
    ({"seed": "-1"}, "seed", f"'-1' is no whole number from 0 to {2**64 - 1}."),
    ({"seed": str(2**64)}, "seed", f"'{2**64}' is no whole number from 0 to {2**64 - 1}."),
    ({"layers": "articulation:x"}, "layers", "'x' is no number."),
    ({"layers": "articulation:3"}, "layers", "strength: a strength of 3.0 of 'articulation' is outside "
     "0..2."),
    ({"layers": "blink"}, "layers", "strength: There is no layer 'blink'; there is articulation."),
    ({"controls": "[{}]"}, "controls[0].at", "A control that is known beforehand needs its time."),
    ({"encoding": "s16"}, "encoding", "There is no raw encoding 's16'; there is s16le, s24le, s32le, f32le, "
     "f64le, u8, mulaw. Did you mean 's16le'?"),
    ({"encoding": "s16le"}, "sample_rate", "the stream: a sample rate of 0 Hz is outside 8000..192000 Hz"),
    ({"sample_rate": "48000"}, "sample_rate", "A whole file says its own sample_rate; for raw sound give its "
     "encoding too: encoding=s16le."),
    ({"encoding": "s16le", "sample_rate": "16000", "channels": "9999"}, "channels",
     "9999 channels of raw sound are outside 1..1024."),
    ({"result": "film"}, "result", "There is no result 'film'; there is curves, take."),
    ({"format": "jsn"}, "format", "There is no format 'jsn'; there is json, csv, npz, take, ndjson, "
     "messages. Did you mean 'json'?"),
    ({"format": "csv", "result": "take"}, "format", "format=csv contradicts result=take; leave one of "
     "them out."),
    ({"format": "take", "result": "curves"}, "format", "format=take contradicts result=curves; leave one "
     "of them out."),
]  # fmt: skip


@pytest.mark.parametrize(("options", "field", "sentence"), REFUSED, ids=lambda value: str(value)[:30])
def test_an_option_that_makes_no_sense_is_refused_by_its_name(client, options, field, sentence) -> None:
    status, where, said = refusal(posted(client, b"", **options))
    assert (status, where) == (400, field)
    assert said.startswith(sentence)


@pytest.mark.parametrize("controls", ["{}", "[1]", "[{", '[{"att": 1}]', "[" * 9000, "9" * 5000])
def test_controls_that_are_none_are_refused(client, controls) -> None:
    status, field, said = refusal(posted(client, b"", controls=controls))
    assert (status, field) == (400, "controls")
    assert said.startswith("Controls are a list")


def test_an_option_given_twice_is_refused(client, sound) -> None:
    answer = client.post("/v1/bake?rate=30&rate=60", content=sound, headers=SOUND)
    assert refusal(answer) == (400, "rate", "The option 'rate' is given twice.")
    answer = client.post("/v1/bake?rate=30", files={"audio": sound}, data={"rate": "60"})
    assert refusal(answer) == (400, "rate", "The option 'rate' is given twice.")


def test_an_answer_that_nobody_makes_is_not_acceptable(client, sound) -> None:
    answer = client.post("/v1/bake", content=sound, headers={**SOUND, "Accept": "image/png"})
    status, field, said = refusal(answer)
    assert (status, field) == (406, "accept")
    assert said == (
        "This can be had as application/json, text/csv, application/x-npz, application/x-mien-take, "
        "application/x-ndjson, application/x-mien; Accept wants 'image/png'."
    )
