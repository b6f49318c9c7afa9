"""The page that asks people what they prefer: what goes into it, and how it behaves, in node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mien.errors import FileError, OptionError
from mien.preview.ballot import names_of, page, pairs_in, write_ballot
from tests.conftest import unavailable
from tests.typed import mien as mien_command

HARNESS = Path(__file__).parent / "ballot_page.js"
LINES = ("bob", "moon", "papa", "thumbs")
MP4 = b"\0\0\0\x18ftypmp42"


def webp(*milliseconds: int) -> bytes:
    """An animated WebP, as far as its frame times go."""
    frames = b"".join(
        b"ANMF" + (17).to_bytes(4, "little") + bytes(12) + ms.to_bytes(3, "little") + bytes(2) + b"\0"
        for ms in milliseconds
    )
    body = b"WEBP" + b"VP8X" + (10).to_bytes(4, "little") + bytes(10) + frames
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def folder(path: Path, lines: Sequence[str] = LINES, suffix: str = ".mp4") -> Path:
    """A folder of films, each unlike all others."""
    path.mkdir(parents=True)
    for line in lines:
        data = MP4 + f"{path.name} {line}".encode() if suffix == ".mp4" else webp(500, 500 + len(path.name))
        (path / f"{line}{suffix}").write_bytes(data)
    return path


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Any]:
    """A ballot between `old` and `new`."""
    pairs = pairs_in(folder(tmp_path / "old"), folder(tmp_path / "new"))
    return write_ballot(pairs, ("old", "new"), tmp_path / "page", "Lips", "Which one?")


# What is written


def test_a_page_and_its_films_are_one_folder_that_needs_no_network(tmp_path: Path, told: Any) -> None:
    text = (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    films = sorted(
        str(path.relative_to(tmp_path / "page")) for path in (tmp_path / "page" / "films").iterdir()
    )
    assert films == sorted(take["file"] for line in told["lines"] for take in line["takes"])
    assert len(films) == 8
    assert "http" not in text.replace("http-equiv", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old", "page"]


def test_names_of_films_do_not_say_which_system_made_them(told: Any) -> None:
    for line in told["lines"]:
        for take in line["takes"]:
            assert not any(word in take["file"] for word in ("old", "new", line["name"]))


def test_the_id_is_that_of_these_films_names_and_words(tmp_path: Path, told: Any) -> None:
    pairs = pairs_in(tmp_path / "old", tmp_path / "new")
    assert write_ballot(pairs, ("old", "new"), tmp_path / "again", "Lips", "Which one?")["id"] == told["id"]
    assert write_ballot(pairs, ("old", "new"), tmp_path / "other", "Eyes", "Which one?")["id"] != told["id"]
    (tmp_path / "old" / "bob.mp4").write_bytes(MP4 + b"changed")
    assert write_ballot(pairs, ("old", "new"), tmp_path / "third", "Lips", "Which one?")["id"] != told["id"]


def test_no_name_ends_the_script_that_it_stands_in(tmp_path: Path) -> None:
    written = page({"id": "1", "title": "</script><b>", "question": "?", "systems": ["a", "b"], "lines": []})
    assert "</script><b>" not in written
    assert written.count("</script>") == 3


def test_a_webp_is_as_long_as_its_frames(tmp_path: Path) -> None:
    pairs = pairs_in(folder(tmp_path / "old", suffix=".webp"), folder(tmp_path / "newer", suffix=".webp"))
    told = write_ballot(pairs, ("old", "newer"), tmp_path / "page", "Lips")
    assert [take["seconds"] for take in told["lines"][0]["takes"]] == [1.003, 1.005]


# Refusals


def test_lines_that_only_one_folder_has_are_refused(tmp_path: Path) -> None:
    old, new = folder(tmp_path / "old"), folder(tmp_path / "new", LINES[:3])
    with pytest.raises(
        FileError, match=r"old has 'thumbs', which .*new has not; put it there too, or take it out\."
    ):
        pairs_in(old, new)
    with pytest.raises(FileError, match=r"old has 'thumbs', which .*new has not"):
        pairs_in(new, old)


def test_folders_without_films_and_places_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    old = folder(tmp_path / "old")
    with pytest.raises(
        FileError, match=r"empty: holds no films \(\.mp4, \.webp\); make one with `mien preview"
    ):
        pairs_in(old, tmp_path / "empty")
    with pytest.raises(FileError, match=r"nowhere: is no folder that can be looked into"):
        pairs_in(tmp_path / "nowhere", old)


def test_one_line_twice_or_in_two_kinds_is_refused(tmp_path: Path) -> None:
    old, new = folder(tmp_path / "old"), folder(tmp_path / "new", suffix=".webp")
    with pytest.raises(
        FileError, match=r"bob\.mp4 and .*bob\.webp are of two kinds, which would tell them apart"
    ):
        pairs_in(old, new)
    (old / "bob.webp").touch()
    with pytest.raises(FileError, match=r"bob\.mp4 and .*bob\.webp are one line twice; keep one of them"):
        pairs_in(old, new)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("bob.mp4", b"", "is not an MP4"),
        ("bob.mp4", webp(10), "is not an MP4"),
        ("bob.webp", MP4, "is not a WebP"),
        ("bob.webp", webp(), "does not move"),
    ],
)
def test_a_film_that_is_none_is_refused_and_nothing_is_written(
    name: str, data: bytes, said: str, tmp_path: Path
) -> None:
    for system in ("old", "new"):
        (tmp_path / system).mkdir()
        (tmp_path / system / name).write_bytes(data)
    pairs = pairs_in(tmp_path / "old", tmp_path / "new")
    with pytest.raises(FileError, match=f"{name}: {said}"):
        write_ballot(pairs, ("old", "new"), tmp_path / "deep" / "page", "Lips")
    assert not any(path.is_file() for path in (tmp_path / "deep").rglob("*"))


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, told: Any) -> None:
    pairs = pairs_in(tmp_path / "old", tmp_path / "new")
    with pytest.raises(
        FileError, match=r"page: is there already, and nothing is overwritten; name a new folder"
    ):
        write_ballot(pairs, ("old", "new"), tmp_path / "page", "Lips")
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot be written"):
        write_ballot(pairs, ("old", "new"), tmp_path / "file" / "page", "Lips")


def test_systems_are_called_as_their_folders_or_as_given(tmp_path: Path) -> None:
    a, b = tmp_path / "a" / "out", tmp_path / "b" / "out"
    assert names_of(tmp_path / "a", tmp_path / "b") == ("a", "b")
    assert names_of(a, b) == (str(a), str(b))
    assert names_of(a, b, "mien 3, mien 4") == ("mien 3", "mien 4")
    for wrong in ("one", "same,same", "a,", "a,b,c"):
        with pytest.raises(OptionError, match="wanted two different names with a comma between, as old,new"):
            names_of(a, b, wrong)
    with pytest.raises(OptionError, match="are one folder; name two"):
        names_of(a, a)


def test_the_command_makes_a_page(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    old, new, out = folder(tmp_path / "old"), folder(tmp_path / "new"), tmp_path / "page"
    code, said, err = mien_command(capsys, "ballot", old, new, "-o", out, "--title", "Lips")
    assert (code, err) == (0, "")
    assert said.startswith(f"{out / 'index.html'}: 4 lines, old or new; ballot ")
    assert (out / "index.html").is_file()
    assert mien_command(capsys, "ballot", old, "-o", out)[::2] == (
        2,
        "mien: A ballot is between two folders of films, and 1 came; write mien ballot A B -o page.\n",
    )
    assert mien_command(capsys, "ballot", old, new)[2] == (
        "mien: A ballot is a folder of its own; write -o and a name that is new.\n"
    )


# How the page behaves


def node(script: str) -> Any:
    """What a script of the page's logic returns."""
    text = page({"id": "x", "title": "", "question": "", "systems": [], "lines": []})
    logic = text.split('<script id="logic">')[1].split("</script>")[0]
    return json.loads(run(["-e", f"{logic}\nconsole.log(JSON.stringify((() => {{ {script} }})()))"]))


