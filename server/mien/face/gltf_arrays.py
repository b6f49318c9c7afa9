"""The numbers of a glTF file: buffers, views into them, and the accessors that give them a form."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face.disk import bytes_of
from mien.face.gltf_file import Accessor, GltfFile, Sparse, pick
from mien.face.mesh import MOST_TRIANGLES

COMPONENTS: Final = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
"""numpy's name of each component type."""

WIDTHS: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
"""Numbers in one element; the other matrices have no place in a face."""

MOST_ELEMENTS: Final = 3 * MOST_TRIANGLES
"""Elements of one accessor: three corners for each triangle."""

PACKINGS: Final = ("EXT_meshopt_compression", "KHR_meshopt_compression")
"""Extensions that pack buffer views, which are not read."""


class Arrays:
    """The accessors of one file as arrays; a buffer is read when it is first needed."""

    def __init__(self, file: GltfFile) -> None:
        self._path, self._gltf, self._chunk = file.path, file.gltf, file.chunk
        self._buffers: dict[int, memoryview] = {}

    def floats(self, index: int, kind: str, where: str) -> NDArray[np.float32]:
        """Accessor `index` of type `kind`, shape (count, width), integers as -1..1 if it says so."""
        accessor, array = self._accessor(index, kind, where)
        if accessor.normalized and array.dtype.kind != "f":
            array = np.maximum(array / np.float32(np.iinfo(array.dtype).max), -1.0)
        return array.astype(np.float32)

    def integers(self, index: int, kind: str, where: str) -> NDArray[np.int64]:
        """Accessor `index` of type `kind`, shape (count, width), whole numbers from 0."""
        _, array = self._accessor(index, kind, where)
        if array.dtype.kind != "u":
            raise MeshError(f"{where}: accessor {index} holds {array.dtype}; wanted whole numbers from 0.")
        return array.astype(np.int64)

    def is_stored(self, index: int) -> bool:
        """Whether accessor `index` has numbers in the file; what Draco packs has none."""
        accessor = pick(self._gltf.accessors, index, "accessor", self._path)
        return accessor.buffer_view is not None or accessor.sparse is not None

    def kind(self, index: int, where: str) -> str:
        """The type of accessor `index`: `VEC3`, say."""
        return pick(self._gltf.accessors, index, "accessor", where).type

    def view(self, index: int, where: str) -> bytes:
        """All bytes of buffer view `index`."""
        length = pick(self._gltf.buffer_views, index, "buffer view", where).byte_length
        return self._stored(index, 0, np.dtype("u1"), (length, 1), where).tobytes()

    def linked(self, uri: str) -> bytes:
        """What `uri` stands for: data inside it, or a file beside this one or below."""
        return _linked(uri, self._path)

    def _accessor(self, index: int, kind: str, where: str) -> tuple[Accessor, NDArray[Any]]:
        accessor = pick(self._gltf.accessors, index, "accessor", where)
        where = f"{where}: accessor {index}"
        if accessor.type != kind:
            raise MeshError(f"{where} is {accessor.type[:20]!a}; wanted {kind}.")
        if accessor.count > MOST_ELEMENTS:
            raise MeshError(f"{where} has {accessor.count} elements; no face has over {MOST_ELEMENTS}.")
        dtype, width = _dtype(accessor.component_type, where), WIDTHS[kind]
        if accessor.buffer_view is None:
            array = np.zeros((accessor.count, width), dtype)
        else:
            form = (accessor.count, width)
            array = self._stored(accessor.buffer_view, accessor.byte_offset, dtype, form, where)
        return accessor, self._changed(array, accessor.sparse, where) if accessor.sparse else array

    def _changed(self, array: NDArray[Any], sparse: Sparse, where: str) -> NDArray[Any]:
        """A copy of `array` with the elements that `sparse` lists."""
        if sparse.count > len(array):
            raise MeshError(f"{where} changes {sparse.count} of its {len(array)} elements; export it again.")
        chosen, new = sparse.indices, sparse.values
        dtype, form = _dtype(chosen.component_type, where), (sparse.count, array.shape[1])
        rows = self._stored(chosen.buffer_view, chosen.byte_offset, dtype, (sparse.count, 1), where)[:, 0]
        if dtype.kind != "u" or (len(rows) and rows.max() >= len(array)):
            raise MeshError(f"{where} changes elements beyond its {len(array)}; export it again.")
        changed = array.copy()
        changed[rows] = self._stored(new.buffer_view, new.byte_offset, array.dtype, form, where)
        return changed

    def _stored(
        self, index: int, offset: int, dtype: np.dtype[Any], form: tuple[int, int], where: str
    ) -> NDArray[Any]:
        """Elements of shape `form`, from byte `offset` of buffer view `index` on."""
        view = pick(self._gltf.buffer_views, index, "buffer view", where)
        for extension in PACKINGS:
            if extension in view.extensions and extension in self._gltf.extensions_required:
                raise packed(where, extension)
        element = dtype.itemsize * form[1]
        stride = view.byte_stride or element
        end = offset + stride * (form[0] - 1) + element if form[0] else offset
        if stride < element or end > view.byte_length:
            raise MeshError(
                f"{where} ends at byte {end} of buffer view {index}, which has {view.byte_length}, "
                f"in steps of {stride}; export it again."
            )
        buffer = self._buffer(view.buffer, where)
        if view.byte_offset + view.byte_length > len(buffer):
            raise MeshError(
                f"{where}: buffer view {index} ends at byte {view.byte_offset + view.byte_length}, and its "
                f"buffer has {len(buffer)}; copy or export it again."
            )
        return np.ndarray(form, dtype, buffer, view.byte_offset + offset, (stride, dtype.itemsize))

    def _buffer(self, index: int, where: str) -> memoryview:
        if index not in self._buffers:
            buffer = pick(self._gltf.buffers, index, "buffer", where)
            if buffer.uri is not None:
                self._buffers[index] = memoryview(_linked(buffer.uri, self._path))
            elif index == 0 and self._chunk is not None:
                self._buffers[index] = self._chunk
            else:
                raise MeshError(f"{where}: buffer {index} is not in the file; export it again.")
        return self._buffers[index]


