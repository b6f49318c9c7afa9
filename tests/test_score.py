"""The scorer: the bench's numbers on real speech, known answers on made-up speech, and what it refuses."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata

from mien.errors import FileError, InputError, RigError
from mien.score import (
    COLUMNS,
    Scores,
    Truth,
    closures_shown,
    read_phones,
    read_truth,
    score,
    table,
    truth,
    utterance_name,
)
from mien.score.ranks import auc, ranks, spearman
from mien.score.signals import sampled, signals_of
from mien.score.symbols import base_symbols, phoneset_of
from mien.values import Curves, Phone
from tests.conftest import SHARED, unavailable

BENCH, LIBRISPEECH = SHARED / "bench/lipsync.py", SHARED / "data/librispeech"
FRAMES_25, FRAMES_60 = Fraction(25), Fraction(60)


# Made-up speech, and a mouth that follows it


def phones(*labels: str, seconds: float = 0.1) -> list[Phone]:
    """`labels` one after the other, each `seconds` long."""
    return [Phone(k * seconds, (k + 1) * seconds, label) for k, label in enumerate(labels)]


WORDS = "M AA1 F IY1 S UW1 P AE1 T OW1 V EH1 B AA1 L IY0"
SENTENCE = [*["sil"] * 4, *WORDS.split(), *["sil"] * 4]
OPEN = {"M": 0, "P": 0, "B": 0, "F": 0.3, "V": 0.3, "AA1": 1, "AE1": 1, "EH1": 0.8, "OW1": 0.6, "sil": 0}


def made_up(times: int = 3) -> Truth:
    labels = SENTENCE * times
    return truth("made-up", phones(*labels), 0.1 * len(labels))


def following(spoken: Truth, rate: Fraction = FRAMES_60, late: float = 0.0) -> Curves:
    """A jaw that opens with each phone of `spoken`; lips that round for UW and OW and bite for F and V."""
    frames = np.arange(math.ceil(spoken.duration * rate)) / float(rate)
    said = [spoken.phones[min(int(t / 0.1), len(spoken.phones) - 1)].label for t in frames]
    jaw = [OPEN.get(label, 0.4) for label in said]
    pucker = [float(label in ("UW1", "OW1")) for label in said]
    roll = [0.5 * (label in ("F", "V")) for label in said]
    names = ("jawOpen", "mouthPucker", "mouthRollLower")
    return Curves(names, np.stack([jaw, pucker, roll], axis=1), rate, start=late)


def still(spoken: Truth, jaw: float = 0.3) -> Curves:
    return Curves(("jawOpen",), np.full((int(spoken.duration * 30), 1), jaw), Fraction(30))


# Against the bench


@cache
def bench() -> Any:
    if not BENCH.is_file():
        unavailable(f"{BENCH} is not there; it is the bench that the scorer must agree with.")
    spec = importlib.util.spec_from_file_location("lipsync_bench", BENCH)
    assert spec and spec.loader
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def spoken() -> tuple[tuple[Truth, ...], tuple[Any, ...]]:
    """A dozen utterances of several speakers, as our truth and the bench's."""
    files = sorted(LIBRISPEECH.glob("*.TextGrid"))[::40]
    if not files:
        unavailable(f"{LIBRISPEECH} has no TextGrid; it holds recordings that the project does not ship.")
    ours = tuple(read_truth(file) for file in files)
    rows = [[(phone.start, phone.end, phone.label) for phone in one.phones] for one in ours]
    theirs = [bench().Truth(o.name, r, o.duration) for o, r in zip(ours, rows, strict=True)]
    return ours, tuple(theirs)


def oracle(variant: str, rate: Fraction, late: float = 0.0) -> list[Curves]:
    """The bench's ideal curves, or spoilt ones, for each of `spoken`."""
    return [
        Curves(
            tuple(bench().ARKIT),
            bench().oracle(one, float(rate), variant=variant, rng=np.random.default_rng(k))["X"],
            rate,
            late,
        )
        for k, one in enumerate(spoken()[1])
    ]


