"""Heads in poses and their pictures: on a toy face of which all is known, and on the house's own."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.errors import MeshError, MissingExtraError
from mien.preview import renderer as renderer_module
from mien.preview.camera import VIEWS
from mien.preview.frames import frames
from mien.preview.head import Head, load_head
from mien.preview.rays import Hits
from mien.preview.renderer import Renderer
from mien.preview.shot import Shot
from mien.preview.shown import lid_opening, mouth_opening
from mien.values import Curves
from tests.conftest import REPOSITORY
from tests.head_files import add_mesh, card, head_file, texture, write_head
from tests.toy_face import AXES, MOUTH, toy_face

HOUSE = REPOSITORY / "rigs" / "house" / "head.glb"
SIZE = (160, 200)
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Head:
    return load_head(write_head(tmp_path_factory.mktemp("toy") / "toy.glb"))


@pytest.fixture(scope="module")
def house() -> Head:
    return load_head(HOUSE)


def posed(head: Head, **weights: float) -> NDArray[np.float32]:
    return head.pose(tuple(weights), list(weights.values()))


def shot(head: Head, size: tuple[int, int] = SIZE, view: str = "face", **weights: float) -> Picture:
    return Renderer(head, size, view).picture(posed(head, **weights))  # type: ignore[arg-type]


def curves(*names: str, count: int = 8) -> Curves:
    values = np.random.default_rng(0).random((count, len(names)))
    return Curves(names, values.astype(np.float32), Fraction(30))


# Poses


def test_a_head_without_curves_is_at_rest(toy: Head) -> None:
    np.testing.assert_array_equal(toy.pose((), ()), toy.rest)
    np.testing.assert_array_equal(posed(toy, jawOpen=0, headYaw=0), toy.rest)


def test_curves_add_their_shapes_and_those_that_are_none_do_nothing(toy: Head) -> None:
    once, other = posed(toy, jawOpen=0.5) - toy.rest, posed(toy, eyeBlinkLeft=1) - toy.rest
    both = posed(toy, eyeBlinkLeft=1, jawOpen=0.5, au21NeckTightener=1) - toy.rest
    np.testing.assert_allclose(both, once + other, atol=1e-7)
    assert toy.can(("jawOpen", "headRoll", "nothing")) == ["jawOpen", "headRoll"]


@pytest.mark.parametrize("spelling", ["jaw_open", "JawOpen", "Face.jawOpen", "jawOpen"])
def test_names_in_the_letters_of_other_tools_are_arkits(tmp_path: Path, spelling: str) -> None:
    file = head_file()
    for mesh in file.document["meshes"]:
        names = mesh["extras"]["targetNames"]
        short = [name.replace("Left", "_L").replace("Right", "_R") for name in names]
        mesh["extras"]["targetNames"] = [spelling if name == "jawOpen" else name for name in short]
    head = load_head(file.save(tmp_path / "a.glb"))
    assert np.ptp(posed(head, jawOpen=1) - head.rest) > 0.01
    assert np.ptp(posed(head, eyeBlinkRight=1) - head.rest) > 0.005


@pytest.mark.parametrize(
    ("curve", "place", "wanted"),
    [
        ("headYaw", (0, 0, 1), (1, 0, 0)),
        ("headPitch", (0, 0, 1), (0, 1, 0)),
        ("headRoll", (0, 1, 0), (1, 0, 0)),
    ],
)
def test_heads_turn_to_their_left_up_and_to_their_left_shoulder(
    house: Head, curve: str, place: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    points, turned = house.space.into(house.rest), house.space.into(posed(house, **{curve: 0.2}))
    head = points[:, 1] > house.places.mouth[1]
    farthest = np.argmax(np.where(head, points @ place, -np.inf))
    assert (turned - points)[farthest] @ wanted > 10


def test_a_turn_keeps_the_head_rigid_and_the_shoulders_where_they_are(house: Head) -> None:
    points, turned = house.space.into(house.rest), house.space.into(posed(house, headYaw=0.5, headRoll=-0.2))
    head = np.flatnonzero(points[:, 1] > house.places.mouth[1])[::40]
    before, after = (np.linalg.norm(x[head][:, None] - x[head], axis=-1) for x in (points, turned))
    np.testing.assert_allclose(before, after, atol=0.02)
    low = points[:, 1] < points[:, 1].min() + 5
    assert np.abs(turned - points)[low].max() < 0.5


def test_a_head_that_does_not_tell_left_from_right_stands_as_gltf_has_it(tmp_path: Path, toy: Head) -> None:
    path = write_head(tmp_path / "a.glb", leave_out=lambda name: name.endswith(("Left", "Right")))
    head = load_head(path)
    np.testing.assert_array_equal(head.space.axes, np.eye(3))
    assert head.places.mouth[1] == pytest.approx(MOUTH, abs=3)
    assert shot(head).std() > 20


def test_a_head_may_be_sent_to_another_process(toy: Head) -> None:
    copy = pickle.loads(pickle.dumps(toy))
    np.testing.assert_array_equal(posed(copy, jawOpen=0.3), posed(toy, jawOpen=0.3))


# Pictures


def test_the_same_pose_gives_the_same_picture_whatever_came_before(house: Head) -> None:
    drawn = Renderer(house, SIZE)
    poses = [posed(house, jawOpen=0.6), posed(house), posed(house, eyeBlinkLeft=1, headYaw=0.2)]
    first = [drawn.picture(pose) for pose in poses]
    for before, pose in zip(reversed(first), reversed(poses), strict=True):
        np.testing.assert_array_equal(drawn.picture(pose), before)


@pytest.mark.parametrize("axes", [name for name in AXES if name != "y up, z front"])
def test_units_and_axes_of_the_file_do_not_change_the_picture(toy: Head, tmp_path: Path, axes: str) -> None:
    other = load_head(write_head(tmp_path / "a.glb", unit=1.0, axes=axes))
    wanted, came = (shot(head, jawOpen=0.4).astype(int) for head in (toy, other))
    assert np.mean(np.abs(wanted - came).max(axis=2) > 8) < 0.003, "but for rounding at edges"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("size", [(200, 120), (120, 200), (64, 64)])
def test_the_face_is_within_the_picture_in_every_view_and_format(
    house: Head, view: str, size: tuple[int, int]
) -> None:
    drawn = Renderer(house, size, view)  # type: ignore[arg-type]
    seen = drawn._camera.seen(drawn._camera.into(np.array([house.places.mouth])))[0]
    assert (seen > 0.2 * np.array(size)).all()
    assert (seen < 0.85 * np.array(size)).all()
    picture = drawn.picture(house.rest)
    assert picture.shape == (size[1], size[0], 3)
    assert picture.std() > 10


def test_a_body_below_the_head_does_not_change_the_framing(tmp_path: Path, toy: Head) -> None:
    file = head_file()
    corners, triangles, _ = card((0, -0.9, -0.05), 1.5)
    add_mesh(file, corners, triangles)
    whole = load_head(file.save(tmp_path / "a.glb"))
    np.testing.assert_allclose(whole.places.crown, toy.places.crown, atol=0.01)
    assert np.abs(shot(whole).astype(int) - shot(toy))[:60].max() < 8, "but for light that it takes away"


def test_rays_that_are_saved_are_not_missed(house: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    pose, drawn = posed(house, jawOpen=0.3, eyeBlinkLeft=1), Renderer(house, (400, 400))
    saved = drawn.picture(pose).astype(int)
    monkeypatch.setattr(renderer_module, "SMALLEST", 10_000)
    assert np.abs(saved - drawn.picture(pose)).max() < 24


def test_edges_are_smooth(house: Head) -> None:
    picture = shot(house).astype(int)
    steps = np.abs(np.diff(picture.sum(axis=2), axis=1))
    assert np.mean(steps[steps > 30] > 250) < 0.2, "most of an outline goes over in steps"


def test_eyes_catch_the_light(house: Head) -> None:
    drawn = Renderer(house, (512, 512))
    picture = drawn.picture(house.rest).astype(int)
    eyes = house.triangles[house.look.named("eye") & ~house.look.named("brow", "lash")]
    points = house.space.into(house.rest[np.unique(eyes)])
    for side in (points[:, 0] > 0, points[:, 0] < 0):
        ball = points[side]
        front = ball[ball[:, 2] > ball[:, 2].max() - 2].mean(axis=0)
        x, y = drawn._camera.seen(drawn._camera.into(front[None]))[0].astype(int)
        around = picture[y - 12 : y + 13, x - 14 : x + 15].min(axis=2)
        assert np.count_nonzero(around > 230) >= 6, "a spark"
        assert around.min() < 40, "a pupil"


def test_the_mouth_is_dark_inside_and_sees_more_light_the_wider_it_opens(house: Head) -> None:
    drawn = Renderer(house, (300, 300), "mouth")
    inside = house.look.named("tongue", "mouth")
    lit, tongue = [], np.unique(house.triangles[house.look.named("tongue")])
    for jaw in (0.0, 0.25, 0.7):
        points = posed(house, jawOpen=jaw)
        one = Shot(drawn._surface, drawn._shadows, drawn._paint, points)
        one.light(_everything(one))
        lit.append(one._seen[tongue].mean())
    assert np.all(np.diff(lit) > 0.005)
    seen = inside[_shown(drawn, one)] & (_shown(drawn, one) >= 0)
    picture = drawn.picture(points).astype(float).mean(axis=2)
    assert picture[seen].mean() < 0.6 * picture[_shown(drawn, one) >= 0].mean()


def _everything(one: Shot) -> Hits:
    """The middle of each triangle that may be seen."""
    third = np.full(len(one.triangles), 1 / 3, np.float32)
    return Hits(np.arange(len(third), dtype=np.int32), third, third, third)


def _shown(drawn: Renderer, one: Shot) -> NDArray[np.int32]:
    """Which of the head's triangles each pixel shows, or -1."""
    width, height = drawn._camera.size
    across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    hits = one.hits(drawn._camera.rays(across.ravel().astype("f4"), down.ravel().astype("f4")))
    return np.where(hits.triangle >= 0, one.rows[hits.triangle], -1).reshape(height, width)


