"""The parts of a glTF 2.0 file that faces need: its JSON as typed values, and the container around it.

The JSON is checked by msgspec against the structs below; keys that are not here are passed over.
Source: Khronos Group, glTF 2.0 specification, 2021.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from mien.errors import MeshError
from mien.face.disk import bytes_of

T = TypeVar("T")

Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]
"""A place in a list, or a number of things or bytes; no file has a million million."""

Extensions = dict[str, msgspec.Raw]

MAGIC, JSON_CHUNK, BINARY_CHUNK = b"glTF", 0x4E4F534A, 0x004E4942
"""How a GLB begins, and the types of its two chunks."""


class _Part(msgspec.Struct, rename="camel"):
    """An object of the JSON: its keys are in camel case, and it may have keys that are unknown here."""


class Asset(_Part):
    version: str


class Named(_Part):
    name: str | None = None


class Scene(_Part):
    nodes: list[Count] = []


class Node(Named):
    children: list[Count] = []
    mesh: Count | None = None
    skin: Count | None = None
    matrix: Annotated[list[float], msgspec.Meta(min_length=16, max_length=16)] | None = None
    """Column by column."""
    translation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rotation: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)
    """A quaternion: x, y, z, w."""
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)


class Skin(_Part):
    joints: list[Count] = []
    inverse_bind_matrices: Count | None = None


class Attributes(msgspec.Struct):
    position: Count | None = msgspec.field(name="POSITION", default=None)
    joints: Count | None = msgspec.field(name="JOINTS_0", default=None)
    weights: Count | None = msgspec.field(name="WEIGHTS_0", default=None)
    normal: Count | None = msgspec.field(name="NORMAL", default=None)
    colour: Count | None = msgspec.field(name="COLOR_0", default=None)
    uv: Count | None = msgspec.field(name="TEXCOORD_0", default=None)
    uv_1: Count | None = msgspec.field(name="TEXCOORD_1", default=None)


class Target(msgspec.Struct):
    position: Count | None = msgspec.field(name="POSITION", default=None)
    extra: Any = None
    """Where UniVRM before 0.36 kept the name."""


class Primitive(_Part):
    attributes: Attributes
    indices: Count | None = None
    material: Count | None = None
    mode: int = 4
    targets: list[Target] = []
    extensions: Extensions = {}
    extras: Any = None


class Mesh(Named):
    primitives: list[Primitive] = []
    extras: Any = None


class SparseIndices(_Part):
    buffer_view: Count
    component_type: int
    byte_offset: Count = 0


class SparseValues(_Part):
    buffer_view: Count
    byte_offset: Count = 0


class Sparse(_Part):
    count: Count
    indices: SparseIndices
    values: SparseValues


class Accessor(_Part):
    component_type: int
    count: Count
    type: str
    buffer_view: Count | None = None
    byte_offset: Count = 0
    normalized: bool = False
    sparse: Sparse | None = None


class BufferView(_Part):
    buffer: Count
    byte_length: Count
    byte_offset: Count = 0
    byte_stride: Count | None = None
    extensions: Extensions = {}


class Buffer(_Part):
    byte_length: Count
    uri: str | None = None


class Gltf(_Part):
    asset: Asset
    scene: Count = 0
    scenes: list[Scene] = []
    nodes: list[Node] = []
    meshes: list[Mesh] = []
    materials: list[Named] = []
    skins: list[Skin] = []
    accessors: list[Accessor] = []
    buffer_views: list[BufferView] = []
    buffers: list[Buffer] = []
    extensions: Extensions = {}
    extensions_required: list[str] = []


@dataclass(frozen=True, slots=True)
class GltfFile:
    """What one file holds."""

    path: Path
    gltf: Gltf
    chunk: memoryview | None
    """The binary chunk of a GLB: buffer 0."""
    text: memoryview
    """The JSON, of which `gltf` is what shapes need."""


def open_gltf(path: Path) -> GltfFile:
    """The file `path`, a GLB by its first letters or JSON.

    Raises:
        MeshError: Cut off, not JSON, not glTF 2.
    """
    data = memoryview(bytes_of(path))
    if bytes(data[:4]) == MAGIC:
        text, chunk = _chunks(data, path)
    elif path.suffix.lower() == ".gltf":
        text, chunk = data, None
    else:
        raise MeshError(f"{path}: does not begin as a GLB does, with the letters glTF; export it again.")
    if bytes(text[:3]) == codecs.BOM_UTF8:
        text = text[3:]
    return GltfFile(path, _document(text, path), chunk, text)


def typed(text: bytes | memoryview | msgspec.Raw, wanted: type[T], where: str | Path) -> T:
    """The JSON `text` as `wanted`; a key of another type is refused with its place."""
    try:
        return msgspec.json.decode(text, type=wanted)
    except msgspec.ValidationError as problem:
        raise MeshError(f"{where}: its JSON is not that of glTF 2.0 ({problem}); export it again.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise MeshError(f"{where}: its JSON cannot be read ({problem}); export it again.") from None


def pick(items: Sequence[T], index: int, what: str, where: str | Path) -> T:
    """`items[index]`, refused in words where there is none."""
    if index >= len(items):
        raise MeshError(f"{where}: names {what} {index}, and there are {len(items)}; export it again.")
    return items[index]


def _chunks(data: memoryview, path: Path) -> tuple[memoryview, memoryview | None]:
    """The JSON of a GLB and its binary chunk."""
    if len(data) < 12:
        raise MeshError(f"{path}: is cut off after {len(data)} bytes; copy or export it again.")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise MeshError(
            f"{path}: is a GLB of version {version}, and version 2 is read; export it as glTF 2.0."
        )
    if length > len(data):
        raise MeshError(
            f"{path}: is cut off: {length} bytes were written, {len(data)} are there; copy it again."
        )
    kind, text, at = _chunk(data, 12, path)
    if kind != JSON_CHUNK:
        raise MeshError(f"{path}: is a GLB that does not begin with its JSON; export it again.")
    if at + 8 > length:
        return text, None
    kind, chunk, _ = _chunk(data, at, path)
    return text, chunk if kind == BINARY_CHUNK else None


def _chunk(data: memoryview, at: int, path: Path) -> tuple[int, memoryview, int]:
    """Type and bytes of the chunk that begins at byte `at`, and where the next one begins."""
    begin = at + 8
    size, kind = struct.unpack_from("<II", data, at) if begin <= len(data) else (0, None)
    if kind is None or begin + size > len(data):
        raise MeshError(
            f"{path}: is cut off: a part of {size} bytes begins at {at}; copy or export it again."
        )
    return kind, data[begin : begin + size], begin + size


def _document(text: memoryview, path: Path) -> Gltf:
    gltf = typed(text, Gltf, path)
    if not gltf.asset.version.startswith("2."):
        raise MeshError(
            f"{path}: is glTF {gltf.asset.version[:20]!r}, and 2.0 is read; export it as glTF 2.0."
        )
    return gltf