def as_bench(curves: Sequence[Curves]) -> list[dict[str, Any]]:
    return [{"t": c.times, "X": c.values.astype(float), "step": False, "label": None} for c in curves]


PROBES = ("pBil", "pFV", "pRnd")


def assert_same(ours: Scores, theirs: dict[str, Any]) -> None:
    for column in COLUMNS:
        assert ours[column] == pytest.approx(theirs[column], abs=1e-6, nan_ok=True), column


@pytest.mark.parametrize(
    ("variant", "rate", "late"),
    [
        ("clean", FRAMES_60, 0.0),
        ("clean", FRAMES_25, 0.06),
        ("clean", Fraction(30), -0.12),
        ("clean", Fraction(24000, 1001), 0.1234),
        ("jitter", Fraction(120), 0.013),
        ("oversmooth", Fraction(30), 0.0),
        ("noclosure", FRAMES_60, 0.0),
        ("swap", Fraction(60000, 1001), 0.0),
        ("scale", Fraction(50), 0.0),
        ("constant", Fraction(30), 0.0),
    ],
)
def test_scores_are_those_of_the_bench(variant: str, rate: Fraction, late: float) -> None:
    curves = oracle(variant, rate, late)
    ours, theirs = spoken()
    assert_same(score(ours, curves), bench().score(theirs, as_bench(curves)))


def test_scores_of_noise_on_every_curve_are_those_of_the_bench() -> None:
    random = np.random.default_rng(1)
    clean = oracle("clean", FRAMES_60)
    curves = [Curves(c.names, c.values + random.normal(0, 0.15, c.values.shape), c.rate) for c in clean]
    ours, theirs = spoken()
    assert_same(score(ours, curves), bench().score(theirs, as_bench(curves)))


def test_scores_of_shuffled_utterances_are_those_of_the_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    """Curves that end early are held: many equal mouths, whose probes' opinions are ties.

    The bench lets the last bit of a matrix product decide such ties: its probes are off by up to 2e-5
    here. They are compared with that bit rounded off, everything else as it comes.
    """
    curves = oracle("clean", Fraction(30))
    curves = [*curves[1:], curves[0]]
    ours, theirs = spoken()
    expected = bench().score(theirs, as_bench(curves))
    exact = bench().auc
    monkeypatch.setattr(bench(), "auc", lambda *sides: exact(*(np.round(side, 9) for side in sides)))
    rounded = bench().score(theirs, as_bench(curves))
    assert_same(score(ours, curves), {**expected, **{probe: rounded[probe] for probe in PROBES}})
    assert max(abs(expected[probe] - rounded[probe]) for probe in PROBES) < 1e-4


@pytest.mark.parametrize("count", [1, 2, 6])
def test_scores_of_few_utterances_are_those_of_the_bench(count: int) -> None:
    curves = oracle("clean", FRAMES_60, 0.02)[:count]
    ours, theirs = spoken()
    assert_same(score(ours[:count], curves), bench().score(theirs[:count], as_bench(curves)))


def test_every_label_means_what_it_means_to_the_bench() -> None:
    for label in [*bench().ARPA, "AE1", "sil", "SPN", "foo", "H#"]:
        kind, symbols, _ = bench().norm_phone(label, "arpabet")
        assert base_symbols(label, "arpabet") == "".join(symbols if kind == "ph" else ""), label
    for label in [*bench().SYM, "t͡ʃ", "aː", "oʊ", "ˈi", "ç", "ã", "X", "ɾ̃"]:
        assert base_symbols(label, "ipa") == "".join(bench().norm_phone(label, "ipa")[1]), label


TIMIT = "h# bcl b aa f pcl p m oy hv q ix s h# spn vcl ch uh"


