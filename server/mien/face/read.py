"""Which reader a path is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from mien.errors import MeshError
from mien.face.disk import from_disk, neighbour
from mien.face.look import Look, Material, plain_look
from mien.face.mesh import FaceMesh
from mien.face.read_gltf import read_gltf, read_gltf_look
from mien.face.read_npz import read_npz
from mien.face.read_obj import read_obj_folder

READERS: Final[Mapping[str, Callable[[Path], FaceMesh]]] = {
    ".glb": read_gltf,
    ".gltf": read_gltf,
    ".npz": read_npz,
    ".vrm": read_gltf,
}
"""The reader of each kind of file; a folder is one of .obj files."""


SKIN: Final = Material("skin", (0.72, 0.43, 0.32), roughness=0.5)
"""What a face is made of whose file does not say."""


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
    return mesh if bare else _with_shapes(mesh, path)


def read_head(path: Path) -> tuple[FaceMesh, Look]:
    """The face in `path` with all that is shown beside it, and what it looks like.

    A .glb, .gltf or .vrm says that itself; anything else is one skin.

    Raises:
        MeshError: As `read_face`, or a picture that cannot be read.
        MissingExtraError: It has pictures, and Pillow is not installed.
    """
    with from_disk(path):
        reader = _reader(path)
        mesh, look = read_gltf_look(path) if reader is read_gltf else (reader(path), None)
    return _with_shapes(mesh, path), look or plain_look(mesh, SKIN)


def _with_shapes(mesh: FaceMesh, path: Path) -> FaceMesh:
    """`mesh`, refused where it has no shapes."""
    if not mesh.shapes:
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
