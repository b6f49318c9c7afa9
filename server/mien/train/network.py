"""The network of `mien-live`: causal gated convolutions from log-mel to motion and phones.

It looks only back. What it needs of the future it gets by speaking late: at row j it draws the face of row
j - DELAY. So its memory is the last rows of each block and nothing else, and a stream can carry that memory.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mien.features import BANDS
from mien.train.phones import SYMBOLS
from mien.train.shape import QUIET_AT, QUIET_FROM, Shape
from mien.train.targets import MOVING


class Block(nn.Module):
    """Norm, depthwise causal convolution, gate, mix; added to what came in."""

    def __init__(self, width: int, taps: int, dilation: int, drop: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.taps = nn.Parameter(torch.randn(taps, width) / taps**0.5)
        self.gate = nn.Linear(width, 2 * width)
        self.mix = nn.Linear(width, width)
        self.drop = nn.Dropout(drop)
        self.past = (taps - 1) * dilation
        self.dilation = dilation

    def forward(self, x: Tensor) -> Tensor:
        """Shape (batch, rows, width) in and out."""
        h = F.pad(self.norm(x).transpose(1, 2), (self.past, 0))
        h = F.conv1d(h, self.taps.T[:, None, :], dilation=self.dilation, groups=h.shape[1]).transpose(1, 2)
        a, b = self.gate(h).chunk(2, dim=-1)
        return x + self.mix(self.drop(a * torch.sigmoid(b)))


class Network(nn.Module):
    """Log-mel rows (batch, rows, 2 * BANDS) to motion and phone logits, `delay` rows late."""

    mean: Tensor
    scale: Tensor

    def __init__(self, shape: Shape = Shape(), drop: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("mean", torch.zeros(2 * BANDS))
        self.register_buffer("scale", torch.ones(2 * BANDS))
        self.register_buffer("smooth", torch.tensor(shape.smooth))
        self.listen = nn.Linear(2 * BANDS, shape.width)
        self.blocks = nn.ModuleList(Block(shape.width, shape.taps, d, drop) for d in shape.dilations)
        self.norm = nn.LayerNorm(shape.width)
        self.motion = nn.Linear(shape.width, len(MOVING))
        self.phones = nn.Linear(shape.width, len(SYMBOLS))

    def forward(self, heard: Tensor) -> tuple[Tensor, Tensor]:
        """Motion (batch, rows, moving channels) 0..1 and phone logits (batch, rows, symbols)."""
        h = self.listen((heard - self.mean) * self.scale)
        for block in self.blocks:
            h = block(h)
        h = self.norm(h)
        logits = self.phones(h)
        sounding = 1 - ((logits.softmax(-1)[..., :1] - QUIET_FROM) / (QUIET_AT - QUIET_FROM)).clamp(0, 1)
        raw = torch.sigmoid(self.motion(h)) * sounding
        late = F.pad(raw.transpose(1, 2), (len(self.shape.smooth) - 1, 0))
        channels = raw.shape[-1]
        kernel = self.smooth.flip(0)[None, None].expand(channels, 1, -1)
        return F.conv1d(late, kernel, groups=channels).transpose(1, 2), logits

    @property
    def parameters_count(self) -> int:
        """Learned numbers."""
        return sum(p.numel() for p in self.parameters())


def aperture(motion: Tensor, column: dict[str, int]) -> Tensor:
    """How far the lips are apart as seen, from motion (…, channels): what the loss watches most.

    The weights are those of the lip-sync bench (README of ../shared/bench), on ARKit's shapes.
    """

    def both(stem: str) -> Tensor:
        return (motion[..., column[stem + "Left"]] + motion[..., column[stem + "Right"]]) / 2

    def one(name: str) -> Tensor:
        return motion[..., column[name]]

    part = 1 - one("lipClosure")
    opening = (
        one("jawOpen")
        + 0.30 * both("mouthLowerDown")
        + 0.15 * both("mouthUpperUp")
        + 0.10 * one("mouthFunnel")
    )
    closing = 0.5 * both("mouthPress") + 0.25 * (one("mouthRollLower") + one("mouthRollUpper"))
    return opening * part - closing


def export_state(network: Network) -> dict[str, Any]:
    """Weights as numpy arrays by name."""
    return {name: value.detach().cpu().numpy() for name, value in network.state_dict().items()}
