"""Writing: the format comes from the name, and a file is whole or not there at all."""

from __future__ import annotations

import os
import stat
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mien.errors import OptionError
from mien.files import FORMAT_NAMES, format_of, read_curves, read_take, write_curves, written_beside
from mien.values import Curves
from tests.file_checks import assert_equal, assert_refused, random_curves

# Formats and paths.


def test_the_format_comes_from_the_suffix_in_any_case_or_from_its_name(tmp_path: Path) -> None:
    write_curves(random_curves(), tmp_path / "line.CSV")
    assert (tmp_path / "line.CSV").read_text(encoding="utf-8").startswith("time,")
    write_curves(random_curves(), tmp_path / "line.txt", format="csv")
    assert_equal(read_curves(tmp_path / "line.txt", format="csv"), random_curves())
    write_curves(random_curves(), tmp_path / "a.v2", format="JSON")
    assert_equal(read_curves(tmp_path / "a.v2", format="Json"), random_curves())
    assert (format_of(tmp_path / "a.v2", "CSV"), format_of(tmp_path / "a.Csv", "Csv")) == ("csv", "csv")


@pytest.mark.parametrize("name", ["a.csv", "a.CSV"])
def test_a_format_that_contradicts_the_suffix_is_refused(tmp_path: Path, name: str) -> None:
    words = f"--format json contradicts the name '{name}'; leave one of them out."
    assert_refused(lambda: format_of(tmp_path / name, "json"), words, OptionError)
    assert_refused(lambda: write_curves(random_curves(), tmp_path / name, "json"), words, OptionError)
    assert not list(tmp_path.iterdir())


def test_curves_never_go_into_a_file_that_is_named_like_a_take(tmp_path: Path) -> None:
    assert_refused(lambda: format_of(tmp_path / "line.mien", "csv"), "line.mien: is a take, not curves;")


@pytest.mark.parametrize("form", [None, "csv"])
@pytest.mark.parametrize("name", ["out", "out.csv", "out.v2"])
def test_a_folder_is_called_a_folder_whatever_its_name(tmp_path: Path, name: str, form: str | None) -> None:
    folder = tmp_path / name
    folder.mkdir()
    words = f"{folder}: is a folder; give the name of a file in it, such as {folder / 'line.csv'}."
    assert_refused(lambda: format_of(folder, form), words)
    assert_refused(lambda: write_curves(random_curves(), folder, form), words)
    assert_refused(lambda: read_curves(folder, form), words)


@pytest.mark.parametrize(
    ("name", "form", "words"),
    [
        (
            "line.cvs",
            None,
            "There is no curve format '.cvs'; there is .csv, .json, .npz. Did you mean '.csv'?",
        ),
        ("line.csv", "jsn", "There is no curve format 'jsn'; there is csv, json, npz. Did you mean 'json'?"),
        ("line", None, "line: has no suffix to tell the format by; end it in .csv or .json or .npz."),
        ("line.mien", None, "is a take, not curves; `mien render"),
    ],
)
def test_an_unknown_format_is_refused_with_the_nearest(
    tmp_path: Path, name: str, form: str | None, words: str
) -> None:
    assert_refused(lambda: write_curves(random_curves(), tmp_path / name, form), words)
    assert_refused(lambda: read_curves(tmp_path / name, form), words)


@pytest.mark.parametrize("form", FORMAT_NAMES)
def test_broken_curves_are_refused_before_anything_is_written(tmp_path: Path, form: str) -> None:
    values = np.ones((3, 2), np.float32)
    values[2, 1] = np.nan
    broken = Curves(("a", "b"), values, Fraction(30))
    assert_refused(
        lambda: write_curves(broken, tmp_path / f"line.{form}"),
        "curve 'b' is nan in frame 2, not a finite number.",
    )
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_refused_with_its_neighbour(tmp_path: Path) -> None:
    write_curves(random_curves(), tmp_path / "line_01.csv")
    assert_refused(
        lambda: read_curves(tmp_path / "line_1.csv"), "there is no such file. Did you mean 'line_01.csv'?"
    )
    assert_refused(lambda: read_take(tmp_path / "no" / "a.mien"), "a.mien: there is no such file.")


# Whole or not at all.


def test_missing_folders_are_made(tmp_path: Path) -> None:
    write_curves(random_curves(), tmp_path / "out" / "day 1" / "line.csv")
    assert [path.name for path in (tmp_path / "out" / "day 1").iterdir()] == ["line.csv"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, ValueError, MemoryError])
def test_what_stops_a_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, stop: type[BaseException]
) -> None:
    path = tmp_path / "line.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(stop), written_beside(path) as beside, beside.open("w", encoding="utf-8") as file:
        file.write("new")
        raise stop
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_until_the_block_ends_the_old_file_stands(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    path.write_text("old", encoding="utf-8")
    with written_beside(path) as beside:
        beside.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
        assert beside.parent == path.parent
    assert path.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_with_the_way_out(tmp_path: Path) -> None:
    def fill() -> None:
        with written_beside(tmp_path / "line.csv"):
            raise OSError(28, "No space left on device")

    assert_refused(
        fill, "cannot be written (No space left on device); free some space or choose another disk."
    )
    assert not list(tmp_path.iterdir())


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.csv").mkdir()
    assert_refused(
        lambda: write_curves(random_curves(), tmp_path / "folder.csv"),
        "is a folder; give the name of a file in it",
    )
    assert_refused(
        lambda: write_curves(random_curves(), tmp_path / "file" / "line.csv"),
        "one of its folders is a file; choose another folder.",
    )
    assert_refused(lambda: read_take(tmp_path / "folder.csv"), "is a folder; name one file in it.")


@pytest.mark.skipif(os.name != "posix", reason="links, modes and devices of POSIX")
def test_links_modes_and_devices_are_left_as_they_are(tmp_path: Path) -> None:
    path, link = tmp_path / "line.csv", tmp_path / "link.csv"
    write_curves(random_curves(), path)
    path.chmod(0o640)
    link.symlink_to(path)
    write_curves(random_curves(3), link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert len(read_curves(path).values) == 3
    assert_refused(lambda: write_curves(random_curves(), Path("/dev/null"), "csv"), "is a device or a pipe")