# Materials of other people's heads


def pictured(path: Path, pixels: np.ndarray, **look: object) -> Picture:
    """The toy face behind a card with a texture."""
    file = head_file()
    corners, triangles, uv = card((0, 0, 0.2), 0.06)
    primitive = add_mesh(file, corners, triangles, **look)
    primitive["attributes"]["TEXCOORD_0"] = file.accessor(uv)
    info = {"index": texture(file, pixels)}
    file.document["materials"][-1]["pbrMetallicRoughness"]["baseColorTexture"] = info
    return shot(load_head(file.save(path / "a.glb")))


def middle(picture: Picture) -> NDArray[np.float64]:
    """The colour in the middle of the card."""
    return np.asarray(picture[95:105, 75:85].reshape(-1, 3).mean(axis=0), np.float64)


def test_textures_are_shown_the_right_way_up(tmp_path: Path) -> None:
    pixels = np.zeros((16, 16, 3))
    pixels[:8, :, 0], pixels[8:, :8, 1], pixels[8:, 8:, 2] = 255, 255, 255
    white = {"color": [1.0, 1.0, 1.0, 1.0], "extensions": {"KHR_materials_unlit": {}}}
    picture = pictured(tmp_path, pixels, **white)
    strong = np.ptp(picture, axis=2) > 150
    places = [np.argwhere(strong & (picture.argmax(axis=2) == k)).mean(axis=0) for k in range(3)]
    assert places[0][0] < places[1][0] - 5, "red is above green"
    assert places[1][1] < places[2][1] - 5, "green is left of blue"