def test_timit_and_ipa_truths_are_those_of_the_bench() -> None:
    ipa = ["", "p", "aɪ", "m", "b", "t͡ʃ", "ɸ", "uː", "j", "ʔ", "aɪə", "f", "v", "?", "œ"]
    for phoneset, labels in (("arpabet", TIMIT.split()), ("ipa", ipa)):
        said = phones(*labels, seconds=0.0737)
        theirs = bench().Truth("x", [(p.start, p.end, p.label) for p in said], 1.3, phoneset)
        ours = truth("x", said, 1.3, phoneset)  # type: ignore[arg-type]
        np.testing.assert_array_equal(ours.openness, theirs.open)
        np.testing.assert_array_equal(ours.rounded, theirs.rnd)
        np.testing.assert_array_equal(ours.spread, theirs.spr)
        np.testing.assert_array_equal(ours.speech, theirs.speech)
        np.testing.assert_array_equal(ours.voiced, theirs.voiced)
        for spans, events in ((ours.closures, theirs.bil), (ours.bites, theirs.lab)):
            assert [span[:3] for span in spans] == [(event["s"], event["e"], event["c"]) for event in events]


# Known answers


def test_a_mouth_that_follows_the_phones_scores_near_one() -> None:
    spoken = made_up()
    scores = score([spoken], [following(spoken)])
    for column in ("closF1", "F1@.02", "closAUC", "fvAUC", "fvF1", "roundAUC", "closCov"):
        assert scores[column] > 0.99, column
    assert scores["rho"] > 0.8
    assert scores["silMot"] == scores["silOpen"] == 0
    assert abs(scores["lag"]) < 12
    assert scores["closMAE"] < 30  # M follows a pause, in which the lips are closed already


@pytest.mark.parametrize("late", [-0.12, 0.06, 0.1])
def test_a_late_mouth_is_found_to_be_that_late(late: float) -> None:
    spoken = made_up()
    in_time, moved = (score([spoken], [following(spoken, late=by)])["lag"] for by in (0, late))
    assert moved - in_time == pytest.approx(1000 * late, abs=8)


def test_a_still_face_scores_chance_and_has_no_lag() -> None:
    spoken = made_up()
    scores = score([spoken, spoken], [still(spoken), still(spoken)])
    assert scores["closF1"] == scores["rho"] == scores["rhoSeg"] == scores["closCov"] == scores["rpeak"] == 0
    assert scores["closAUC"] == scores["fvAUC"] == scores["roundAUC"] == scores["pBil"] == 0.5
    assert math.isnan(scores["lag"])


SCALE_FREE = "closF1 closAUC fvF1 rho rhoSeg roundAUC lag closMAE silMot jerk"


def test_half_the_amplitude_scores_the_same_but_for_the_threshold() -> None:
    spoken = made_up()
    whole = following(spoken)
    half = Curves(whole.names, whole.values / 2, whole.rate)
    ours, theirs = score([spoken], [half]), score([spoken], [whole])
    for column in SCALE_FREE.split():
        assert ours[column] == pytest.approx(theirs[column], abs=1e-6), column


def test_curves_that_a_rig_does_not_have_are_at_rest_and_case_does_not_count() -> None:
    spoken = made_up()
    some = following(spoken)
    padded = np.concatenate([some.values, np.zeros((len(some.values), 2), np.float32)], axis=1)
    names = ("JawOpen", "MouthPucker", "mouthrolllower", "browInnerUp", "mouthClose")
    more = Curves(names, padded, some.rate)
    assert dict(score([spoken], [more])) == pytest.approx(dict(score([spoken], [some])), nan_ok=True)


def test_an_utterance_is_not_heard_in_its_neighbour() -> None:
    short = truth("short", phones("M", "AA1"), 0.2)
    shut, wide = (Curves(("jawOpen",), np.full((12, 1), jaw), FRAMES_60) for jaw in (0, 1))
    scores = score([short, short], [wide, shut])
    assert scores["n"] == 2
    assert scores["silMot"] != 0  # there is no pause at all, so nothing moves in one


