"""Learning: random three-second pieces, augmented, one rise and fall of the step size."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from mien.clock import MOTION_RATE
from mien.train.augment import augment
from mien.train.corpus import Rows
from mien.train.network import Network, aperture
from mien.train.shape import Shape
from mien.train.targets import CLOSURE, MOVING

COLUMN = {name: index for index, name in enumerate(MOVING)}


@dataclass(frozen=True)
class Plan:
    """How long and how fast to learn."""

    steps: int = 6500
    batch: int = 32
    seconds: float = 3.0
    peak: float = 3e-3
    decay: float = 0.05
    drop: float = 0.12
    """Share of gated features hidden in each block. Without, a few real speakers are learned by heart (closF1
    .98 on them, .81 on others)."""

    real_share: float = 0.5
    """Share of real speech in a batch, if there is any. All real forgets rare sounds, none real is deaf."""

    seed: int = 1


class Pieces:
    """Draws random pieces of speech; row j comes with the motion and phone of row j - delay."""

    def __init__(
        self, sources: list[tuple[float, Rows]], plan: Plan, delay: int, device: torch.device
    ) -> None:
        self._shares = np.array([share for share, _ in sources])
        self._sources = [
            (torch.from_numpy(r.heard), torch.from_numpy(r.motion), torch.from_numpy(r.phone))
            for _, r in sources
        ]
        self._rng = np.random.default_rng(plan.seed)
        self._plan, self._delay, self._device = plan, delay, device

    def __iter__(self) -> Pieces:
        return self

    def __next__(self) -> tuple[Tensor, Tensor, Tensor]:
        rows = round(self._plan.seconds * MOTION_RATE)
        parts: list[tuple[Tensor, Tensor, Tensor]] = []
        for source in self._rng.choice(
            len(self._sources), self._plan.batch, p=self._shares / self._shares.sum()
        ):
            heard, motion, phone = self._sources[source]
            at = int(self._rng.integers(self._delay, len(phone) - rows))
            late = slice(at - self._delay, at - self._delay + rows)
            parts.append((heard[at : at + rows], motion[late], phone[late]))
        heard, motion, phone = (torch.stack(column).to(self._device) for column in zip(*parts, strict=True))
        return heard.float(), motion.float(), phone.long()


def channel_weights(motion: NDArray[np.float16]) -> Tensor:
    """A channel that moves little counts more for its size: 1 / spread, softened, mean 1."""
    spread = torch.from_numpy(motion.astype("f4").std(0))
    weights = 1 / (spread + 0.03)
    weights[CLOSURE] *= 1.5
    return weights / weights.mean()


def loss(motion: Tensor, logits: Tensor, wanted: Tensor, phone: Tensor, weights: Tensor, late: int) -> Tensor:
    """Shape, speed, aperture and sounds.

    The first `late` rows draw what came before the piece and do not count. The rows after them do, though
    their past is cut off: so begins every stream.
    """
    motion, logits, wanted, phone = (x[:, late:] for x in (motion, logits, wanted, phone))
    shape = ((motion - wanted) ** 2 * weights).mean()
    speed = ((motion.diff(dim=1) - wanted.diff(dim=1)) ** 2 * weights).mean()
    seen, meant = aperture(motion, COLUMN), aperture(wanted, COLUMN)
    opening = F.smooth_l1_loss(seen, meant, beta=0.05)
    pace = F.smooth_l1_loss(seen.diff(dim=1), meant.diff(dim=1), beta=0.05)
    touch = F.binary_cross_entropy(motion[..., CLOSURE].clamp(1e-4, 1 - 1e-4), wanted[..., CLOSURE])
    still = (motion.sum(-1) * (wanted.amax(-1) < 0.02)).mean()
    sounds = F.cross_entropy(logits.flatten(0, 1), phone.flatten(), ignore_index=-1, label_smoothing=0.05)
    return 20 * shape + 20 * speed + 4 * opening + 4 * pace + touch + 0.3 * still + 0.5 * sounds


def _shared(share: float, sources: list[Rows]) -> list[tuple[float, Rows]]:
    """`sources` with their parts of `share`, by length."""
    total = sum(len(rows.phone) for rows in sources)
    return [(share * len(rows.phone) / total, rows) for rows in sources]


def _rate(step: int, plan: Plan) -> float:
    """One cycle: a straight rise over the first tenth, then half a cosine down."""
    rise = plan.steps * 0.1
    if step < rise:
        return plan.peak * (step + 1) / rise
    return plan.peak * 0.5 * (1 + math.cos(math.pi * (step - rise) / (plan.steps - rise)))


def learn(
    real: list[Rows], synthetic: list[Rows], shape: Shape, plan: Plan, say: Callable[[str], None]
) -> Network:
    """A network trained on `real` and `synthetic` speech."""
    torch.manual_seed(plan.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = Network(shape, plan.drop).to(device)
    everything = [*real, *synthetic]
    heard = np.concatenate([r.heard[:: max(1, len(r.heard) // 20000)] for r in everything]).astype("f4")
    network.mean.copy_(torch.from_numpy(heard.mean(0)))
    network.scale.copy_(torch.from_numpy(1 / heard.std(0)))
    sources = [*_shared(plan.real_share if real else 0.0, real), *_shared(1 - plan.real_share, synthetic)]
    pieces = Pieces(sources, plan, shape.delay, device)
    weights = channel_weights(np.concatenate([r.motion[::50] for r in everything])).to(device)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=plan.peak, weight_decay=plan.decay, betas=(0.9, 0.98)
    )
    since, sum_loss = time.monotonic(), 0.0
    for step, (x, wanted, phone) in zip(range(plan.steps), pieces, strict=False):
        for group in optimiser.param_groups:
            group["lr"] = _rate(step, plan)
        motion, logits = network(augment(x))
        value = loss(motion, logits, wanted, phone, weights, shape.delay)
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        sum_loss += value.item()
        if (step + 1) % 250 == 0:
            rate = (step + 1) / (time.monotonic() - since)
            say(f"step {step + 1}/{plan.steps}  loss {sum_loss / 250:.4f}  {rate:.1f} steps/s")
            sum_loss = 0.0
    return network.cpu().eval()
