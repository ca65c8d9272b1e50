"""The `gains` head: a picture of two gains and an offset a pixel, and equation 8 on the gains.

The gains are the network's last prompts, one for each source and pixel, and nothing comes after them: what equation 8
does to them the picture does, in every task. (Prompts inside the network pass through further layers, which may
answer either way; nothing in the losses ties them to a source.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from tcmoa_bench.tcmoa.losses import luma

#: Variance of the sources' difference in luma from which on smoothed gains follow its edges.
EDGE = 1e-2
#: Smooth maps are made at one place of so many pixels each way, and enlarged.
STRIDE = 4


@dataclass(frozen=True)
class Gains:
    """What the head predicts, each `(B, 1, H, W)` float32.

    Attributes:
        x: Gain of the first source (visible, over-exposed, far).
        t: Gain of the second.
        offset: Added to all three channels.
    """

    x: Tensor
    t: Tensor
    offset: Tensor

    def smoothed(self, first: Tensor, second: Tensor, sigma: float) -> Gains:
        """All smoothed by `sigma` pixels, their difference along the edges of what the sources `(B, 3, H, W)` differ in.

        Sum and offset follow no edges: what they took over from the sources would choose between them out of steering's
        reach.
        """
        even = _coarse(torch.cat([self.x + self.t, self.offset], 1))
        total, offset = _enlarged(gaussian(even, sigma / STRIDE)).split(1, 1)
        lean = guided((self.x - self.t) / 2, luma(first) - luma(second), sigma)
        return Gains(total / 2 + lean, total / 2 - lean, offset)

    def chosen(self, share: float | Tensor) -> Gains:
        """Gains that sum to one, at least 0 each, and no offset, where `share` is 1; unchanged where it is 0."""
        total = self.x + self.t
        total = total + share * (1 - total)
        lean, half = (self.x - self.t) / 2, total.abs() / 2
        lean = lean + share * (torch.clamp(lean, -half, half) - lean)
        return Gains(total / 2 + lean, total / 2 - lean, (1 - share) * self.offset)

    def steered(self, alpha: float, beta: float) -> Gains:
        """Equation 8 on the first source's share of both gains, p' = 0.5 + alpha (p - 0.5) + beta, 1 - p' the second's.

        A share ends at 0 and 1, or where the network itself put it beyond, so steering never subtracts a source that
        the network adds. The identity for alpha 1 and beta 0, to the bit.
        """
        if alpha == 1.0 and beta == 0.0:
            return self
        total, lean = self.x + self.t, (self.x - self.t) / 2
        end = torch.maximum(total.abs() / 2, lean.abs())
        lean = torch.clamp(alpha * lean + beta * total, -end, end)
        return Gains(total / 2 + lean, total / 2 - lean, self.offset)

    def picture(self, first: Tensor, second: Tensor) -> Tensor:
        """Fused images of sources `(B, 3, H, W)` in [0, 1], clipped to it."""
        return (self.x * first + self.t * second + self.offset).clamp(0, 1)


def guided(maps: Tensor, guide: Tensor, sigma: float) -> Tensor:
    """Guided filter (He, Sun and Tang, TPAMI 2013) with Gaussian windows: smooth, but for the guide's own edges.

    Its linear model is fitted on every `STRIDE`-th pixel and enlarged (He and Sun, arXiv 1505.00996).

    Args:
        maps: `(B, C, H, W)` float32; sides are multiples of `STRIDE`.
        guide: `(B, 1, H, W)`.
        sigma: Standard deviation of the windows in pixels.

    Returns:
        As `maps`; a constant map stays, and a constant guide makes it twice a Gaussian.
    """
    small, coarse = _coarse(guide), _coarse(maps)
    stack = torch.cat([small, small * small, coarse, small * coarse], 1)
    mean, square, means, products = gaussian(stack, sigma / STRIDE).split([1, 1, *[maps.shape[1]] * 2], 1)
    slope = (products - mean * means) / (square - mean * mean + EDGE)
    model = gaussian(torch.cat([slope, means - slope * mean], 1), sigma / STRIDE)
    slope, level = _enlarged(model).chunk(2, 1)
    return slope * guide + level


def _coarse(maps: Tensor) -> Tensor:
    return F.avg_pool2d(maps, STRIDE)


def _enlarged(maps: Tensor) -> Tensor:
    return F.interpolate(maps, scale_factor=STRIDE, mode="bilinear", align_corners=False)


@lru_cache(maxsize=16)
def _band(length: int, sigma: float, device: torch.device) -> Tensor:
    """Matrix that filters a vector with a Gaussian; near the ends its weights inside still sum to one."""
    place = torch.arange(length, dtype=torch.float64)
    weights = torch.exp(-((place[:, None] - place) ** 2) / (2 * sigma**2))
    return (weights / weights.sum(1, keepdim=True)).float().to(device)


def gaussian(maps: Tensor, sigma: float) -> Tensor:
    """Gaussian of `sigma` over the last two axes of float32 maps, as two matrix products; constants stay."""
    # The matrices are kept for later calls, which may need gradients; half precision would show in flat areas.
    with torch.inference_mode(False):
        rows, columns = (_band(length, sigma, maps.device) for length in maps.shape[-2:])
    with torch.autocast(maps.device.type, enabled=False):
        return rows @ maps @ columns.T
