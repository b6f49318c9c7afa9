"""The face room: a face mesh with its shapes, out of whatever file the user has, and where its edges meet."""

from mien.face.edges import Edges, Touch
from mien.face.find import every, lips, lips_given
from mien.face.lids import lids, lids_given
from mien.face.look import Look, Material
from mien.face.mesh import FaceMesh
from mien.face.read import read_face, read_head
from mien.face.space import EYES_APART, Pair, Space, face_space, skin_of

__all__ = [
    "EYES_APART",
    "Edges",
    "FaceMesh",
    "Look",
    "Material",
    "Pair",
    "Space",
    "Touch",
    "every",
    "face_space",
    "lids",
    "lids_given",
    "lips",
    "lips_given",
    "read_face",
    "read_head",
    "skin_of",
]