@pytest.mark.parametrize("mode", ["MASK", "BLEND"])
def test_what_is_cut_out_is_not_there(tmp_path: Path, toy: Head, mode: str) -> None:
    pixels = np.full((8, 8, 4), 255)
    pixels[..., 1:] = 0
    empty = shot(toy)
    np.testing.assert_allclose(middle(pictured(tmp_path, pixels, alphaMode=mode)), middle(empty), atol=2)
    pixels[..., 3] = 255
    assert np.abs(middle(pictured(tmp_path, pixels, alphaMode=mode)) - middle(empty)).max() > 50
    pixels[..., 3] = 0
    assert np.abs(middle(pictured(tmp_path, pixels)) - middle(empty)).max() > 50, "opaque, whatever its alpha"


def test_one_sided_triangles_are_not_seen_from_behind(tmp_path: Path, toy: Head) -> None:
    empty = middle(shot(toy))
    for both, wanted in ((False, True), (True, False)):
        file = head_file()
        corners, triangles, _ = card((0, 0, 0.2), 0.06)
        add_mesh(file, corners, triangles[:, ::-1], doubleSided=both, color=[0.0, 0.0, 0.0, 1.0])
        came = middle(shot(load_head(file.save(tmp_path / "a.glb"))))
        assert bool(np.abs(came - empty).max() < 2) is wanted


