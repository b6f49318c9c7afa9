"""New speakers, rooms and microphones out of old ones, on log-mel rows."""

from __future__ import annotations

import torch
from torch import Tensor

from mien.features.mel import BANDS, FLOOR, HIGHEST, LOWEST


def _hertz_to_band(hertz: Tensor) -> Tensor:
    def mel(f: Tensor | float) -> Tensor:
        return torch.log10(1 + torch.as_tensor(f) / 700.0)

    low, high = mel(LOWEST), mel(HIGHEST)
    return (mel(hertz) - low) / (high - low) * (BANDS + 1) - 1


def _warp(power: Tensor, factor: Tensor) -> Tensor:
    """Longer or shorter vocal tracts: band b takes what was at `factor` times its frequency."""
    low, high = torch.log10(torch.tensor(1 + LOWEST / 700)), torch.log10(torch.tensor(1 + HIGHEST / 700))
    centre = 700 * (10 ** (low + (torch.arange(BANDS) + 1) / (BANDS + 1) * (high - low)) - 1)
    at = _hertz_to_band(centre.to(power.device) * factor[:, None]).clamp(0, BANDS - 1.001)
    index = at.floor().long()[:, None, :].expand(power.shape)
    part = (at - at.floor())[:, None, :]
    return torch.gather(power, 2, index) * (1 - part) + torch.gather(power, 2, index + 1) * part


def _uniform(batch: int, low: float, high: float, like: Tensor) -> Tensor:
    return torch.rand(batch, device=like.device) * (high - low) + low


def _noise(power: Tensor) -> Tensor:
    """Coloured noise, inaudible to as loud as quiet speech; it trembles from row to row as noise does."""
    batch, rows, bands = power.shape
    level = _uniform(batch, -16.0, -6.2, power)[:, None, None]  # natural log of power: -70 to -27 dBFS
    slope = _uniform(batch, -2.5, 0.8, power)[:, None, None] * torch.linspace(
        -1, 1, bands, device=power.device
    )
    colour = torch.randn(batch, 1, 8, device=power.device)
    colour = torch.nn.functional.interpolate(colour, bands, mode="linear", align_corners=True) * 0.7
    tremble = torch.randn(batch, rows, bands, device=power.device) * 0.45
    return torch.exp(level + slope + colour + tremble)


def _response(power: Tensor) -> Tensor:
    """What a microphone and a room do to the spectrum: a smooth random curve, some 4 dB up and down."""
    curve = torch.randn(len(power), 1, 10, device=power.device)
    curve = torch.nn.functional.interpolate(curve, BANDS, mode="linear", align_corners=True)
    return curve * _uniform(len(power), 0.0, 0.9, power)[:, None, None]


def _mask(log: Tensor) -> Tensor:
    """Silence a few neighbouring bands, as bad microphones and codecs do."""
    batch, _, bands = log.shape
    at = torch.rand(batch, 2, device=log.device) * bands
    width = torch.rand(batch, 2, device=log.device) * 14 * (torch.rand(batch, 2, device=log.device) < 0.5)
    band = torch.arange(bands, device=log.device)
    hidden = ((band - at[..., None]).abs() < width[..., None] / 2).any(1)
    return torch.where(hidden[:, None, :], log.mean(1, keepdim=True), log)


def augment(heard: Tensor) -> Tensor:
    """Rows (batch, rows, 2 * BANDS) as another speaker in another room; time stays."""
    batch, rows, _ = heard.shape
    log = heard.reshape(batch, rows * 2, BANDS)
    power = (torch.exp(log) - FLOOR).clamp_min(0)
    power = _warp(power, _uniform(batch, 0.84, 1.19, power))
    tilt = _uniform(batch, -0.8, 0.8, power)[:, None, None] * torch.linspace(
        -1, 1, BANDS, device=power.device
    )
    tilt = tilt + _response(power)
    gain = _uniform(batch, -3.0, 1.6, power)[:, None, None]  # -13 to +7 dB
    power = power * torch.exp(gain + tilt) + _noise(power)
    return _mask(torch.log(power + FLOOR)).reshape(batch, rows, 2 * BANDS)
