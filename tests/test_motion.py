"""The motion room: a fixed step whose memory is outside, so that chunks, lanes and batches change nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.clock import SAMPLES_PER_ROW
from mien.errors import ModelError
from mien.motion import MotionModel, MotionStream, load_model
from mien.motion.stream import run

NOISE = (np.random.default_rng(7).standard_normal(16_000 * 8) * 0.1).astype("f4")


@pytest.fixture(scope="module")
def tiny(model_folder: Path) -> MotionModel:
    return load_model(model_folder)


@pytest.fixture(scope="module")
def whole(tiny: MotionModel) -> np.ndarray:
    return MotionStream(tiny).push(NOISE)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), longest=st.sampled_from([1, 40, 500, 5_000, 60_000]))
def test_any_chunking_gives_the_same_rows_to_the_bit(tiny, whole, seed, longest) -> None:
    rng = np.random.default_rng(seed)
    samples = NOISE[: 400 * longest if longest < 100 else None]
    stream, rows, at = MotionStream(tiny), [], 0
    while at < len(samples):
        size = int(rng.integers(1, longest + 1))
        rows.append(stream.push(samples[at : at + size]))
        at += size
    got = np.concatenate(rows)
    np.testing.assert_array_equal(got, whole[: len(got)])


def test_lanes_side_by_side_give_what_one_lane_gives(tiny) -> None:
    ready = NOISE[: len(NOISE) // SAMPLES_PER_ROW * SAMPLES_PER_ROW].reshape(-1, SAMPLES_PER_ROW)
    memory, rows = tiny.silence(), []
    for step in range(len(ready)):
        row, memory = tiny.step(ready[step : step + 1], memory)
        rows.append(row)
    laned, after = run(tiny, ready, tiny.silence())
    np.testing.assert_array_equal(laned, np.concatenate(rows))
    for name in memory:
        np.testing.assert_array_equal(after[name], memory[name])


@pytest.mark.parametrize("streams", [1, 2, 3, 7, 16, 50])
def test_a_stream_does_not_feel_its_neighbours_in_a_batch(tiny, streams) -> None:
    rng = np.random.default_rng(streams)
    others = (rng.standard_normal((streams, 20, SAMPLES_PER_ROW)) * 0.2).astype("f4")
    place = int(rng.integers(streams))
    others[place] = NOISE[: 20 * SAMPLES_PER_ROW].reshape(20, SAMPLES_PER_ROW)
    memory, alone = tiny.silence(streams), tiny.silence()
    for step in range(20):
        rows, memory = tiny.step(others[:, step], memory)
        row, alone = tiny.step(others[place : place + 1, step], alone)
        np.testing.assert_array_equal(rows[place], row[0])


def test_a_row_waits_for_exactly_the_samples_that_its_card_declares(tiny, whole) -> None:
    card = tiny.card
    row = 100
    newest = round((row / 50 + card.look_ahead) * 16_000)
    beyond, within = NOISE.copy(), NOISE.copy()
    beyond[newest:] = 0
    within[newest - SAMPLES_PER_ROW :] = 0
    np.testing.assert_array_equal(MotionStream(tiny).push(beyond)[: row + 1], whole[: row + 1])
    assert not np.array_equal(MotionStream(tiny).push(within)[row], whole[row])


def test_a_row_forgets_what_lies_farther_back_than_its_card_declares(tiny, whole) -> None:
    row, reach = 300, tiny.card.reach_rows
    first_heard = (row + tiny.card.delay_rows - reach) * SAMPLES_PER_ROW
    other = NOISE.copy()
    other[: first_heard - 1] = 0
    np.testing.assert_array_equal(MotionStream(tiny).push(other)[row:], whole[row:])


def test_flush_gives_as_many_rows_as_asked(tiny) -> None:
    stream = MotionStream(tiny)
    first = stream.push(NOISE[:1000])
    rest = stream.flush(40)
    assert len(first) + len(rest) == stream.rows == 40


def test_the_output_moves_and_stays_in_limits(whole) -> None:
    assert whole.min() >= 0
    assert whole.max() <= 1
    assert np.ptp(whole, axis=0).max() > 0.1


def _edited(folder: Path, to: Path, **changes: object) -> Path:
    shutil.copytree(folder, to)
    card = json.loads((to / "card.json").read_text("utf-8"))
    card.update(changes)
    (to / "card.json").write_text(json.dumps(card), "utf-8")
    return to


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema": 9}, ["schema 9 is newer", "update mien"]),
        ({"motion_schema": 2}, ["motion schema 2 is newer"]),
        ({"channels": ["jawOpne"]}, ["no motion channel 'jawOpne'", "Did you mean 'jawOpen'?"]),
        ({"step_samples": 640}, ["takes 640", "gives 320"]),
        ({"sha256": "00"}, ["not the file its card describes"]),
        ({"colour": 1}, ["card.json", "colour"]),
        ({"reach_rows": 0}, ["reach_rows is at least 1"]),
        ({"channels": ["jawOpen", "jawOpen"]}, ["stands twice"]),
        ({"channels": ["jawOpen"]}, ["does not fit its card"]),
    ],
)
def test_a_card_with_a_mistake_is_refused_with_file_and_reason(
    model_folder, tmp_path, changes, words
) -> None:
    folder = _edited(model_folder, tmp_path / "model", **changes)
    with pytest.raises(ModelError) as refused:
        load_model(folder)
    for word in words:
        assert word in str(refused.value)


def test_a_broken_model_file_is_refused(model_folder, tmp_path) -> None:
    folder = _edited(model_folder, tmp_path / "model")
    (folder / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="not a model that ONNX Runtime loads"):
        load_model(folder)


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(ModelError, match=r"no model 'mien-lve'.*Did you mean 'mien-live'\?"):
        load_model("mien-lve")


def test_a_folder_without_a_card_is_no_model(tmp_path) -> None:
    with pytest.raises(ModelError, match=r"has no card\.json"):
        load_model(tmp_path)


def test_a_model_is_also_named_by_its_folder(model_folder, monkeypatch) -> None:
    monkeypatch.chdir(model_folder.parent)
    assert load_model(model_folder.name).card.sha256 == load_model(model_folder).card.sha256


def test_a_path_is_a_path_even_when_it_is_spelled_like_a_model_that_ships(
    model_folder, tmp_path, monkeypatch
) -> None:
    _edited(model_folder, tmp_path / "mien-live")
    monkeypatch.chdir(tmp_path)
    assert load_model(Path("mien-live")).card.sha256 == load_model(model_folder).card.sha256
    assert load_model("mien-live").card.sha256 != load_model(model_folder).card.sha256


def test_models_of_the_user_are_found_in_mien_home(model_folder, tmp_path, monkeypatch) -> None:
    _edited(model_folder, tmp_path / "models" / "mine")
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    assert load_model("mine").card.name
