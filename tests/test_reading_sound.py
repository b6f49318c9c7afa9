"""Reading sound: whatever file comes in, its sound comes out; what is no sound is refused."""

from __future__ import annotations

import os
import struct
import sys
import tracemalloc
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from mien.audio import SOUND_SUFFIXES, open_audio, read_audio
from tests.conftest import unavailable
from tests.sounds import RATES, Floats, noise, refusal, tone


def whole(path: Path, seconds: float = 10.0) -> Floats:
    with open_audio(path) as file:
        return np.concatenate(list(file.blocks(seconds)))


# Files


@pytest.mark.parametrize(
    ("name", "subtype", "close"),
    [
        ("a.wav", "PCM_U8", 8e-3),
        ("a.wav", "PCM_16", 4e-5),
        ("a.wav", "PCM_24", 2e-7),
        ("a.wav", "PCM_32", 1e-7),
        ("a.wav", "FLOAT", 0),
        ("a.wav", "DOUBLE", 0),
        ("a.wav", "ULAW", 2e-2),
        ("a.wav", "ALAW", 2e-2),
        ("a.flac", "PCM_16", 4e-5),
        ("a.flac", "PCM_24", 2e-7),
        ("a.aiff", "PCM_16", 4e-5),
        ("a.caf", "PCM_24", 2e-7),
        ("a.w64", "PCM_16", 4e-5),
        ("a.rf64", "PCM_16", 4e-5),
        ("a.au", "FLOAT", 0),
    ],
)
def test_a_file_of_any_width_reads_as_the_sound_that_was_written(
    tmp_path: Path, name: str, subtype: str, close: float
) -> None:
    sound = noise(4410)
    sf.write(tmp_path / name, sound, 44100, subtype=subtype)
    assert np.abs(whole(tmp_path / name) - sound).max() <= close
    assert Path(name).suffix in SOUND_SUFFIXES


@pytest.mark.parametrize(
    ("name", "subtype", "rate"),
    [("a.ogg", "VORBIS", 44100), ("a.ogg", "OPUS", 48000), ("a.mp3", "MPEG_LAYER_III", 44100)],
)
def test_lossy_files_read_as_nearly_the_sound_at_its_place(
    tmp_path: Path, name: str, subtype: str, rate: int
) -> None:
    sound = tone(440, rate)
    sf.write(tmp_path / name, sound, rate, subtype=subtype)
    read = whole(tmp_path / name)
    assert len(read) == len(sound)
    assert np.corrcoef(read, sound)[0, 1] > 0.99
    assert Path(name).suffix in SOUND_SUFFIXES


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
@pytest.mark.parametrize("seconds", [0.001, 0.0377, 0.5])
def test_blocks_of_any_length_give_the_same_bits(tmp_path: Path, name: str, seconds: float) -> None:
    sf.write(tmp_path / name, noise(48000, 2), 48000)
    assert np.array_equal(whole(tmp_path / name, seconds), whole(tmp_path / name))


def test_blocks_can_be_read_twice(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.flac", noise(9000), 16000)
    with open_audio(tmp_path / "a.flac") as file:
        first, again = (np.concatenate(list(file.blocks(0.1))) for _ in range(2))
    assert np.array_equal(first, again)


def test_a_header_says_rate_channels_and_length(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", noise(4410, 3), 44100)
    with open_audio(tmp_path / "a.wav") as file:
        assert (file.rate, file.channels, file.frames) == (44100, 3, 4410)
        assert file.duration == Fraction(1, 10)


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 32])
def test_channels_become_their_mean(tmp_path: Path, channels: int) -> None:
    sound = noise(1000, channels)
    sf.write(tmp_path / "a.wav", sound, 16000, subtype="FLOAT")
    assert np.allclose(whole(tmp_path / "a.wav"), sound.mean(axis=1), atol=1e-7)


