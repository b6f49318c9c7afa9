"""Training for real, small: voices from Debian, torch, the whole command."""

from __future__ import annotations

import random
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.heavy


def test_voices_say_when_the_lips_must_be_shut() -> None:
    """Inside a p, between vowels, every voice falls quiet; its phones cover the sound in order."""
    from mien.train import voices

    said = {
        "flite": voices.flite("A paper pony appears.", "slt"),
        "festival": voices.festival(["A paper pony appears."], "voice_kal_diphone")[0],
        "espeak": voices.espeak().say("A paper pony appears.", "en-us"),
    }
    for engine, (samples, rate, phones) in said.items():
        assert all(a.end <= b.start + 1e-6 for a, b in pairwise(phones)), engine
        assert abs(phones[-1].end - len(samples) / rate) < 0.1, engine
        inner = [p for p in phones if p.label.strip("ʰ") == "p"][1:3]
        assert inner, engine
        for p in inner:
            part = samples[int(p.start * rate) : int(p.end * rate)]
            windows = part[: len(part) // (rate // 100) * (rate // 100)].reshape(-1, rate // 100)
            quietest = np.sqrt(np.mean(windows**2, axis=1)).min()
            assert quietest < 0.3 * np.sqrt(np.mean(samples**2)), f"{engine}: p at {p.start}"


def test_the_same_seed_makes_the_same_lines() -> None:
    from mien.train import lines

    for language in lines.LANGUAGES:
        assert lines.made_up(language, random.Random(5)) == lines.made_up(language, random.Random(5))
    assert lines.english(random.Random(1)) != lines.english(random.Random(2))


def test_the_exported_step_is_the_network(tmp_path: Path) -> None:
    import torch

    from mien.train import ship
    from mien.train.network import Network
    from mien.train.shape import Shape

    torch.manual_seed(0)
    for shape in (Shape(), Shape(width=48, taps=3, dilations=(1, 4), delay=2, smooth=(0.5, 0.5))):
        network = Network(shape).eval()
        network.mean += -9
        network.scale *= 0.4
        ship.export(network, tmp_path / "model", print)
        ship.write_card(network, tmp_path / "model", ship.Origin())
        assert ship.difference(network, tmp_path / "model") < 1e-5


def test_new_speakers_keep_the_time_and_the_level_of_the_old() -> None:
    import torch

    from mien.train.augment import augment

    torch.manual_seed(0)
    heard = torch.full((64, 50, 128), -13.8)
    heard[:, 20:30] = -4.0
    other = augment(heard)
    assert torch.isfinite(other).all()
    loud, quiet = other[:, 20:30].mean(), torch.cat([other[:, :20], other[:, 30:]], 1).mean()
    assert loud > quiet + 3
    shown = other.mean(-1)
    assert (shown[:, 20:30].min(1).values > shown[:, :18].max(1).values).float().mean() > 0.9, "time stays"


def test_one_command_makes_a_model_that_bakes(tmp_path: Path, shared: Path) -> None:
    """From an empty folder; far too few steps to be good, enough that each part has run."""
    from typer.testing import CliRunner

    import mien
    from mien.train.main import app

    few = tmp_path / "speech"
    few.mkdir()
    for speaker in ("4088-158077", "8226-274369"):
        for path in sorted((shared / "data" / "librispeech").glob(f"{speaker}-000[2-5].*")):
            shutil.copy(path, few)
    out, work = tmp_path / "tiny-live", tmp_path / "work"
    command = ["--out", str(out), "--work", str(work), "--speech", str(few), "--licence", "CC BY 4.0"]
    command += ["--hold-out", "8226", "--hours", "0.13", "--steps", "40", "--batch", "4"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "of torch" in result.output
    assert "closF1" in result.output
    take = mien.bake(sorted(few.glob("8226*.ogg"))[0], model=str(out))
    assert take.model == "tiny-live 1"
    assert np.isfinite(take.curves().values).all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--speech", "SPEECH"], "--speech needs --licence"),
        (["--speech", "SPEECH", "--licence", "x", "--hold-out", "9999"], "no such speaker; there is 4088"),
        (["--speech", "EMPTY", "--licence", "x"], "no recordings with phones beside them"),
    ],
)
def test_training_refuses_what_cannot_work(
    tmp_path: Path, shared: Path, options: list[str], words: str
) -> None:
    from typer.testing import CliRunner

    from mien.train.main import app

    places = {"SPEECH": str(shared / "data" / "librispeech"), "EMPTY": str(tmp_path)}
    result = CliRunner().invoke(app, [places.get(option, option) for option in options])
    assert result.exit_code != 0
    assert words in str(result.exception)
