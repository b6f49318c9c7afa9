"""The materials of a glTF file, its pictures, and what its vertices carry for them.

Whatever a material has beyond plain colour, roughness and one picture is left out; what cannot be read of a
picture is refused, because a face in the wrong colours would pass for the user's own.
Source: glTF 2.0, section 3.9; KHR_materials_unlit; KHR_texture_transform.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError, MissingExtraError
from mien.face.gltf_arrays import Arrays
from mien.face.gltf_file import Count, Extensions, GltfFile, pick, typed
from mien.face.gltf_pieces import Cut
from mien.face.look import Colour, Material

MOST_PIXELS: Final = 64 << 20
"""Pixels that a picture may have: 8192 x 8192."""

LARGEST: Final = 1024
"""Pixels a side that are kept of a picture: a head fills no more of a preview."""

KINDS: Final = ("PNG", "JPEG", "WEBP")
"""What pictures may be. Pillow reads more, some by way of other programs; heads come from anywhere."""

TRANSFORM = "KHR_texture_transform"

ANIME = ("mtoon", "unlit")
"""What stands in a VRM's shader or an extension's name for flat colours."""


class _Part(msgspec.Struct, rename="camel"):
    """An object of the JSON: its keys are in camel case, and it may have keys that are unknown here."""


class _TextureInfo(_Part):
    index: Count
    tex_coord: Count = 0
    extensions: Extensions = {}


class _Transform(_Part):
    offset: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    tex_coord: Count | None = None


class _Surface(_Part):
    base_color_factor: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    base_color_texture: _TextureInfo | None = None
    roughness_factor: float = 1.0


class _Material(_Part):
    name: str | None = None
    pbr_metallic_roughness: _Surface = msgspec.field(default_factory=_Surface)
    alpha_mode: str = "OPAQUE"
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    extensions: Extensions = {}


class _Texture(_Part):
    source: Count | None = None
    extensions: Extensions = {}


class _Image(_Part):
    uri: str | None = None
    buffer_view: Count | None = None


class _Looks(_Part):
    """The lists of the file that looks come from."""

    materials: list[_Material] = []
    textures: list[_Texture] = []
    images: list[_Image] = []


class Materials:
    """The materials of one file, each made when a piece is of it."""

    def __init__(self, file: GltfFile, arrays: Arrays) -> None:
        self._file, self._arrays = file, arrays
        self._looks = typed(file.text, _Looks, file.path)
        self._rows: dict[int | None, int] = {}
        self._pictures: dict[int, NDArray[np.uint8]] = {}
        self.made: list[Material] = []

    def row(self, index: int | None) -> int:
        """Which of `made` the material `index` of the file is; None is the plain one of the specification."""
        if index not in self._rows:
            self._rows[index] = len(self.made)
            self.made.append(self._material(index))
        return self._rows[index]

    def _material(self, index: int | None) -> Material:
        if index is None:
            return Material("", roughness=0.6)
        found = pick(self._looks.materials, index, "material", self._file.path)
        surface, cut = found.pbr_metallic_roughness, found.alpha_mode in {"MASK", "BLEND"}
        red, green, blue, alpha = map(_share, surface.base_color_factor)
        info = surface.base_color_texture
        return Material(
            found.name or "",
            (red, green, blue),
            roughness=_share(surface.roughness_factor),
            alpha=alpha if cut else 1.0,
            texture=None if info is None else self._picture(info.index),
            cutoff=0.0 if not cut else found.alpha_cutoff if found.alpha_mode == "MASK" else 0.5,
            unlit=any(word in name.lower() for name in found.extensions for word in ANIME),
            both_sides=found.double_sided,
        )

    def uv(self, cut: Cut) -> NDArray[np.float32] | None:
        """Where the vertices of `cut` read the picture of its material, shape (vertices, 2)."""
        index = cut.piece.primitive.material
        if index is None:
            return None
        info = self._looks.materials[index].pbr_metallic_roughness.base_color_texture
        if info is None:
            return None
        change = _Transform()
        if TRANSFORM in info.extensions:
            change = typed(info.extensions[TRANSFORM], _Transform, f"{self._file.path}: {TRANSFORM}")
        number = info.tex_coord if change.tex_coord is None else change.tex_coord
        attributes = cut.piece.primitive.attributes
        at = (attributes.uv, attributes.uv_1)[number] if number < 2 else None
        if at is None:
            return None
        return _transformed(_rows(self._arrays.floats(at, "VEC2", cut.piece.where), cut, "UVs"), change)

    def _picture(self, index: int) -> NDArray[np.uint8]:
        path = self._file.path
        texture = pick(self._looks.textures, index, "texture", path)
        if texture.source is None:
            kinds = ", ".join(sorted(texture.extensions)) or "nothing"
            raise MeshError(f"{path}: texture {index} is {kinds}; export its picture as PNG or JPEG.")
        if texture.source not in self._pictures:
            image = pick(self._looks.images, texture.source, "image", path)
            where = f"{path}: image {texture.source}"
            self._pictures[texture.source] = _decoded(self._bytes(image, where), where)
        return self._pictures[texture.source]

    def _bytes(self, image: _Image, where: str) -> bytes:
        if image.buffer_view is not None:
            return self._arrays.view(image.buffer_view, where)
        if image.uri is None:
            raise MeshError(f"{where} is empty; export it again.")
        return self._arrays.linked(image.uri)


def _share(number: float) -> float:
    """The nearest that the specification allows."""
    return min(max(number, 0.0), 1.0)


def tints(arrays: Arrays, cut: Cut) -> NDArray[np.float32] | None:
    """The colours of the vertices of `cut`, linear RGB of shape (vertices, 3), where it has some."""
    at = cut.piece.primitive.attributes.colour
    if at is None:
        return None
    kind = arrays.kind(at, cut.piece.where)
    return _rows(arrays.floats(at, "VEC4" if kind == "VEC4" else "VEC3", cut.piece.where), cut, "colours")[
        :, :3
    ]


def directions(arrays: Arrays, cut: Cut) -> NDArray[np.float32] | None:
    """The normals of the vertices of `cut` at rest, shape (vertices, 3), where it has some."""
    at = cut.piece.primitive.attributes.normal
    return None if at is None else _rows(arrays.floats(at, "VEC3", cut.piece.where), cut, "normals")


def _rows(values: NDArray[np.float32], cut: Cut, what: str) -> NDArray[np.float32]:
    if len(values) != cut.count:
        raise MeshError(
            f"{cut.piece.where}: has {cut.count} vertices and {len(values)} {what}; export it again."
        )
    if not np.isfinite(values).all():
        raise MeshError(f"{cut.piece.where}: some of its {what} are no numbers; export it again.")
    return values[cut.rows]


def _transformed(uv: NDArray[np.float32], change: _Transform) -> NDArray[np.float32]:
    cos, sin = np.cos(change.rotation), np.sin(change.rotation)
    u, v = (uv * np.array(change.scale)).T
    turned = np.stack([cos * u + sin * v, cos * v - sin * u], axis=1)
    return np.asarray(turned + np.array(change.offset), np.float32)


def _decoded(data: bytes, where: str) -> NDArray[np.uint8]:
    """The picture in `data`, shape (height, width, 3 or 4), no side longer than `LARGEST`."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingExtraError(
            f"{where}: pictures on a face are read with Pillow; install it: pip install 'mien[preview]'"
        ) from None
    try:
        with Image.open(io.BytesIO(data), formats=KINDS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise MeshError(f"{where}: has {image.width} x {image.height} pixels; make it smaller.")
            image.draft("RGB", (LARGEST, LARGEST))
            picture = image.convert("RGBA" if image.has_transparency_data else "RGB")
            picture.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
            return np.asarray(picture)
    except UnidentifiedImageError:
        raise MeshError(f"{where}: is no picture that can be read; export it as PNG or JPEG.") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise MeshError(
            f"{where}: cannot be read as a picture ({problem}); export it as PNG or JPEG."
        ) from None


def stacked(
    parts: Sequence[NDArray[Any] | None],
    counts: Sequence[int],
    width: int,
    rest: Colour | tuple[float, float],
) -> NDArray[np.float32]:
    """`parts` one after another, shape (sum of counts, width); `rest` on those that are None."""
    filled = [
        np.broadcast_to(np.array(rest, np.float32), (count, width)) if part is None else part
        for part, count in zip(parts, counts, strict=True)
    ]
    return np.concatenate(filled, dtype=np.float32)
