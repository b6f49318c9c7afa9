"""Small faces, and files of them in every format: what the tests of the face readers read and break."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.errors import MeshError
from mien.face import FaceMesh, read_face

COMPONENTS = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}
KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
JSON_CHUNK, BINARY_CHUNK = b"JSON", b"BIN\0"

FOREIGN = Path(__file__).parent / "data" / "foreign" / "face"
"""Faces that Blender and other tools wrote; `where.json` there says how."""

TURN = [0.5, 0.5, 0.5, 0.5]
"""A third of a turn: x to y, y to z, z to x."""


def small_face(
    vertices: int = 7, names: tuple[str, ...] = ("jawOpen", "blink"), seed: int = 0
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Vertices, triangles that use every vertex, and shapes, out of a hat."""
    rng = np.random.default_rng(seed)
    corners = np.arange(vertices - 2)[:, None] + [0, 1, 2]
    shapes = {name: rng.normal(size=(vertices, 3)).astype(np.float32) for name in names}
    return rng.normal(size=(vertices, 3)).astype(np.float32), corners.astype(np.int32), shapes


class GltfFile:
    """A glTF document with its numbers, put together by hand so that every part can be wrong."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": []}],
            "nodes": [],
            "meshes": [],
            "accessors": [],
            "bufferViews": [],
            "buffers": [{"byteLength": 0}],
        }
        self.chunk = b""

    def view(self, data: bytes, **changes: Any) -> int:
        """Appends `data`; the index of its buffer view."""
        self.chunk += b"\0" * (-len(self.chunk) % 4)
        view = {"buffer": 0, "byteOffset": len(self.chunk), "byteLength": len(data)} | changes
        self.document["bufferViews"].append(view)
        self.chunk += data
        self.document["buffers"][0]["byteLength"] = len(self.chunk)
        return len(self.document["bufferViews"]) - 1

    def accessor(self, values: np.ndarray, **changes: Any) -> int:
        """Appends `values` of shape (count, width) or (count,); the index of their accessor."""
        accessor = self._form(values) | {"bufferView": self.view(np.ascontiguousarray(values).tobytes())}
        self.document["accessors"].append(accessor | changes)
        return len(self.document["accessors"]) - 1

    def sparse(self, values: np.ndarray) -> int:
        """Appends `values` of shape (count, 3) with only its rows that are not 0."""
        rows = np.flatnonzero(values.any(axis=1)).astype("<u2")
        places = {"bufferView": self.view(rows.tobytes()), "componentType": COMPONENTS["u2"]}
        kept = {"bufferView": self.view(np.ascontiguousarray(values[rows]).tobytes())}
        listed = {"count": len(rows), "indices": places, "values": kept}
        self.document["accessors"].append(self._form(values) | {"sparse": listed})
        return len(self.document["accessors"]) - 1

    @staticmethod
    def _form(values: np.ndarray) -> dict[str, Any]:
        kind = KINDS[values.shape[1] if values.ndim == 2 else 1]
        return {"componentType": COMPONENTS[values.dtype.str[1:]], "count": len(values), "type": kind}

    def primitive(
        self, vertices: np.ndarray, triangles: np.ndarray, shapes: Mapping[str, np.ndarray], **changes: Any
    ) -> dict[str, Any]:
        """A primitive of its own numbers, to go into a mesh."""
        primitive: dict[str, Any] = {
            "attributes": {"POSITION": self.accessor(vertices)},
            "indices": self.accessor(triangles.ravel().astype("<u2")),
        }
        if shapes:
            primitive["targets"] = [{"POSITION": self.accessor(values)} for values in shapes.values()]
        return primitive | changes

    def mesh(self, *primitives: dict[str, Any], names: tuple[str, ...] = (), name: str = "Face") -> int:
        """Appends a mesh; its index."""
        extras = {"extras": {"targetNames": list(names)}} if names else {}
        self.document["meshes"].append({"name": name, "primitives": list(primitives)} | extras)
        return len(self.document["meshes"]) - 1

    def node(self, *, root: bool = True, **fields: Any) -> int:
        """Appends a node, in the scene itself if it is a `root`; its index."""
        self.document["nodes"].append(fields)
        index = len(self.document["nodes"]) - 1
        if root:
            self.document["scenes"][0]["nodes"].append(index)
        return index

    def glb(self) -> bytes:
        """The whole as a GLB."""
        text = json.dumps(self.document).encode()
        chunks = [(JSON_CHUNK, text + b" " * (-len(text) % 4))]
        chunks += [(BINARY_CHUNK, self.chunk + b"\0" * (-len(self.chunk) % 4))] if self.chunk else []
        body = b"".join(struct.pack("<I4s", len(data), kind) + data for kind, data in chunks)
        return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body

    def save(self, path: Path) -> Path:
        """Writes the GLB to `path`."""
        path.write_bytes(self.glb())
        return path


def gltf_of(
    vertices: np.ndarray, triangles: np.ndarray, shapes: Mapping[str, np.ndarray], **node: Any
) -> GltfFile:
    """One face as glTF, shown by one node with the fields `node`."""
    file = GltfFile()
    mesh = file.mesh(file.primitive(vertices, triangles, shapes), names=tuple(shapes))
    file.node(**{"mesh": mesh, "name": "Head"} | node)
    return file


def obj_text(vertices: np.ndarray, triangles: np.ndarray) -> str:
    """One mesh as OBJ, every digit kept."""
    points = "".join(f"v {' '.join(repr(float(x)) for x in row)}\n" for row in vertices)
    return f"o Head\n{points}" + "".join(f"f {a + 1}/1 {b + 1}/1 {c + 1}/1\n" for a, b, c in triangles)


def write_obj_folder(
    folder: Path, vertices: np.ndarray, triangles: np.ndarray, shapes: Mapping[str, np.ndarray]
) -> Path:
    """One face as a folder of .obj files."""
    folder.mkdir(exist_ok=True)
    neutral = vertices.astype(np.float64)
    for name, values in {"neutral": np.zeros_like(neutral), **shapes}.items():
        (folder / f"{name}.obj").write_text(obj_text(neutral + values, triangles), encoding="utf-8")
    return folder


def npz_bytes(arrays: Mapping[str, Any], **options: Any) -> bytes:
    """`arrays` as numpy writes them."""
    stream = io.BytesIO()
    np.savez(stream, **arrays, **options)
    return stream.getvalue()


def zip_bytes(entries: Mapping[str, bytes]) -> bytes:
    """Any bytes as entries of a zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return stream.getvalue()


