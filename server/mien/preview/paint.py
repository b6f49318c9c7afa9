"""What surfaces are made of, looked up by vertex, triangle and pixel."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.face import Look, Material

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Rows = NDArray[np.intp]
Bools = NDArray[np.bool_]

SOFT: Final = {
    **dict.fromkeys(("eye", "sclera", "teeth", "tooth"), 0.6),
    **dict.fromkeys(("skin", "face", "head", "body", "lip", "gum", "tongue", "mouth"), 1.0),
    **dict.fromkeys(("brow", "lash", "hair", "line"), 0.0),
}
"""Words in the names of materials, and how far light goes into those; the last one that fits counts."""

INSIDE: Final = ("teeth", "tooth", "gum", "tongue", "mouth", "eye", "iris", "sclera", "cornea")
"""Words in the names of materials on which shadows change as the face moves."""

DETAIL: Final = ("lip", "lash", "eye", "brow")
"""Words in the names of materials that are thin in a picture."""

DRAWN: Final = 0.3
"""How much light and shadow change surfaces that the file wants in plain colours: at 1 drawings are grey."""

FAINT: Final = 0.25
"""How much of skin's sheen brows and clothes have."""

SMOOTH: Final = 0.45
"""What is smoother than this shines pixel by pixel."""


class Paint:
    """The look of one mesh, ready to be looked up."""

    def __init__(self, look: Look, triangles: Ints, vertices: int) -> None:
        self._look = look
        self._pictures = [_linear(material) for material in look.materials]
        self.material = look.material
        """Shape (triangles,): rows of the look's materials."""
        self.has_cutouts = any(material.cutoff > 0 for material in look.materials)
        own = np.zeros(vertices, np.int32)
        own[triangles.ravel()] = np.repeat(look.material, 3)
        self._by_vertex(look, own)
        rough = np.array([material.roughness for material in look.materials], np.float32)
        unlit = np.array([material.unlit for material in look.materials])
        self.roughness = rough[look.material]
        """Shape (triangles,)."""
        self.smooth: Bools = ((rough < SMOOTH) & ~unlit)[look.material]
        """Shape (triangles,): which shine pixel by pixel."""
        self.both_sides: Bools = np.array([m.both_sides for m in look.materials])[look.material]
        """Shape (triangles,): which show from behind as well."""

        textured = np.array([material.texture is not None for material in look.materials])
        self.fine: Bools = textured | ((rough < SMOOTH) & ~unlit) | self._named(INSIDE)
        """Shape (materials,): which have details as small as a pixel."""

    def _by_vertex(self, look: Look, own: Ints) -> None:
        """What is looked up by vertex, each of which is of the material `own`."""
        textured = np.array([material.texture is not None for material in look.materials])
        color = np.array([material.color for material in look.materials], np.float32)
        rough = np.array([material.roughness for material in look.materials], np.float32)
        unlit = np.array([material.unlit for material in look.materials])
        soft = np.array([_soft(material.name) for material in look.materials], np.float32)
        self._albedo = np.where(textured[:, np.newaxis], np.float32(1), color)[own] * look.tint
        self._unlit: Bools = unlit[own]
        self.soft = soft[own]
        """Shape (vertices,): how far light goes in, 0..1."""
        self.inside: Bools = self._named(INSIDE)[own]
        """Shape (vertices,): which lie behind lips or lids."""
        self.detail: Rows = np.flatnonzero(self._named(DETAIL)[own])
        """Vertices near which every pixel counts."""
        self.sheen = np.maximum(rough, np.float32(SMOOTH))[own]
        """Shape (vertices,): roughness of the soft shine."""
        self.matt = np.where((rough < SMOOTH) | unlit, 0, np.maximum(soft, np.float32(FAINT)))[own]
        """Shape (vertices,): how much soft shine there is."""
        self.bare = (~textured).astype(np.float32)[own]
        """Shape (vertices,): 1 where there is no texture."""

    def _named(self, words: tuple[str, ...]) -> Bools:
        """Shape (materials,): which have one of `words` in their names."""
        return np.array([any(word in m.name.lower() for word in words) for m in self._look.materials])

    def sent(self, vertices: Rows, light: Floats) -> Floats:
        """What `vertices` send back of `light`, shape (n, 3); for textures still to be coloured."""
        drawn = np.where(self._unlit[vertices, np.newaxis], (1 - DRAWN) + DRAWN * light, light)
        return np.asarray(drawn * self._albedo[vertices], np.float32)

    def textured(self, light: Floats, rows: Ints, corners: Ints, shares: Floats) -> Rows:
        """Colours `light` of shape (n, 3) where triangles `rows` have textures, and tells at which points.

        Args:
            corners: Shape (n, 3): the vertices around each point.
            shares: Shape (n, 3): how much each counts.
        """
        painted = [np.zeros(0, np.intp)]
        for index, here in self._kinds(rows):
            picture = self._pictures[index]
            if picture is not None:
                light[here] *= self._sampled(picture, corners[here], shares[here])[:, :3]
                painted.append(here)
        return np.concatenate(painted)

    def cut_out(self, rows: Ints, corners: Ints, shares: Floats) -> Bools:
        """Which points of triangles `rows` are not there, shape (n,); arguments as `textured`."""
        cut = np.zeros(len(rows), bool)
        for index, here in self._kinds(rows):
            material, picture = self._look.materials[index], self._pictures[index]
            if material.cutoff <= 0:
                continue
            alpha = np.full(len(here), material.alpha, np.float32)
            if picture is not None and picture.shape[2] == 4:
                alpha *= self._sampled(picture, corners[here], shares[here])[:, 3]
            cut[here] = alpha < material.cutoff
        return cut

    def _kinds(self, rows: Ints) -> list[tuple[int, Rows]]:
        """Each material that has a texture or is cut out, and where among triangles `rows` it is."""
        wanted = [
            index
            for index, material in enumerate(self._look.materials)
            if material.texture is not None or material.cutoff > 0
        ]
        if not wanted:
            return []
        kind = self.material[rows]
        return [(index, np.flatnonzero(kind == index)) for index in wanted]

    def _sampled(self, picture: Floats, corners: Ints, shares: Floats) -> Floats:
        """`picture` between its four nearest pixels, repeated without end; shape (n, 3 or 4)."""
        if self._look.uv is None:  # as where other pieces of a head have UVs and this one has none
            return np.broadcast_to(picture[0, 0], (len(corners), picture.shape[2]))
        height, width = picture.shape[:2]
        uv = np.einsum("nck,nc->nk", self._look.uv[corners], shares)
        place = uv * np.array([width, height], np.float32) - np.float32(0.5)
        low = np.floor(place)
        x, y = (place - low).T[:, :, np.newaxis]
        left, top = low.astype(np.int64).T % np.array([[width], [height]])
        right, bottom = (left + 1) % width, (top + 1) % height
        above = picture[top, left] * (1 - x) + picture[top, right] * x
        below = picture[bottom, left] * (1 - x) + picture[bottom, right] * x
        return np.asarray(above * (1 - y) + below * y, np.float32)


def mixed(values: Floats, corners: Ints, shares: Floats) -> Floats:
    """`values` of vertices, shape (vertices, width), at points inside triangles, shape (n, width).

    Args:
        corners: Shape (n, 3): the vertices around each point.
        shares: Shape (n, 3): how much each counts.
    """
    total = values.take(corners[:, 0], axis=0) * shares[:, :1]
    total += values.take(corners[:, 1], axis=0) * shares[:, 1:2]
    total += values.take(corners[:, 2], axis=0) * shares[:, 2:]
    return total


def _soft(name: str) -> float:
    """How far light goes into the material `name`, 0..1."""
    return [0.0, *(soft for word, soft in SOFT.items() if word in name.lower())][-1]


def _linear(material: Material) -> Floats | None:
    """The texture of `material` as linear light times its colour, its alpha as it is; None without one."""
    if material.texture is None:
        return None
    value = np.arange(256) / 255
    table = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    picture = np.empty(material.texture.shape, np.float32)
    picture[..., :3] = table[material.texture[..., :3]] * np.array(material.color)
    picture[..., 3:] = material.texture[..., 3:] / np.float32(255)
    return picture
