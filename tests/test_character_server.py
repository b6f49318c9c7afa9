"""Characters and bones through a server: the same curves to the bit, the same refusals, and what it tells."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import json_format
from websockets.sync.client import connect

import mien
from mien.audio import read_audio
from mien.cli.bake import Order, bake_all
from mien.engine import Catalogue
from mien.errors import CharacterError
from mien.files import read_curves
from mien.rig import find_rig, load_rig
from mien.rpc.client import CharacterFacts
from mien.wire.v1 import lists_pb2 as lists
from mien.wire.v1.animate_pb2 import AnimateResponse
from mien.wire.v1.bake_pb2 import BakeResponse
from tests.characters import VERA, written
from tests.gateway_host import Gateway, gateway, posted, refusal, settings, spoken, unframed, values_of
from tests.servers import Server, broken_way, serving
from tests.test_character import _mien

BO = """\
schema = 1
rig = "reallusion"
asymmetry = -0.1
[gains]
jaw = 0.75
[limits]
"CC_Base_JawRoot.rotation.z" = [0, 20]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A server's own characters: two that work, one that does not."""
    home = tmp_path_factory.mktemp("home")
    for name, text in (
        ("vera", VERA.replace('model = "mien-live"\n', "")),
        ("bo", BO),
        ("broken", "schema = 2"),
    ):
        written(home / "characters", text, f"{name}.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_HOME", str(home))
        yield home


@pytest.fixture(scope="module")
def server(home: Path, model_folder: Path) -> Iterator[Server]:
    with serving(model_folder) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[mien.Client]:
    with mien.Client(server.address) as opened:
        yield opened


@pytest.fixture(scope="module")
def http(home: Path, model_folder: Path) -> Iterator[Gateway]:
    with gateway(model_folder) as running:
        yield running


def whole(stream: mien.rpc.client.ClientStream, sound: np.ndarray) -> np.ndarray:
    """All frames of a stream of `sound`."""
    parts = [stream.push(piece).values for piece in np.array_split(sound, 30)]
    return np.concatenate([*parts, stream.flush().values])


# What a character makes of a line


@pytest.mark.parametrize("name", ["vera", "bo"])
def test_a_stream_of_a_character_is_its_bake_to_the_bit(client, demo_line, model_folder, name) -> None:
    wanted = mien.bake(demo_line, character=name, model=model_folder).curves(character=name)
    with client.stream(character=name) as stream:
        assert (stream.header.character, stream.names) == (name, wanted.names)
        np.testing.assert_array_equal(whole(stream, read_audio(demo_line).samples), wanted.values)
    curves = client.bake_curves(demo_line, character=name)
    np.testing.assert_array_equal(curves.values, wanted.values)


def test_characters_side_by_side_do_not_mix(client, demo_line, model_folder) -> None:
    sound, names = read_audio(demo_line).samples, ("vera", "bo", "")
    streams = [client.stream(character=name) for name in names]
    parts: list[list[np.ndarray]] = [[] for _ in names]
    for piece in np.array_split(sound, 20):
        for stream, frames in zip(streams, parts, strict=True):
            frames.append(stream.push(piece).values)
    for name, stream, frames in zip(names, streams, parts, strict=True):
        who = name or None
        baked = mien.bake(demo_line, character=who, model=model_folder).curves(character=who)
        np.testing.assert_array_equal(np.concatenate([*frames, stream.flush().values]), baked.values)
        stream.close()


def test_a_take_of_the_server_keeps_what_one_of_our_own_does(client, demo_line, model_folder) -> None:
    asked = {"character": "vera", "layers": {"articulation": 0.5}}
    for more in ({}, asked, {"character": "vera", "seed": 0}, {"seed": 11}, {**asked, "seed": 3}):
        theirs, ours = client.bake(demo_line, **more), mien.bake(demo_line, model=model_folder, **more)
        assert theirs.settings == ours.settings
        np.testing.assert_array_equal(theirs.motion.values, ours.motion.values)
    assert client.bake(demo_line, character="vera").settings["manner"] == "reserved"


def test_the_async_client_knows_characters_too(server, client, demo_line) -> None:
    async def ask() -> tuple[object, ...]:
        async with mien.AsyncClient(server.address) as other:
            curves = await other.bake_curves(demo_line, character="vera")
            take = await other.bake(demo_line, character="vera")
            async with other.stream(character="vera") as stream:
                return curves, take, stream.header.character, await other.characters()

    curves, take, who, listed = asyncio.run(ask())
    np.testing.assert_array_equal(curves.values, client.bake_curves(demo_line, character="vera").values)
    assert (take.settings["character"], who, listed) == ("vera", "vera", client.characters())


