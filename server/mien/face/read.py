"""Which reader a path is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from mien.errors import MeshError
from mien.face.disk import from_disk, neighbour
from mien.face.mesh import FaceMesh
from mien.face.read_gltf import read_gltf
from mien.face.read_npz import read_npz
from mien.face.read_obj import read_obj_folder

READERS: Final[Mapping[str, Callable[[Path], FaceMesh]]] = {
    ".glb": read_gltf,
    ".gltf": read_gltf,
    ".npz": read_npz,
    ".vrm": read_gltf,
}
"""The reader of each kind of file; a folder is one of .obj files."""


def read_face(path: Path, *, bare: bool = False) -> FaceMesh:
    """The face in `path`: a .glb, .gltf, .vrm or .npz file, or a folder with one .obj per shape.

    Args:
        path: What it is goes by its suffix, whatever the case.
        bare: Whether a mesh without any shape will do, for the sake of its bones.
    Raises:
        MeshError: Nothing there, damaged, not a face, or larger than one; each in one sentence.
    """
    with from_disk(path):
        mesh = _reader(path)(path)
    if not mesh.shapes and not bare:
        raise MeshError(
            f"{path}: has no shapes (blendshapes, morph targets, shape keys); export them with the mesh."
        )
    return mesh


def _reader(path: Path) -> Callable[[Path], FaceMesh]:
    if path.is_dir():
        return read_obj_folder
    if not path.exists():
        raise MeshError(f"{path}: there is no such file or folder.{neighbour(path)}")
    suffix = path.suffix.lower()
    if suffix in READERS:
        return READERS[suffix]
    if suffix == ".obj":
        raise MeshError(
            f"{path}: one .obj holds no shapes; put one per shape and a neutral.obj into a folder, "
            "and name the folder."
        )
    raise MeshError(
        f"{path}: a '{suffix}' is not read; export it as .glb, or as one of {', '.join(READERS)}, "
        "or as a folder with one .obj per shape."
    )
