"""MEFNet: a weight map for each exposure from small copies, brought to full size by a guided filter.

Ma, Duanmu, Zhu, Fang, Wang: Deep guided learning for fast multi-exposure image fusion, IEEE TIP 29, 2020.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PilImage
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.types import Image, Task

#: Shorter side of the copies that the network sees.
_LOW = 128
_DILATIONS = (1, 2, 4, 8, 16, 1)
_EPSILON = 1e-4


class _AdaptiveNorm(nn.Module):
    """The features and their instance norm, mixed by two learned numbers."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.w_0, self.w_1 = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))
        self.in_norm = nn.InstanceNorm2d(channels, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.w_0 * x + self.w_1 * self.in_norm(x)


def _box(x: Tensor) -> Tensor:
    """Mean of the 3x3 window, cut at the border.

    The authors take it from cumulative sums in float32, whose rounding nobody can repeat; these are exact.
    """
    return avg_pool2d(x, 3, 1, 1, count_include_pad=False)


class MEFNet(nn.Module):
    """Luma of the exposures, low `N x 1 x h x w` and high `N x 1 x H x W` in 0..1, to weights `N x 1 x H x W`."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, dilation in zip((1, *[24] * 5), _DILATIONS, strict=True):
            convolution = nn.Conv2d(inputs, 24, 3, padding=dilation, dilation=dilation, bias=False)
            layers += [convolution, _AdaptiveNorm(24), nn.LeakyReLU(0.2)]
        self.lr = nn.Sequential(*layers, nn.Conv2d(24, 1, 1))

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        weight = self.lr(low)
        mean_y, mean_w = _box(low), _box(weight)
        covariance, variance = _box(low * weight) - mean_y * mean_w, _box(low * low) - mean_y * mean_y
        slope = covariance / (variance + _EPSILON)
        slope, offset = (
            interpolate(x, high.shape[-2:], mode="bilinear", align_corners=False)
            for x in (slope, mean_w - slope * mean_y)
        )
        weight = (slope * high + offset).abs() + 1e-8
        return weight / weight.sum(0, keepdim=True)


class MEFNetFuser(NetworkFuser):
    """MEFNet: weights for luma from the network, chroma weighted by its distance from gray."""

    dtype = torch.float64  # the guided filter divides differences of squares

    def build_network(self) -> nn.Module:
        return MEFNet()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        low, high = (np.stack([_ycbcr(x)[..., 0] for x in pair]) for pair in ((_small(a), _small(b)), (a, b)))
        return low, high

    def forward(self, *inputs: Tensor) -> Tensor:
        low, high = (x.transpose(0, 1) for x in inputs)
        return (self.network(low, high) * high).sum(0, keepdim=True).clip(0, 1)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        chroma = np.stack([_ycbcr(x)[..., 1:] for x in (a, b)])
        weight = np.abs(chroma - 0.5) + 1e-8
        cb, cr = np.moveaxis(np.clip((weight * chroma).sum(0) / weight.sum(0), 0, 1), -1, 0) - 0.5
        y = out[0].astype(np.float64)
        fused = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=2)
        return np.floor(255 * np.clip(fused, 0, 1) + 0.5).astype(np.uint8)


def _small(image: Image) -> Image:
    height, width = image.shape[:2]
    shorter, longer = min(height, width), max(height, width)
    size = {shorter: _LOW, longer: int(_LOW * longer / shorter)} if longer > shorter else {longer: _LOW}
    picture = PilImage.fromarray(colour.rgb(image))
    return np.asarray(picture.resize((size[width], size[height]), PilImage.Resampling.BILINEAR))


def _ycbcr(image: Image) -> NDArray[np.float32]:
    r, g, b = np.moveaxis(colour.rgb(image).astype(np.float32) / 255, -1, 0)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    cb = 0.5 - 0.168736 * r - 0.331264 * g + 0.5 * b
    cr = 0.5 + 0.5 * r - 0.418688 * g - 0.081312 * b
    return np.stack([y, cb, cr], axis=2)


build = MEFNetFuser.load