def test_the_header_tells_who_it_is_with_seed_and_limits(client) -> None:
    with client.stream(character="vera") as stream:
        header = stream.header
    assert (header.character, header.rig, header.seed) == ("vera", "arkit", 7)
    high = {curve.name: curve.high for curve in header.curves}
    assert (high["mouthSmileLeft"], high["mouthSmileRight"]) == (np.float32(0.6), 1)
    with client.stream(character="vera", seed=0) as stream:
        assert stream.header.seed == 0
    with client.stream(rig="arkit") as stream:
        assert stream.header.character == ""


def test_a_characters_model_is_used_where_none_is_named(home, model_folder, demo_line) -> None:
    for name, model in (("named", "mien-live"), ("placed", model_folder)):
        written(home / "characters", f'schema = 1\nrig = "arkit"\nmodel = "{model}"', f"{name}.toml")
    with serving() as running, mien.Client(running.address) as client:
        models = {name: client.bake(demo_line, character=name).model for name in ("named", "placed")}
        other = client.bake(demo_line, character="placed", model="mien-live").model
    for name in ("named", "placed"):
        (home / "characters" / f"{name}.toml").unlink()
    assert models == {"named": "mien-live 1", "placed": mien.bake(demo_line, model=model_folder).model}
    assert other == "mien-live 1"


# Going on


def test_a_stream_of_a_character_goes_on_after_a_break(server, demo_line, model_folder) -> None:
    wanted = mien.bake(demo_line, character="vera", model=model_folder).curves(character="vera")
    with (
        broken_way(server.port, [150_000]) as way,
        mien.Client(way.address) as client,
        client.stream(character="vera") as stream,
    ):
        np.testing.assert_array_equal(whole(stream, read_audio(demo_line).samples), wanted.values)
        assert stream.reconnects > 0


def test_tokens_of_characters_differ(home, client) -> None:
    tokens = []
    same = VERA.replace('model = "mien-live"\n', "")
    twins = {"twin": same, "moody": same.replace("joy", "fear"), "mild": same.replace("0.8", "0.7")}
    for name, text in twins.items():
        written(home / "characters", text, f"{name}.toml")
    for name in ("", "vera", *twins):
        with client.stream(character=name) as stream:
            tokens.append(stream.header.resume_token)
        with client.stream(character=name) as stream:
            assert stream.header.resume_token == tokens[-1]
    for name in twins:
        (home / "characters" / f"{name}.toml").unlink()
    assert len(set(tokens)) == len(tokens)


# What there is, and what is refused


def test_a_server_lists_its_characters_without_those_that_are_broken(client, http) -> None:
    wanted = (CharacterFacts("bo", "reallusion"), CharacterFacts("vera", "arkit"))
    assert client.characters() == wanted
    with http.client() as one:
        said = one.get("/v1/characters").json()
        data = one.get("/v1/characters", headers={"Accept": "application/x-protobuf"}).content
    assert said == {"characters": [{"name": each.name, "rig": each.rig} for each in wanted]}
    assert json_format.Parse(json.dumps(said), lists.ListCharactersResponse()) == (
        lists.ListCharactersResponse.FromString(data)
    )


def test_a_character_is_read_once_and_new_ones_are_found(home, model_folder) -> None:
    catalogue = Catalogue(str(model_folder))
    file = written(home / "characters", 'schema = 1\nrig = "arkit"\nseed = 1', "late.toml")
    late = catalogue.character("late")
    written(home / "characters", 'schema = 1\nrig = "arkit"\nseed = 2', "late.toml")
    assert catalogue.character("late") is late
    assert late.rig is catalogue.rig("arkit"), "one rig, so that their streams are driven together"
    file.unlink()


REFUSED = {
    "unknown": (
        {"character": "vere"},
        "character",
        "There is no character 'vere'; there is bo, broken, vera. Did",
    ),
    "a path": (
        {"character": "../characters/vera"},
        "character",
        "There is no character '../characters/vera'; ",
    ),
    "a file": ({"character": "vera.toml"}, "character", "There is no character 'vera.toml'; there is bo, "),
    "broken": (
        {"character": "broken"},
        "character",
        "broken.toml: schema 2 is newer than 1, the newest this",
    ),
    "a rig beside it": (
        {"character": "vera", "rig": "arkit"},
        "rig",
        "A rig is given and the character 'vera', which brings its own, 'arkit'; leave one of the two out.",
    ),
}


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_is_refused_is_refused_alike_everywhere(client, http, demo_line, mistake) -> None:
    asked, field, said = REFUSED[mistake]
    kind = mien.OptionError if field == "rig" else CharacterError
    for ask in (client.stream, lambda **more: client.bake(demo_line, **more)):
        if ask is not client.stream and "rig" in asked:
            continue  # a take has no rig
        with pytest.raises(kind) as caught:
            ask(**asked)
        assert said in str(caught.value)
        assert str(caught.value).startswith(f"settings.{field}: ")
    with http.client() as one:
        status, named, sentence = refusal(posted(one, demo_line.read_bytes(), **asked))
    assert (status, named) == (400, field)
    assert said in sentence