# Many pictures


def test_processes_give_the_pictures_in_order_as_one_would(toy: Head) -> None:
    rows, picks = curves("jawOpen", "headYaw", "eyeBlinkLeft"), [5, 0, 7, 7, 2]
    alone = list(frames(toy, rows, picks, size=(64, 64), workers=1))
    shared = list(frames(toy, rows, picks, size=(64, 64), workers=2))
    np.testing.assert_array_equal(alone, shared)
    np.testing.assert_array_equal(alone[2], alone[3])
    assert not active_children()


def test_who_takes_no_more_pictures_leaves_no_processes(toy: Head) -> None:
    some = frames(toy, curves("jawOpen", count=200), range(200), size=(64, 64), workers=2)
    next(some)
    assert len(active_children()) == 2
    assert isinstance(some, Iterator)
    some.close()  # type: ignore[attr-defined]
    assert not active_children()


@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by signals")
def test_a_process_that_was_killed_is_told_in_one_sentence(toy: Head) -> None:
    some = frames(toy, curves("jawOpen", count=400), range(400), size=(64, 64), workers=2)
    next(some)
    os.kill(active_children()[0].pid or 0, signal.SIGKILL)
    with pytest.raises(MeshError, match=r"was ended from outside.*--workers 1"):
        list(some)