def test_one_channel_upside_down_cancels_the_other(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", noise(1000)[:, None] * [1, -1], 16000, subtype="FLOAT")
    assert not whole(tmp_path / "a.wav").any()


@pytest.mark.parametrize("rate", RATES)
def test_a_single_sample_is_a_file_at_any_rate(tmp_path: Path, rate: int) -> None:
    sf.write(tmp_path / "a.wav", np.float32([0.5]), rate, subtype="FLOAT")
    assert whole(tmp_path / "a.wav").tolist() == [0.5]
    assert len(read_audio(tmp_path / "a.wav").samples) == -(-16000 // rate)


def test_a_wav_that_ends_early_gives_what_is_there(tmp_path: Path) -> None:
    sound = noise(16000)
    sf.write(tmp_path / "a.wav", sound, 16000, subtype="FLOAT")
    cut(tmp_path / "a.wav", 0.5)
    read = whole(tmp_path / "a.wav")
    assert 7900 < len(read) < 8001
    assert np.array_equal(read, sound[: len(read)])


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_a_wav_from_a_pipe_is_as_long_as_its_file(tmp_path: Path, size: int) -> None:
    sound = noise(16000)
    sf.write(tmp_path / "a.wav", sound, 16000, subtype="PCM_16")
    raw = bytearray((tmp_path / "a.wav").read_bytes())
    raw[4:8], raw[40:44] = struct.pack("<I", 0xFFFFFFFF), struct.pack("<I", size)
    (tmp_path / "a.wav").write_bytes(raw)
    assert np.abs(whole(tmp_path / "a.wav") - sound).max() < 4e-5


def test_a_flac_from_a_pipe_has_no_length_and_reads_to_its_end(tmp_path: Path) -> None:
    sound = noise(48000)
    sf.write(tmp_path / "a.flac", sound, 48000)
    raw = bytearray((tmp_path / "a.flac").read_bytes())
    raw[21] &= 0xF0  # the low 36 bits before the checksum count the samples; 0 is unknown
    raw[22:26] = bytes(4)
    (tmp_path / "a.flac").write_bytes(raw)
    with open_audio(tmp_path / "a.flac") as file:
        assert file.frames is None
        assert file.duration is None
        assert np.abs(np.concatenate(list(file.blocks(0.3))) - sound).max() < 4e-5


def test_half_an_hour_is_read_in_the_memory_of_a_block(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    minute = noise(8000 * 60)
    with sf.SoundFile(path, "w", 8000, 1, "PCM_16") as file:
        for _ in range(30):
            file.write(minute)
    tracemalloc.start()
    with open_audio(path) as sound:
        samples = sum(len(block) for block in sound.blocks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert samples == 8000 * 60 * 30
    assert peak < 3_000_000  # all of it would be 57 MB


def test_many_channels_come_in_shorter_blocks_not_in_more_memory(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", np.zeros((20_000, 1000), np.int16), 8000)
    with open_audio(tmp_path / "a.wav") as file:
        assert [len(block) for block in file.blocks()] == [8000, 8000, 4000]


def test_a_file_read_whole_is_held_twice_at_most(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", np.zeros(16000 * 120, np.int16), 16000)
    tracemalloc.start()
    audio = read_audio(tmp_path / "a.wav")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2.5 * audio.samples.nbytes  # its parts, and then the whole of them


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux allows file names that are no text")
def test_a_file_whose_name_is_not_utf8_is_read_like_any_other(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", noise(100), 16000, subtype="FLOAT")
    odd = (tmp_path / "a.wav").rename(tmp_path / os.fsdecode(b"caf\xe9.wav"))
    assert np.array_equal(whole(odd), noise(100))
    odd.write_bytes(b"RIFF")
    assert "damaged, cut off or unknown" in refusal(lambda: open_audio(odd))


# Files that are refused


def cut(path: Path, share: float) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])


def test_a_missing_file_is_refused_with_a_near_name(tmp_path: Path) -> None:
    sf.write(tmp_path / "speech.wav", noise(10), 16000)
    said = refusal(lambda: open_audio(tmp_path / "speach.wav"))
    assert said == f"{tmp_path / 'speach.wav'}: there is no such file. Did you mean 'speech.wav'?"


def test_a_file_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert "there is no such file." in refusal(lambda: open_audio(tmp_path / "nowhere" / "a.wav"))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "this is a folder; one audio file is wanted" in refusal(lambda: open_audio(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    assert "this is no regular file" in refusal(lambda: open_audio(tmp_path / "pipe.wav"))


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Root may read everything, so root steps down."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no user ids")
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    os.seteuid(before)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.wav"
    sf.write(path, noise(10), 16000)
    path.chmod(0)
    return path


def test_a_file_we_may_not_read_is_refused(secret: Path, unprivileged: None) -> None:
    said = refusal(lambda: open_audio(secret))
    assert said == f"{secret}: cannot be opened (Permission denied). Check who may read it."


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    assert "the file is empty (0 bytes); record or export it again." in refusal(
        lambda: open_audio(tmp_path / "a.wav")
    )


@pytest.mark.parametrize("name", ["a.wav", "a.ogg", "a.aiff"])
def test_a_file_without_samples_is_refused(tmp_path: Path, name: str) -> None:
    sf.write(tmp_path / name, noise(0), 16000)
    assert "the file holds no samples" in refusal(lambda: open_audio(tmp_path / name))


@pytest.mark.parametrize(("bad", "word"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_a_sample_that_is_no_number_is_refused_with_its_second(tmp_path: Path, bad: float, word: str) -> None:
    sound = noise(16000 * 3, 2)
    sound[40000, 1] = bad
    sf.write(tmp_path / "a.wav", sound, 16000, subtype="FLOAT")
    said = refusal(lambda: whole(tmp_path / "a.wav", 1.0))
    assert f"a.wav: the sample at 2.500 s is {word}, and sound is made of finite numbers." in said


@pytest.mark.parametrize("absurd", [1e25, -2e6])
def test_a_sample_far_beyond_full_scale_is_refused_with_its_second(tmp_path: Path, absurd: float) -> None:
    sound = noise(16000 * 3)
    sound[40000] = absurd
    sf.write(tmp_path / "a.wav", sound, 16000, subtype="FLOAT")
    assert refusal(lambda: whole(tmp_path / "a.wav", 1.0)).endswith(
        f"a.wav: the sample at 2.500 s is {absurd:g}, and full scale is 1.0. "
        "Export the file again, as 16-bit PCM for example."
    )


def test_channels_whose_sum_overflows_are_refused_without_a_warning(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    sf.write(tmp_path / "a.wav", np.full((10, 2), 3e38, np.float32), 16000, subtype="FLOAT")
    assert "the sample at 0.000 s is inf, and sound is made of finite numbers." in refusal(
        lambda: whole(tmp_path / "a.wav")
    )
    assert not recwarn.list


def test_sound_louder_than_full_scale_is_read_as_it_is(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", 30_000 * noise(100), 16000, subtype="FLOAT")
    assert np.array_equal(whole(tmp_path / "a.wav"), 30_000 * noise(100))


def test_a_cut_off_header_is_refused(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", noise(100), 16000)
    raw = (tmp_path / "a.wav").read_bytes()
    for length in (4, 13, 20, 36):
        (tmp_path / "a.wav").write_bytes(raw[:length])
        said = refusal(lambda: open_audio(tmp_path / "a.wav"))
        assert "damaged, cut off or unknown. Convert it: ffmpeg -i " in said


def test_a_text_file_is_refused_with_its_first_words(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("Dear diary,\ntoday I spoke – at length – to nobody.\n" * 40)
    assert "this is text, not audio: it begins with 'Dear diary, today I spoke – at'." in refusal(
        lambda: open_audio(tmp_path / "a.wav")
    )


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"\0\0\0\x20ftypM4A \0\0\2\0", "an MP4, M4A or MOV file"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81", "a WebM or Matroska file"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a WMA or WMV file"),
        (b"PK\x03\x04\x14\0", "a zip archive"),
    ],
)
def test_a_kind_that_cannot_be_read_is_named_with_the_command_that_converts_it(
    tmp_path: Path, head: bytes, what: str
) -> None:
    path = tmp_path / "a clip.m4a"
    path.write_bytes(head + bytes(range(256)))
    assert refusal(lambda: open_audio(path)) == (
        f"{path}: this is {what}, which libsndfile does not read. "
        f'Convert it: ffmpeg -i "{path}" -c:a pcm_s16le "{tmp_path / "a clip-pcm.wav"}"'
    )


def test_a_codec_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", noise(1000), 16000)
    raw = bytearray((tmp_path / "a.wav").read_bytes())
    raw[20:22] = struct.pack("<H", 0x161)
    (tmp_path / "a.wav").write_bytes(raw)
    said = refusal(lambda: open_audio(tmp_path / "a.wav"))
    assert "a WAV file with WMA inside, which libsndfile does not decode. Convert it: ffmpeg -i " in said


def test_a_headerless_file_is_refused_with_the_command_that_gives_it_one(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(noise(1000).tobytes())
    said = refusal(lambda: open_audio(tmp_path / "a.raw"))
    assert "a raw file does not say its rate" in said
    assert "ffmpeg -f s16le -ar 16000 -ac 1 -i " in said


@pytest.mark.parametrize("rate", [4000, 384000])
def test_a_rate_that_no_speech_is_kept_at_is_refused(tmp_path: Path, rate: int) -> None:
    sf.write(tmp_path / "a.wav", noise(1000), rate)
    said = refusal(lambda: open_audio(tmp_path / "a.wav"))
    assert f"a.wav: a sample rate of {rate} Hz is outside 8000..192000 Hz" in said


def test_an_ogg_with_a_hole_is_refused_with_where_it_stops(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    sf.write(path, noise(48000 * 3), 48000)
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 4000] = bytes(4000)
    path.write_bytes(raw)
    said = refusal(lambda: whole(path))
    assert " s of 3.000 s; the file is damaged or cut off." in said
    assert "keep what is left: ffmpeg -i " in said


def test_an_mp3_that_ends_before_its_header_says_is_refused(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.mp3", noise(48000 * 3), 48000)
    cut(tmp_path / "a.mp3", 0.6)
    assert " s of 3.000 s; the file is damaged or cut off." in refusal(lambda: whole(tmp_path / "a.mp3"))


def test_a_damaged_flac_is_refused_with_where_it_fails(tmp_path: Path) -> None:
    sf.write(tmp_path / "a.flac", noise(48000 * 3), 48000)
    cut(tmp_path / "a.flac", 0.6)
    said = refusal(lambda: whole(tmp_path / "a.flac", 1.0))
    assert "a.flac: the file is damaged after 1.000 s (" in said


# Real sound


def test_the_demo_line_is_five_seconds_of_speech_at_a_speaking_level(demo_line: Path) -> None:
    audio = read_audio(demo_line)
    assert 4 < audio.duration < 6
    assert not audio.samples[: int(0.28 * 16000)].any()
    assert not audio.samples[-int(0.28 * 16000) :].any()
    loud = np.sqrt(np.mean(audio.samples[: len(audio.samples) // 160 * 160].reshape(-1, 160) ** 2, axis=1))
    active = loud[loud > loud.max() / 30]
    assert abs(20 * np.log10(np.sqrt(np.mean(active**2))) + 20) < 0.5
    assert demo_line.stat().st_size <= 200_000


@pytest.mark.parametrize("folder", ["librispeech", "vctk", "facegood", "emodb", "ljspeech"])
def test_real_recordings_read_whole_and_at_their_length(shared: Path, folder: str) -> None:
    recordings = sorted((shared / "data" / folder).rglob("*.ogg"))[:5]
    if not recordings:
        unavailable(f"no recordings in {shared / 'data' / folder}")
    for path in recordings:
        with open_audio(path) as file:
            sound = np.concatenate(list(file.blocks(0.5)))
            assert len(sound) == file.frames
        assert 0.001 < np.sqrt(np.mean(sound**2)) < 0.5
        assert read_audio(path).duration - Fraction(len(sound), file.rate) < Fraction(1, 16000)