# HTTP and WebSocket


def test_http_bakes_for_a_character_in_every_way_to_ask(http, demo_line, model_folder, tmp_path) -> None:
    wanted = mien.bake(demo_line, character="vera", model=model_folder)
    with http.client() as one:
        sound = demo_line.read_bytes()
        answers = [
            posted(one, sound, character="vera", format="npz"),
            one.post("/v1/bake", files={"audio": sound}, data={"character": "vera", "format": "npz"}),
        ]
        messages = posted(one, sound, character="vera", format="messages")
        take = posted(one, sound, character="vera", format="take")
    for answer in answers:
        (tmp_path / "line.npz").write_bytes(answer.content)
        np.testing.assert_array_equal(
            read_curves(tmp_path / "line.npz").values, wanted.curves(character="vera").values
        )
    (header,) = (each.header for each in unframed(messages.content, BakeResponse) if each.HasField("header"))
    assert (header.character, header.seed) == ("vera", 7)
    (tmp_path / "line.mien").write_bytes(take.content)
    assert mien.open_take(tmp_path / "line.mien").settings == wanted.settings


def test_a_websocket_in_json_speaks_for_a_character(http, demo_line, model_folder) -> None:
    wanted = mien.bake(demo_line, character="bo", model=model_folder).curves(character="bo")
    with connect(f"ws://127.0.0.1:{http.port}/v1/animate", subprotocols=["mien.v1.json"]) as ws:
        for message in [settings(character="bo"), *spoken(demo_line)[1:]]:
            ws.send(json_format.MessageToJson(message, preserving_proto_field_name=True))
        texts = list(ws)
    assert json.loads(texts[0])["header"]["character"] == "bo"
    responses = [json_format.Parse(text, AnimateResponse()) for text in texts]
    np.testing.assert_array_equal(values_of(responses), wanted.values)


def test_mien_stream_speaks_for_a_character_of_the_server(
    capsys, server, demo_line, model_folder, tmp_path
) -> None:
    out, asked = tmp_path / "live.csv", ["--server", server.address, "--fast"]
    code, _, err = _mien(capsys, "stream", demo_line, *asked, "--character", "vera", "-o", out)
    assert (code, err) == (0, "")
    bake_all([demo_line], tmp_path / "baked.csv", Order(character="vera", model=str(model_folder)))
    assert out.read_bytes() == (tmp_path / "baked.csv").read_bytes()
    code, _, err = _mien(capsys, "stream", demo_line, *asked, "--character", "vere")
    assert (code, err.count("\n")) == (2, 1)
    assert "settings.character: There is no character 'vere'" in err


# Bones


def test_the_bones_of_a_rig_come_over_the_wire(client, http, model_folder) -> None:
    rig = load_rig(find_rig("reallusion"))
    bones = {curve.name: curve.bone for curve in rig.curves if curve.bone}
    assert len(bones) == 10
    for curves in (client.rig("reallusion").curves, client.stream(rig="reallusion").header.curves):
        assert {curve.name: curve.bone for curve in curves if curve.bone} == bones
        assert curves[0].bone is None
    with http.client() as one:
        said = one.get("/v1/rigs/reallusion").json()["curves"]
    assert "bone" not in said[0]
    (jaw,) = (each for each in said if each["name"] == "CC_Base_JawRoot.rotation.z")
    assert jaw["bone"] == {"name": "CC_Base_JawRoot", "moves": "rotation", "axis": [0.0, 0.0, 1.0]}
    assert jaw["unit"] == "deg"


def test_a_characters_limits_on_a_bone_hold_live(client, demo_line) -> None:
    with client.stream(character="bo") as stream:
        (jaw,) = (each for each in stream.header.curves if each.name == "CC_Base_JawRoot.rotation.z")
        values = whole(stream, read_audio(demo_line).samples)
    assert (jaw.low, jaw.high, jaw.bone.moves) == (0, 20, "rotation")
    turned = values[:, stream.names.index(jaw.name)]
    assert turned.max() <= 20


def test_bones_are_described_for_http(http) -> None:
    with http.client() as one:
        schemas = one.get("/openapi.json").json()["components"]["schemas"]
        page = one.get("/docs").text
    assert schemas["Curve"]["properties"]["bone"] == {"$ref": "#/components/schemas/Bone"}
    assert schemas["Bone"]["properties"]["axis"] == {"type": "array", "items": {"type": "number"}}
    assert "/v1/characters" in page
