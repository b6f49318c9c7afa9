"""Heads as files: the toy face with a skin, teeth and lashes, and what may be shown with it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mien.face import FaceMesh
from tests.face_files import GltfFile
from tests.toy_face import toy_face

COLOURS = {"skin": [0.7, 0.45, 0.35, 1.0], "lashes": [0.02, 0.02, 0.02, 1.0], "teeth": [0.8, 0.8, 0.75, 1.0]}


def png(pixels: np.ndarray) -> bytes:
    """`pixels` of shape (height, width, 3 or 4) as PNG."""
    stream = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(stream, "PNG")
    return stream.getvalue()


def material(name: str, color: list[float], **changes: Any) -> dict[str, Any]:
    """A material as glTF writes it, rough and without metal."""
    surface = {"baseColorFactor": color, "roughnessFactor": 0.6, "metallicFactor": 0}
    return {"name": name, "pbrMetallicRoughness": surface, "doubleSided": True} | changes


def texture(file: GltfFile, pixels: np.ndarray) -> int:
    """Appends a picture to `file`; the index of its texture."""
    images, textures = (file.document.setdefault(key, []) for key in ("images", "textures"))
    images.append({"bufferView": file.view(png(pixels)), "mimeType": "image/png"})
    textures.append({"source": len(images) - 1})
    return len(textures) - 1


def head_file(face: FaceMesh | None = None) -> GltfFile:
    """`face` or else the toy face in metres, a node and a material for each of its parts."""
    face = face or toy_face(unit=1000.0)
    file = GltfFile()
    file.document["materials"] = []
    for name, (first, end) in face.parts.items():
        triangles = face.triangles[(face.triangles[:, 0] >= first) & (face.triangles[:, 0] < end)]
        rows, corners = np.unique(triangles, return_inverse=True)
        shapes = {shape: moved[rows] for shape, moved in face.shapes.items()}
        file.document["materials"].append(material(name, COLOURS[name]))
        primitive = file.primitive(face.vertices[rows], corners, shapes)
        primitive["material"] = len(file.document["materials"]) - 1
        file.node(mesh=file.mesh(primitive, names=tuple(shapes), name=name), name=name)
    return file


def add_mesh(file: GltfFile, vertices: np.ndarray, triangles: np.ndarray, **look: Any) -> dict[str, Any]:
    """Adds a mesh without shapes, with a material of its own, and tells its primitive."""
    file.document["materials"].append(material(**({"name": "more", "color": [0.5, 0.5, 0.5, 1.0]} | look)))
    primitive = file.primitive(vertices.astype(np.float32), triangles, {})
    primitive["material"] = len(file.document["materials"]) - 1
    file.node(mesh=file.mesh(primitive, name="more"), name="more")
    return primitive


def card(middle: tuple[float, float, float], wide: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, triangles and UVs of a square that faces the front, in whatever unit."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * wide / 2 + middle
    uv = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)
    return corners.astype(np.float32), np.array([[0, 1, 2], [0, 2, 3]]), uv


def write_head(path: Path, **options: Any) -> Path:
    """The toy head at `path`; `options` go to `toy_face`."""
    return head_file(toy_face(**({"unit": 1000.0} | options))).save(path)
