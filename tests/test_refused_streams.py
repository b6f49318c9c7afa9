"""Bad input over real gRPC: refused by its place in one sentence, and no other stream notices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest

from mien.wire.v1.animate_pb2 import AnimateResponse
from mien.wire.v1.service_pb2_grpc import MienStub
from tests.bad_streams import BAD
from tests.grpc_server import (
    END,
    Line,
    Worker,
    baked,
    client,
    control,
    heard,
    layer,
    pcm,
    pieces,
    settings,
    sound,
    talk,
    worker,
)

INVALID, EXHAUSTED = "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"


@pytest.fixture(scope="module")
def tiny(model_folder: Path) -> Iterator[Worker]:
    with worker(model_folder) as running:
        yield running


@pytest.fixture(scope="module")
def stub(tiny: Worker) -> Iterator[MienStub]:
    with client(tiny.address) as connected:
        yield connected


@pytest.fixture
def neighbour(tiny: Worker, model_folder: Path, tmp_path: Path) -> Iterator[None]:
    """Another client's stream, open while the test runs; afterwards it must have been left alone."""
    data = pcm(1.0, seed=9)
    with client(tiny.address) as other:
        line = Line(other, settings(), sound(data[:9_001]))
        line.hear_until(lambda so_far: so_far.frames)
        yield
        line.say(*pieces(data[9_001:], 3_000), END)
        said = line.finish()
    assert said.code == "OK"
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder))


# Messages


@pytest.mark.parametrize("case", BAD)
@pytest.mark.usefixtures("neighbour")
def test_bad_input_is_refused_by_its_place_and_nobody_else_notices(stub, case) -> None:
    bad = BAD[case]
    said = talk(stub, bad.requests)
    assert said.refusal == (INVALID, bad.field, bad.kind)
    assert re.search(bad.words, said.details), said.details
    assert said.details.startswith(f"{bad.field}: ")
    assert said.end is None


@pytest.mark.usefixtures("neighbour")
def test_too_many_controls_are_refused(stub) -> None:
    many = [control(0.5, number, at=100.0 + number) for number in range(2_100)]
    said = talk(stub, [settings(), *many, sound(pcm(0.5))])
    assert said.refusal == (EXHAUSTED, "control", "LimitError")
    planned = talk(stub, [settings(controls=[each.control for each in many])])
    assert planned.refusal[0] == EXHAUSTED
    assert planned.refusal[1].startswith("settings"), "at once, and not when the sound has come"


@pytest.mark.parametrize("field", ["rig", "model", "subject"])
@pytest.mark.usefixtures("neighbour")
def test_a_name_without_end_is_refused_all_the_same(stub, field) -> None:
    """The refusal must fit into the 8 KiB of trailing metadata that gRPC allows."""
    said = talk(stub, [settings(**{field: "x" * 1_000_000})])
    assert said.refusal[:2] == (INVALID, f"settings.{field}")
    assert len(said.details) < 1_000


@pytest.mark.usefixtures("neighbour")
def test_a_layer_without_end_is_refused_all_the_same(stub) -> None:
    said = talk(stub, [settings(layers=[layer(1, "x" * 1_000_000)])])
    assert said.refusal[:2] == (INVALID, "settings.layers")


@pytest.mark.parametrize("before", [[], [settings()]])
@pytest.mark.usefixtures("neighbour")
def test_bytes_that_are_no_message_are_refused(tiny, before, caplog) -> None:
    requests = [each.SerializeToString() for each in before] + [b"\xff\xff\xff"]
    with grpc.insecure_channel(tiny.address) as channel:  # without a serializer bytes go as they are
        call = channel.stream_stream("/mien.wire.v1.Mien/Animate", None, AnimateResponse.FromString)
        said = heard(call(iter(requests), timeout=20))
    assert said.code == INVALID
    assert "Traceback" not in caplog.text, "bad input is no mistake of ours"


@pytest.mark.usefixtures("neighbour")
def test_a_message_that_is_too_large_is_refused(stub) -> None:
    said = talk(stub, [settings(), sound(bytes(5 << 20))])
    assert said.refusal == (EXHAUSTED, "limits.message_bytes", "LimitError")
    assert "too large; cut it. This server allows message_bytes = 4194304" in said.details
    huge = talk(stub, [settings(), sound(bytes(50 << 20))])
    assert huge.code == EXHAUSTED, "gRPC itself refuses it, and knows no fields"


def test_what_comes_after_the_end_is_not_heard(stub, model_folder, tmp_path) -> None:
    data = pcm(0.5)
    said = talk(stub, [settings(), sound(data), END, sound(data), settings()])
    assert said.code == "OK"
    np.testing.assert_array_equal(said.values, baked(tmp_path, data, model_folder))


def test_a_method_that_does_not_exist_is_none(tiny) -> None:
    with grpc.insecure_channel(tiny.address) as channel:
        said = heard(channel.stream_stream("/mien.wire.v1.Mien/Dance")(iter([b""]), timeout=20))
    assert said.code == "UNIMPLEMENTED"


# Going on without what it takes


@pytest.mark.parametrize(
    ("changes", "field", "code", "words"),
    [
        ({"resume_token": b"x"}, "settings.resume_token", "FAILED_PRECONDITION", "other settings"),
        ({"rig": "arkit", "tail": 0.5}, "settings.resume_token", "FAILED_PRECONDITION", "other settings"),
        ({"resume_sample": 16_001}, "settings.resume_sample", INVALID, "no whole second at 16000 Hz"),
        ({"resume_sample": 32_000}, "settings.resume_frame", INVALID, "send earlier sound"),
        ({"resume_sample": 2**64 - 1}, "settings.resume_sample", INVALID, "no whole second"),
    ],
)
@pytest.mark.usefixtures("neighbour")
def test_going_on_without_what_it_takes_is_refused(stub, changes, field, code, words) -> None:
    header = talk(stub, [settings(), END]).header
    assert header
    wanted = {"resume_token": header.resume_token, "resume_sample": 16_000, "resume_frame": 110, **changes}
    said = talk(stub, [settings(**wanted), sound(pcm(1.0)), END])
    assert said.refusal == (code, field, "OptionError")
    assert words in said.details


@pytest.mark.parametrize("changes", [{"resume_frame": 60}, {"resume_sample": 16_000}])
def test_going_on_without_a_token_is_refused(stub, changes) -> None:
    said = talk(stub, [settings(**changes), sound(pcm(1.5)), END])
    assert said.refusal == (INVALID, "settings.resume_token", "OptionError")