INTERRUPTED = """
import sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from mien.preview.frames import frames
from mien.preview.head import load_head
from mien.values import Curves

if __name__ == "__main__":
    head = load_head(Path(sys.argv[1]))
    line = Curves(("jawOpen",), np.zeros((5000, 1), np.float32), Fraction(30))
    print("begun", flush=True)
    try:
        for count, _ in enumerate(frames(head, line, range(5000), size=(64, 64), workers=2)):
            print(count, flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
@pytest.mark.parametrize("at", [b"begun\n", b"0\n"])
def test_ctrl_c_ends_all_processes_without_a_word_from_them(tmp_path: Path, at: bytes) -> None:
    (tmp_path / "run.py").write_text(INTERRUPTED, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "run.py"), str(write_head(tmp_path / "a.glb"))]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as it:
        assert it.stdout is not None
        while it.stdout.readline() != at:
            assert it.poll() is None
        time.sleep(0.3)
        os.killpg(it.pid, signal.SIGINT)
        said, wrong = it.communicate(timeout=60)
    assert said.endswith(b"interrupted\n")
    assert not wrong


def test_no_picks_are_no_pictures(toy: Head) -> None:
    assert list(frames(toy, curves("jawOpen"), [], size=(64, 64))) == []


# Measures


def test_the_mouth_is_shut_when_its_lips_meet_and_opens_with_the_jaw(house: Head) -> None:
    assert mouth_opening(house, posed(house)) < 4
    assert mouth_opening(house, posed(house, jawOpen=0.4, mouthClose=0.4)) < 8
    areas = [mouth_opening(house, posed(house, jawOpen=jaw)) for jaw in (0, 0.1, 0.2, 0.4, 0.8)]
    assert np.all(np.diff(areas) > 20)
    assert 300 < areas[-1] < 1500


def test_the_mouth_of_a_head_without_names_is_what_the_jaw_uncovers(toy: Head) -> None:
    areas = [mouth_opening(toy, posed(toy, jawOpen=jaw)) for jaw in (0.2, 0.4, 0.8)]
    assert np.all(np.diff(areas) > 40)
    assert mouth_opening(toy, posed(toy)) < 0.2 * areas[0]


def test_eyes_close(house: Head) -> None:
    left, right = lid_opening(house, posed(house))
    assert left == pytest.approx(right, rel=0.05)
    assert 80 < left < 500
    shut, still = lid_opening(house, posed(house, eyeBlinkLeft=1))
    assert shut < 6
    assert still == right


# Refused


def test_a_head_that_cannot_speak_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    path = write_head(tmp_path / "mute.glb", leave_out=lambda name: name.startswith(("jaw", "mouth")))
    with pytest.raises(
        MeshError, match=r"lacks jawOpen and one of mouthClose, .*mien rig new NAME --from mute.glb"
    ):
        load_head(path)
    path = write_head(tmp_path / "b.glb", leave_out=lambda name: name == "jawOpen")
    with pytest.raises(MeshError, match="lacks jawOpen, without which it cannot speak"):
        load_head(path)


def test_a_head_without_eyes_says_so(toy: Head) -> None:
    with pytest.raises(MeshError, match="name that of the eyeballs so"):
        lid_opening(toy, toy.rest)


def test_a_head_with_nothing_behind_its_lips_says_so(tmp_path: Path) -> None:
    still = toy_face(unit=1000.0, jawOpen=1e-6)
    head = load_head(head_file(still).save(tmp_path / "a.glb"))
    with pytest.raises(MeshError, match="shows nothing behind its lips when the jaw opens"):
        mouth_opening(head, head.rest)


def test_without_embreex_the_way_to_it_is_told(toy: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embreex", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mien\[preview\]'"):
        frames(toy, curves("jawOpen"), [0])


def test_the_mouth_is_where_the_toy_has_it(toy: Head) -> None:
    assert toy.places.mouth[1] == pytest.approx(MOUTH, abs=3)
    assert toy.places.eyes[1] == pytest.approx(32, abs=6)
    assert toy.space.scale == pytest.approx(1000, rel=0.02)


def test_a_script_without_a_guard_is_told_what_it_lacks_and_does_not_hang(tmp_path: Path) -> None:
    write_head(tmp_path / "toy.glb")
    script = tmp_path / "film.py"
    script.write_text(
        "from fractions import Fraction\nfrom pathlib import Path\nimport numpy as np\n"
        "from mien.preview.frames import frames\nfrom mien.preview.head import load_head\n"
        "from mien.values import Curves\n"
        "curves = Curves(('jawOpen',), np.zeros((40, 1)), Fraction(30))\n"
        "list(frames(load_head(Path('toy.glb')), curves, range(40), size=(64, 64), workers=2))\n",
        encoding="utf-8",
    )
    ran = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 1
    assert "has to call this below `if __name__" in ran.stderr


def test_shapes_that_move_nothing_are_as_good_as_not_there(tmp_path: Path) -> None:
    face = toy_face(unit=1000.0)
    still = dict.fromkeys(("mouthClose", "eyeBlinkLeft", "eyeBlinkRight"), np.zeros_like(face.vertices))
    head_file(replace(face, shapes={**face.shapes, **still})).save(tmp_path / "a.glb")
    head = load_head(tmp_path / "a.glb")
    assert not head.moves.keys() & still.keys()
    still["jawOpen"] = np.zeros_like(face.vertices)
    head_file(replace(face, shapes={**face.shapes, **still})).save(tmp_path / "b.glb")
    with pytest.raises(
        MeshError, match="shapes that move it and lacks jawOpen, without which it cannot speak"
    ):
        load_head(tmp_path / "b.glb")


def test_a_texture_without_uvs_is_its_first_pixel(tmp_path: Path) -> None:
    file = head_file()
    red = texture(file, np.full((4, 4, 3), [200, 0, 0]))
    file.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": red}
    head = load_head(file.save(tmp_path / "a.glb"))
    picture = Renderer(head, (64, 64)).picture(head.rest)
    assert (picture[40, 32].astype(int) - picture[40, 32, 1] > [60, -1, -60]).all()