def assert_face(
    came: FaceMesh, vertices: np.ndarray, triangles: np.ndarray, shapes: Mapping[str, np.ndarray]
) -> None:
    """`came` has these numbers, nearly, and this order of shapes."""
    assert list(came.shapes) == list(shapes)
    np.testing.assert_allclose(came.vertices, vertices, atol=2e-6)
    np.testing.assert_array_equal(came.triangles, triangles)
    for name, values in shapes.items():
        np.testing.assert_allclose(came.shapes[name], values, atol=2e-6, err_msg=name)


def assert_refused(read: Callable[[], object], words: str) -> None:
    """`read` is refused with `words`, in one line."""
    with pytest.raises(MeshError, match=re.escape(words)) as refusal:
        read()
    assert "\n" not in str(refusal.value), "one line"


def skinned_face(inverses: np.ndarray, weights: list[float], places: list[list[float]]) -> GltfFile:
    """A face on two joints, every vertex held with the same `weights`; its node stands somewhere else."""
    file = gltf_of(*small_face(), skin=0, translation=[100, 100, 100])
    attributes = file.document["meshes"][0]["primitives"][0]["attributes"]
    attributes["JOINTS_0"] = file.accessor(np.tile(np.array([1, 0, 0, 0], "<u1"), (7, 1)))
    attributes["WEIGHTS_0"] = file.accessor(np.tile(np.array([*weights, 0, 0], np.float32), (7, 1)))
    joints = [file.node(name=name, translation=at) for name, at in zip("ab", places, strict=True)]
    inverse = file.accessor(inverses.reshape(2, 16).astype(np.float32))
    file.document["skins"] = [{"joints": joints, "inverseBindMatrices": inverse}]
    return file


def vrm(extension: dict[str, Any], key: str) -> GltfFile:
    file = gltf_of(*small_face())
    other = file.mesh(file.primitive(*small_face(5, ("brows", "blink"))), names=("brows", "blink"))
    file.node(mesh=other)
    file.document["extensions"] = {key: extension}
    return file


def refuse(path: Path, data: bytes, words: str) -> None:
    path.write_bytes(data)
    assert_refused(lambda: read_face(path), words)


def npz_face(**changes: Any) -> bytes:
    vertices, triangles, shapes = small_face()
    arrays = {"vertices": vertices, "triangles": triangles, "shapes": np.stack(list(shapes.values()))}
    return npz_bytes({k: v for k, v in (arrays | {"names": list(shapes)} | changes).items() if v is not None})