def test_closures_are_told_one_by_one() -> None:
    spoken = made_up(1)
    curves = following(spoken)
    values = curves.values.copy()
    values[int(0.97 * 60) : int(1.13 * 60), 0] = 0.5  # P is never closed
    values[int(0.53 * 60) : int(0.58 * 60), 0] = -0.1  # AA is
    shown = closures_shown(spoken, Curves(curves.names, values, curves.rate), theta=0.02)
    assert [round(span.start, 3) for span in shown.hits] == [0.4, 1.6]
    assert [round(span.start, 3) for span in shown.missed] == [1.0]
    assert len(shown.aperture) == len(shown.times) == len(spoken.openness)


def test_lips_pressed_rank_below_lips_at_rest() -> None:
    names = ("jawOpen", "mouthClose", "mouthPressLeft", "mouthPressRight")
    curves = Curves(names, np.array([[0.4, 0, 0, 0], [0.4, 0.4, 0, 0], [0, 0, 1, 1]]), FRAMES_25)
    lips = signals_of(sampled(curves, curves.times))
    np.testing.assert_allclose(lips.aperture, [0.4, 0, -0.5], atol=1e-7)


def test_ranks_share_ties() -> None:
    values = np.random.default_rng(0).integers(0, 9, 200).astype(float)
    np.testing.assert_array_equal(ranks(values), rankdata(values))
    assert auc(np.array([1.0, 2]), np.array([0.0, 1])) == 0.875
    assert math.isnan(auc(np.zeros(0), values))
    assert spearman(values, -values) == pytest.approx(-1)


# Phones and their files


def test_a_closure_without_its_release_is_centred_on_the_closure() -> None:
    (span,) = truth("x", phones("pcl", "p", "aa"), 0.3).closures
    assert (span.start, span.end, span.centre) == pytest.approx((0, 0.2, 0.05))


def test_diphthongs_are_split_in_time() -> None:
    said = truth("x", phones("OW1", seconds=1.0), 1.0)
    assert [(p.start, p.end, p.openness) for p in said.pieces] == [(0, 0.6, 4), (0.6, 1, 3)]


def test_the_alphabet_is_found_from_the_labels() -> None:
    assert phoneset_of(["sil", "AA1", "M", "zh"]) == "arpabet"
    assert phoneset_of(["", "s", "k"]) == "arpabet"
    assert phoneset_of(["", "h", "ə", "l", "oʊ"]) == "ipa"
    assert phoneset_of(["s", "i", "t"]) == "ipa"


def test_unknown_labels_are_left_out_and_told() -> None:
    said = truth("x", phones("M", "bar", "spn", "AA1"), 0.4)
    assert said.unknown == ("bar",)
    assert said.ignored.sum() == 20


def test_phones_are_read_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "a.b.phones.tsv"
    path.write_text("# phoneset: ipa\nstart_s\tend_s\tphone\n0\t.5\t\n.5\t.75\tm\n", encoding="utf-8")
    assert read_phones(path) == [Phone(0, 0.5, ""), Phone(0.5, 0.75, "m")]
    assert read_truth(path, duration=2).duration == 2
    assert utterance_name(path) == "a.b"


def test_the_alphabet_that_a_table_names_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "x.phones.tsv"
    path.write_text("# phoneset: ipa\n0\t1\ty\n", encoding="utf-8")
    assert read_truth(path).rounded[0] == 1
    path.write_text("0\t1\ty\n", encoding="utf-8")
    assert read_truth(path).rounded[0] == 0


def test_phones_are_read_from_timit_in_samples(tmp_path: Path) -> None:
    path = tmp_path / "SA1.PHN"
    path.write_text("0 8000 h#\n8000 9600 sh\n", encoding="utf-8")
    assert read_phones(path) == [Phone(0, 0.5, "h#"), Phone(0.5, 0.6, "sh")]


