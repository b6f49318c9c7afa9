"""Raw streams: bytes and arrays become samples, cut anywhere; what is no sound is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.audio import ENCODINGS, PcmDecoder
from mien.errors import OptionError
from tests.sounds import Floats, noise, refusal


def encoded(sound: Floats, encoding: str, tmp_path: Path) -> tuple[bytes, Floats]:
    """Bytes in `encoding`, and what libsndfile makes of them."""
    subtype = {"s16le": "PCM_16", "s24le": "PCM_24", "s32le": "PCM_32", "f32le": "FLOAT", "f64le": "DOUBLE",
               "u8": "PCM_U8", "mulaw": "ULAW"}[encoding]  # fmt: skip
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    kind = {"format": "RAW", "subtype": subtype, "endian": "LITTLE"}
    sf.write(tmp_path / "a.raw", sound, 16000, **kind)
    read, _ = sf.read(tmp_path / "a.raw", samplerate=16000, channels=channels, dtype="float32", **kind)
    return (tmp_path / "a.raw").read_bytes(), read


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_decodes_as_libsndfile_does(tmp_path: Path, encoding: str) -> None:
    data, wanted = encoded(np.linspace(-0.999, 0.999, 3001, dtype=np.float32), encoding, tmp_path)
    assert np.array_equal(PcmDecoder(encoding).push(data), wanted)


@settings(max_examples=40, deadline=None)
@given(encoding=st.sampled_from(ENCODINGS), channels=st.integers(1, 3), data=st.data())
def test_bytes_cut_anywhere_give_the_same_samples(encoding: str, channels: int, data: st.DataObject) -> None:
    raw = np.random.default_rng(channels).integers(0, 60, 720, np.uint8).tobytes()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=30)))
    decoder = PcmDecoder(encoding, channels)
    parts = [decoder.push(raw[a:b]) for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert np.array_equal(np.concatenate(parts), PcmDecoder(encoding, channels).push(raw))


def test_arrays_are_taken_by_their_own_type() -> None:
    assert PcmDecoder("s16le").push(np.float64([0.25, -1])).tolist() == [0.25, -1]
    assert PcmDecoder().push(np.int16([-32768, 16384])).tolist() == [-1, 0.5]
    assert PcmDecoder().push(np.array([1 << 30], ">i4")).tolist() == [0.5]
    assert PcmDecoder().push(np.uint8([128, 0])).tolist() == [0, -1]
    assert PcmDecoder().push(np.float32([[1, 0], [0.5, 0.25]])).tolist() == [0.5, 0.375]


def test_an_array_of_another_kind_is_refused() -> None:
    assert "this one is complex64. Convert it to float32" in refusal(
        lambda: PcmDecoder().push(np.zeros(4, np.complex64))
    )
    assert "this array has (1, 2, 3). Reshape it." in refusal(lambda: PcmDecoder().push(np.zeros((1, 2, 3))))


def test_a_stream_with_a_sample_that_is_no_number_is_refused_with_its_place() -> None:
    decoder = PcmDecoder("f64le")
    decoder.push(noise(100).astype("<f8").tobytes())
    said = refusal(lambda: decoder.push(np.array([0, 0, 1e300]).tobytes()))
    assert "Sample 102 of the stream is inf" in said


def test_a_stream_far_beyond_full_scale_is_refused_with_its_place_and_the_way_out() -> None:
    decoder = PcmDecoder()
    decoder.push(noise(100))
    assert refusal(lambda: decoder.push(np.array([0, -1e25, 0]))) == (
        "Sample 101 of the stream is -1e+25, and full scale is 1.0. Check the encoding; "
        "integer samples belong in int16 arrays. Replace broken ones by 0."
    )


@pytest.mark.parametrize(
    ("sound", "kind"),
    [
        (64000, "int"),
        ([1, 2, 3], "list"),
        ([0.5], "list"),
        ("sound", "str"),
        (None, "NoneType"),
        (0.5, "float"),
    ],
)
def test_what_is_neither_bytes_nor_an_array_is_refused(sound: Any, kind: str) -> None:
    assert refusal(lambda: PcmDecoder().push(sound)) == (
        f"Sound is a numpy array or bytes; this is {kind}. Make an array of it, of float32 with full scale 1."
    )


def test_bytes_come_in_any_of_their_three_kinds() -> None:
    data = np.int16([16384, -32768]).astype("<i2").tobytes()
    for kind in (bytes, bytearray, memoryview):
        assert PcmDecoder("s16le").push(kind(data)).tolist() == [0.5, -1]


def test_a_refused_chunk_leaves_the_bytes_that_waited_before_it() -> None:
    data, decoder = np.float32([0.25, 0.5]).astype("<f4").tobytes(), PcmDecoder("f32le")
    decoder.push(data[:6])  # half of 0.5 waits
    refusal(lambda: decoder.push(b"\xff" * 6))
    assert decoder.push(data[6:]).tolist() == [0.5]


def test_an_unknown_encoding_is_refused_with_a_near_name() -> None:
    with pytest.raises(OptionError, match=r"no raw encoding 's16'; there is s16le, .*Did you mean 's16le'\?"):
        PcmDecoder("s16")


@pytest.mark.parametrize("encoding", [None, 16, ["s16le"]])
def test_an_encoding_that_is_no_name_is_refused(encoding: Any) -> None:
    with pytest.raises(OptionError, match=r"^There is no raw encoding '.*'; there is s16le, [^\n]*$"):
        PcmDecoder(encoding)


@pytest.mark.parametrize("channels", [2.0, "2", None, True])
def test_a_number_of_channels_that_is_not_whole_is_refused(channels: Any) -> None:
    with pytest.raises(OptionError) as refused:
        PcmDecoder("s16le", channels)
    assert str(refused.value) == f"Raw sound has a whole number of channels, 1..1024; got {channels!r}."


def test_channels_may_be_counted_by_numpy() -> None:
    assert PcmDecoder("u8", np.uint8(2)).push(bytes([128, 0])).tolist() == [-0.5]


@pytest.mark.parametrize("channels", [0, -1, 1025])
def test_a_number_of_channels_that_does_not_exist_is_refused(channels: int) -> None:
    with pytest.raises(OptionError, match=f"{channels} channels of raw sound are outside 1..1024"):
        PcmDecoder("s16le", channels)