def packed(where: str, extension: str) -> MeshError:
    """The refusal of geometry that is packed by `extension`."""
    return MeshError(
        f"{where}: is packed with {extension}, which is not read; export it without compression, "
        "or unpack it: npx @gltf-transform/cli copy packed.glb plain.glb."
    )


def _dtype(component: int, where: str) -> np.dtype[Any]:
    if component not in COMPONENTS:
        raise MeshError(
            f"{where} has component type {component}; wanted one of {', '.join(map(str, COMPONENTS))}."
        )
    return np.dtype(COMPONENTS[component])


def _linked(uri: str, path: Path) -> bytes:
    """What a buffer's `uri` stands for: data inside it, or a file beside `path` or below."""
    if uri.startswith("data:"):
        return _unwrapped(uri, path)
    name = unquote(uri)
    outside = urlsplit(uri).scheme or Path(name).is_absolute() or "\\" in name or not name.isprintable()
    if outside or not (path.parent / name).resolve().is_relative_to(path.parent.resolve()):
        raise MeshError(
            f"{path}: wants {uri[:80]!r}, which is not in its folder; export it as .glb, in one piece."
        )
    return bytes_of(path.parent / name)


def _unwrapped(uri: str, path: Path) -> bytes:
    head, comma, text = uri.partition(",")
    try:
        if not comma:
            raise ValueError("no comma")
        data = unquote_to_bytes(text) if "%" in text else text.encode("ascii")
        return base64.b64decode(data, validate=True) if head.endswith(";base64") else data
    except (ValueError, binascii.Error) as problem:
        raise MeshError(f"{path}: a buffer's data URI is damaged ({problem}); export it again.") from None