def run(words: list[str], given: str = "") -> str:
    """What node prints."""
    found = shutil.which("node")
    if found is None:
        unavailable("node is not installed; the ballot's page is tested with it.")
    ran = subprocess.run([found, *words], input=given, capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def shown(told: Any, *steps: list[Any], memory: Any = None, forgetful: bool = False) -> Any:
    """What the page shows after steps."""
    order = {"page": page(told), "steps": steps, "memory": memory or {}, "forgetful": forgetful}
    came = json.loads(run([str(HARNESS)], json.dumps(order)))
    assert came["problems"] == []
    return came


WATCHED = [["end"], ["end"]]
"""Both films run to their end, one after the other."""


def through(choices: Sequence[str]) -> list[list[Any]]:
    """Steps that answer to line after line."""
    return [["click", "start"], *(step for choice in choices for step in (*WATCHED, ["click", choice]))]


def test_a_participant_goes_through_all_lines_and_saves_the_answers(told: Any) -> None:
    came = shown(told, ["look"], *through(["left", "right", "none", "left"]), ["look"], ["click", "json"])
    first, last = came["told"]
    assert (first["screen"], first["title"], first["start"]) == (["intro"], "Lips", "Start")
    assert (last["screen"], last["count"], last["bar"]) == (["end"], "All done", 1)
    votes = json.loads(came["saved"]["text"])
    assert came["saved"]["name"] == f"votes-{told['id']}-{votes['participant']}.json"
    assert json.loads(came["text"]) == votes
    assert [vote["choice"] for vote in votes["votes"]] == ["left", "right", "none", "left"]
    assert sorted(vote["line"] for vote in votes["votes"]) == sorted(LINES)
    assert all({vote["left"], vote["right"]} == {"old", "new"} for vote in votes["votes"])
    assert [vote["plays"] for vote in votes["votes"]] == [[1, 1]] * 4
    assert votes["finished"] is not None


def test_what_is_shown_at_a_side_is_what_the_answer_says(told: Any) -> None:
    came = shown(told, ["click", "start"], ["look"], *WATCHED, ["click", "right"], ["look"])
    vote = json.loads(came["memory"][f"mien-ballot-{told['id']}"])["votes"][0]
    line = next(line for line in told["lines"] if line["name"] == vote["line"])
    by_system = dict(zip(told["systems"], (take["file"] for take in line["takes"]), strict=True))
    assert came["told"][0]["files"] == [by_system[vote["left"]], by_system[vote["right"]]]


def test_both_are_watched_to_the_end_before_a_choice_counts(told: Any) -> None:
    came = shown(
        told, ["click", "start"], ["key", "ArrowLeft"], ["look"], ["end"], ["key", "ArrowLeft"], ["look"],
        ["end"], ["look"], ["key", "ArrowLeft"], ["look"],
    )  # fmt: skip
    before, half, ready, after = came["told"]
    assert before["disabled"] == ["left", "none", "right", "back"]
    assert before["plays"] == [True, False]
    assert half["plays"] == [False, True]
    assert half["status"] == "Watch both to the end, then choose."
    assert (ready["disabled"], ready["plays"], ready["status"]) == (["back"], [False, False], "Which one?")
    assert after["count"] == "Line 2 of 4"


def test_keys_play_choose_repeat_and_go_back(told: Any) -> None:
    steps = [["click", "start"], ["end"], ["key", "2"], ["end"], ["key", "r"], ["end"], ["end"], ["key", "1"]]
    came = shown(
        told, *steps, ["look"], ["end"], ["key", "ArrowDown"], ["look"], ["key", "Backspace"], ["look"]
    )
    playing, second, again = came["told"]
    assert playing["plays"] == [True, False]
    assert (second["count"], again["count"]) == ("Line 2 of 4", "Line 1 of 4")
    assert again["disabled"] == ["left", "none", "right", "back"]
    shortcut = shown(told, ["click", "start"], *WATCHED, ["key", "ArrowLeft", {"ctrlKey": True}], ["look"])
    assert shortcut["told"][0]["count"] == "Line 1 of 4"


def test_a_page_that_is_opened_again_goes_on_where_it_was(told: Any) -> None:
    came = shown(told, *through(["left", "none"]), ["look"])
    later = shown(told, ["look"], ["click", "start"], ["look"], memory=came["memory"])
    assert later["told"][0]["start"] == "Go on with line 3"
    assert later["told"][1]["files"] == came["told"][0]["files"]
    for spoiled in ("{", '{"ballot": "other", "votes": []}', "null", "7"):
        with_wrong = {f"mien-ballot-{told['id']}": spoiled}
        assert shown(told, ["look"], memory=with_wrong)["told"][0]["start"] == "Start"


def test_a_browser_that_remembers_nothing_says_so_and_works(told: Any) -> None:
    came = shown(told, ["look"], *through(["left"] * 4), ["look"], forgetful=True)
    assert came["told"][0]["forgets"]
    assert came["told"][1]["screen"] == ["end"]


def test_the_next_participant_begins_anew(told: Any) -> None:
    came = shown(told, *through(["left"] * 4), ["click", "anew"], ["look"], ["click", "start"], ["look"])
    assert came["told"][0]["screen"] == ["intro"]
    assert came["told"][1]["count"] == "Line 1 of 4"


def test_the_volume_is_kept_from_line_to_line(told: Any) -> None:
    steps = [["click", "start"], ["volume", "0.3"], ["look"], *WATCHED, ["click", "left"], ["look"]]
    assert [look["volume"] for look in shown(told, *steps)["told"]] == [[0.3, 0.3], [0.3, 0.3]]


def test_silent_films_take_turns_by_the_clock(tmp_path: Path) -> None:
    pairs = pairs_in(folder(tmp_path / "old", suffix=".webp"), folder(tmp_path / "newer", suffix=".webp"))
    told = write_ballot(pairs, ("old", "newer"), tmp_path / "page", "Lips")
    came = shown(
        told, ["click", "start"], ["look"], ["wait", 900], ["look"], ["wait", 200], ["look"], ["wait", 1100],
        ["look"],
    )  # fmt: skip
    assert [look["plays"] for look in came["told"]] == [
        [True, False],
        [True, False],
        [False, True],
        [False, False],
    ]
    assert came["told"][-1]["disabled"] == ["back"]


# The logic


def ballot_of(lines: int) -> str:
    """A ballot as JavaScript."""
    rows = [{"name": f"l{k}", "takes": [f"a{k}", f"b{k}"]} for k in range(lines)]
    return json.dumps({"id": "x", "title": "t", "systems": ["a", "b"], "lines": rows})


def test_order_and_sides_are_random_even_and_the_same_for_a_seed() -> None:
    script = f"const b = {ballot_of(8)}; return Array.from({{length: 400}}, (_, s) => planned(b, s * 7919));"
    plans = node(script)
    assert plans == node(script)
    assert all(sorted(line["name"] for line in plan) == [f"l{k}" for k in range(8)] for plan in plans)
    assert all(sum(line["systems"][0] for line in plan) == 4 for plan in plans)
    firsts = [plan[0]["name"] for plan in plans]
    assert all(25 < firsts.count(f"l{k}") < 80 for k in range(8)), "50 of 400 each"
    left = [next(line["systems"][0] for line in plan if line["name"] == "l0") for plan in plans]
    assert 160 < sum(left) < 240
    assert len({json.dumps(plan) for plan in plans}) == 400
    for plan in plans:
        for line in plan:
            assert line["takes"] == ["ab"[system] + line["name"][1:] for system in line["systems"]]


def test_an_odd_number_of_lines_favours_no_side() -> None:
    plans = node(
        f"const b = {ballot_of(3)}; return Array.from({{length: 400}}, (_, s) => planned(b, s * 7919));"
    )
    left = sum(line["systems"][0] for plan in plans for line in plan)
    assert 540 < left < 660


def test_numbers_of_the_generator_are_even() -> None:
    numbers = node("const g = generator(5); return Array.from({length: 4000}, g);")
    assert 0 <= min(numbers) < 0.01 < 0.99 < max(numbers) < 1
    assert abs(sum(numbers) / 4000 - 0.5) < 0.02
    assert abs(sum(a * b for a, b in pairwise(numbers)) / 3999 - 0.25) < 0.02


def test_a_table_quotes_what_would_break_it() -> None:
    rows = node(
        f"""const b = {ballot_of(1)}; b.lines[0].name = 'a,"b'; let s = begun(b, '0000000100000002', 'now');
        s = voted(s, b, 'left', 1.26, [2, 1], 'then'); return asCsv(s, b);"""
    ).splitlines()
    assert rows[0] == "ballot,participant,line,left,right,choice,prefers,seconds,plays_left,plays_right"
    assert rows[1].startswith('x,0000000100000002,"a,""b",')
    assert rows[1].endswith(",1.3,2,1")


def test_what_is_no_unicode_is_refused(tmp_path: Path) -> None:
    pairs = pairs_in(folder(tmp_path / "old"), folder(tmp_path / "new"))
    with pytest.raises(FileError, match=r"'Lips\?' has letters that are not in Unicode; name it otherwise"):
        write_ballot(pairs, ("old", "new"), tmp_path / "page", "Lips\udcff")
    assert not (tmp_path / "page").exists()
