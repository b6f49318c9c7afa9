"""Counting answers: preference, its interval, the sign test; what does not belong together is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from mien.errors import FileError
from mien.preview.votes import sign_test, tally, wilson
from tests.typed import mien as mien_command

SYSTEMS = ("old", "new")


def votes(participant: str, choices: str, **changes: Any) -> dict[str, Any]:
    """A participant's file; of `choices`, o and n prefer old and new, - is a tie. Sides alternate."""
    rows = []
    for number, letter in enumerate(choices):
        left, right = SYSTEMS if number % 2 else SYSTEMS[::-1]
        wanted = {"o": "old", "n": "new"}.get(letter)
        choice = "none" if wanted is None else "left" if wanted == left else "right"
        rows.append(
            {
                "line": f"l{number}",
                "left": left,
                "right": right,
                "choice": choice,
                "seconds": 3.0,
                "plays": [1, 1],
            }
        )
    return {
        "schema": 1, "kind": "mien ballot votes", "ballot": "abc", "title": "Lips", "systems": list(SYSTEMS),
        "lines": 3, "participant": participant, "seed": 1, "started": "", "finished": "", "votes": rows,
    } | changes  # fmt: skip


def files(folder: Path, *contents: Any) -> list[Path]:
    """Files of answers."""
    paths = [folder / f"{number}.json" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return paths


def test_answers_are_counted_by_line_in_all_and_by_participant(tmp_path: Path) -> None:
    found = tally(files(tmp_path, votes("1", "nno"), votes("2", "n-o"), votes("3", "nn"), votes("4", "on-")))
    assert (found.participants, found.unfinished) == (4, 1)
    assert [(each.of, each.first, each.second, each.ties) for each in found.lines] == [
        ("l0", 1, 3, 0),
        ("l1", 0, 3, 1),
        ("l2", 2, 0, 1),
    ]
    assert (found.whole.first, found.whole.second, found.whole.ties) == (3, 6, 2)
    assert (found.by_participant.first, found.by_participant.second, found.by_participant.ties) == (0, 2, 2)
    assert found.whole.share == pytest.approx(6 / 9)


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (1, 1), (0, 12), (7, 12), (12, 12), (300, 1000)])
def test_the_interval_is_wilsons(hits: int, of: int) -> None:
    wanted = stats.binomtest(hits, of).proportion_ci(0.95, "wilson")
    assert wilson(hits, of) == pytest.approx((wanted.low, wanted.high), abs=1e-6)


@pytest.mark.parametrize(
    ("first", "second"), [(0, 1), (5, 5), (2, 9), (9, 2), (0, 40), (700, 800), (4000, 4100)]
)
def test_the_sign_test_is_exact(first: int, second: int) -> None:
    assert sign_test(first, second) == pytest.approx(stats.binomtest(first, first + second).pvalue, rel=1e-9)


def test_nobody_who_prefers_anything_is_no_division_by_nothing(tmp_path: Path) -> None:
    found = tally(files(tmp_path, votes("1", "---")))
    assert found.whole.interval == (0, 1)
    assert found.whole.p == 1


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    paths = files(tmp_path, votes("1", "nno"), votes("2", "n-n"), votes("3", "n--"))
    code, out, err = mien_command(capsys, "ballot", "--count", *paths)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "Lips: old or new? 3 participants",
        "              old  new  tie  prefer new       95 %      p",
        "l0              0    3    0        100%  44%..100%  0.250",
        "l1              0    1    2        100%  21%..100%  1.000",
        "l2              1    1    1         50%    9%..91%  1.000",
        "all             1    5    3         83%   44%..97%  0.219",
        "participants    0    3    0        100%  44%..100%  0.250",
    ]
    code, _, err = mien_command(capsys, "ballot", "--count", *paths, "-o", tmp_path / "x")
    assert (code, err) == (
        2,
        "mien: --count only reads answers; leave -o, --names, --title and --question out.\n",
    )


def refusal(*paths: Path) -> str:
    """What is said to these files."""
    with pytest.raises(FileError) as refused:
        tally(paths)
    return str(refused.value).replace(f"{paths[0].parent}/", "")


def test_answers_to_different_ballots_are_not_mixed(tmp_path: Path) -> None:
    said = refusal(*files(tmp_path, votes("1", "nno"), votes("2", "nno", ballot="def", title="Eyes")))
    assert said == "1.json answers another ballot ('Eyes', def) than 0.json ('Lips', abc); count them apart."


def test_a_file_of_other_systems_is_of_another_ballot(tmp_path: Path) -> None:
    rows = [{"line": "l0", "left": "x", "right": "y", "choice": "left"}]
    said = refusal(*files(tmp_path, votes("1", "nno"), votes("2", "", systems=["x", "y"], votes=rows)))
    assert said.startswith("1.json answers another ballot")


def test_nobody_counts_twice(tmp_path: Path) -> None:
    said = refusal(*files(tmp_path, votes("1", "nno"), votes("1", "nnn")))
    assert said == "0.json and 1.json are of one participant; leave one out."
    twice = votes("1", "nno")
    twice["votes"][2]["line"] = "l0"
    assert refusal(*files(tmp_path, twice)) == (
        "0.json: answers twice to 'l0'; somebody changed it, so leave it out."
    )


MISTAKES = {
    "no JSON": (
        "ballot,participant\n",
        "is no file of answers; the ballot's last page saves one (JSON, not the CSV).",
    ),
    "a list": ("[]", "is no file of answers"),
    "deep": ("[" * 100_000, "is no file of answers"),
    "bytes": ("\ud800".encode("utf-16-le", "surrogatepass").decode("latin-1"), "is no file of answers"),
    "another kind": (votes("1", "nno", kind="take"), "is a 'take', not 'mien ballot votes'"),
    "newer": (votes("1", "nno", schema=2), "schema 2, and this Mien reads 1; update Mien."),
    "too many": (votes("1", "nnon"), "has 4 answers to 3 lines; leave it out."),
    "a choice nobody has": (
        votes("1", "", votes=[{"line": "l0", "left": "old", "right": "new", "choice": "old"}]),
        "is no file of answers",
    ),
    "another system": (
        votes("1", "", votes=[{"line": "l0", "left": "old", "right": "old", "choice": "left"}]),
        "'l0' is between 'old' and 'old', the ballot between 'old' and 'new'; leave it out.",
    ),
}


@pytest.mark.parametrize(("content", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_file_that_is_no_answers_is_refused(content: Any, said: str, tmp_path: Path) -> None:
    assert refusal(*files(tmp_path, content)).startswith(f"0.json: {said}")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.json") == "no.json: cannot be read: No such file or directory."