TEXTGRID = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 1
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 1
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 1
            text = "say ""me"""
    item [2]:
        class = "IntervalTier"
        name = "phones"
        xmin = 0
        xmax = 1
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 0.25
            text = "m"
        intervals [2]:
            xmin = 0.25
            xmax = 1
            text = "iː"
'''


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_phones_are_read_from_the_phones_tier_of_a_textgrid(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.TextGrid"
    path.write_text(TEXTGRID, encoding=encoding)
    assert read_phones(path) == [Phone(0, 0.25, "m"), Phone(0.25, 1, "iː")]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (
            "x.TextGrid",
            TEXTGRID.replace('"phones"', '"sounds"'),
            "no interval tier 'phones'; its tiers are words",
        ),
        ("x.TextGrid", "File type\n0\n1\n", "Praat's long format"),
        (
            "x.TextGrid",
            TEXTGRID[: TEXTGRID.rindex("xmax")],
            "tier 'phones' should have 2 intervals, and 1 can be read",
        ),
        ("x.TextGrid", TEXTGRID.replace("xmin = 0.25", "xmin = 0,25"), "'0,25' to '1' are not seconds"),
        ("x.phones.tsv", "0\t1\tm\nzero\t2\tn\n", "line 2 is not start, end and phone: 'zero\t2\tn'"),
        ("x.phones.tsv", "# phoneset: sampa\n0\t1\tm\n", "phoneset 'sampa' is not one of arpabet, ipa"),
        ("x.phones.tsv", "", "there are no phones in it"),
        ("x.lab", "0 1 m", "phones come from .phones.tsv, .TextGrid, .PHN"),
    ],
)
def test_a_file_that_is_no_alignment_is_refused(tmp_path: Path, name: str, text: str, problem: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as refusal:
        read_phones(tmp_path / name)
    assert problem in str(refusal.value)
    assert name in str(refusal.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        read_phones(tmp_path / "x.PHN")


def test_phones_that_go_on_long_after_the_sound_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.phones.tsv"
    path.write_text("0\t9000\tM\n9000\t48000000000000\tAA\n", encoding="utf-8")
    with pytest.raises(FileError) as refusal:
        read_truth(path, 3.0)
    assert str(refusal.value).endswith(
        "the last phone ends at 4.8e+13 s, the sound lasts 3 s; times are in seconds."
    )
    path.write_text("0\t3.9\tM\n", encoding="utf-8")
    assert read_truth(path, 3.0).duration == 3.9


def test_labels_of_another_alphabet_are_refused() -> None:
    with pytest.raises(InputError, match="x: not one of its labels is ARPABET that we know: 7 %"):
        truth("x", phones("7", "%"), 1)


def test_a_phone_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InputError, match=r"x: phone 'm' runs from 1 to 0\.5"):
        truth("x", [Phone(1, 0.5, "m")], 2)


def test_curves_of_another_rig_are_refused() -> None:
    spoken = made_up(1)
    with pytest.raises(RigError, match="none of these 1 curves has one: CTRL_expressions_jawOpen"):
        score([spoken], [Curves(("CTRL_expressions_jawOpen",), np.zeros((9, 1)), FRAMES_25)])


def test_scores_of_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="got 0 for 1"):
        score([made_up(1)], [])


def test_a_table_has_a_line_for_each_system_and_all_columns() -> None:
    spoken = made_up(1)
    scores = score([spoken], [following(spoken)])
    tabbed = [line.split("\t") for line in table({"one": scores, "two": scores}, aligned=False).splitlines()]
    assert tabbed[0] == ["system", *COLUMNS]
    assert [row[0] for row in tabbed[1:]] == ["one", "two"]
    assert tabbed[1][1:4] == ["1", "0.040", "1.000"]
    aligned = table({"one": scores, "another": scores}).splitlines()
    assert len({len(line) for line in aligned}) == 1
    assert [line.split()[0] for line in aligned] == ["system", "one", "another"]
