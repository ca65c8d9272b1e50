"""SESF-Fuse: spatial frequency of an encoder's features decides which source is sharp.

Ma, Zhu, Yin, Ban, Huang, Mukeshimana: SESF-Fuse, an unsupervised deep model for multi-focus image fusion,
Neural Computing and Applications 2020. The decoder serves training only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, pad

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.types import Image, Task

_GRAY = np.array([0.2125, 0.7154, 0.0721])
_MEAN, _DEVIATION = 0.4500517361627943, 0.26465333914691797
_WINDOW = 11
_DISK = 5
_SMALLEST = 0.01
_RADIUS, _EPSILON = 4, 0.1


class _Squeeze(nn.Module):
    """Channel weights from channel means."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(16, 2, bias=False), nn.ReLU(), nn.Linear(2, 16, bias=False), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.fc(x.mean((2, 3)))[..., None, None]


def _conv_relu_bn(inputs: int) -> nn.Sequential:
    return nn.Sequential(conv(inputs, 16), nn.ReLU(), nn.BatchNorm2d(16))


class SESF(nn.Module):
    """Two normalised gray images to the map of pixels where the first is sharper (1, else 0)."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.se_f = _conv_relu_bn(1), _Squeeze()
        self.conv_encode_1, self.se_1 = _conv_relu_bn(16), _Squeeze()
        self.conv_encode_2, self.se_2 = _conv_relu_bn(32), _Squeeze()
        self.conv_encode_3, self.se_3 = _conv_relu_bn(48), _Squeeze()

    def _encode(self, x: Tensor) -> Tensor:
        x = self.se_f(self.features(x))
        layers = (self.conv_encode_1, self.conv_encode_2, self.conv_encode_3)
        for layer, squeeze in zip(layers, (self.se_1, self.se_2, self.se_3), strict=True):
            x = torch.cat((x, squeeze(layer(x))), 1)
        return x

    def _activity(self, x: Tensor) -> Tensor:
        """Squared differences to the left and upper neighbour (zero outside), summed over a window."""
        features = self._encode(x)
        left, up = (
            pad(features, sides)[..., : x.shape[-2], : x.shape[-1]] for sides in ((1, 0), (0, 0, 1, 0))
        )
        squared = (left - features) ** 2 + (up - features) ** 2
        return avg_pool2d(squared, _WINDOW, 1, _WINDOW // 2).sum(1, keepdim=True)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return (self._activity(a) > self._activity(b)).to(a.dtype)


class SESFFuser(NetworkFuser):
    """SESF-Fuse: the sources' own pixels, chosen by the cleaned map after a guided filter."""

    def build_network(self) -> nn.Module:
        return SESF()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        return {name: t for name, t in tensors.items() if "conv_decode" not in name}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        grays = ((x @ _GRAY if x.ndim == 3 else x) / 255 for x in (a, b))
        return tuple(((x - _MEAN) / _DEVIATION).astype(np.float32) for x in grays)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        if a.ndim != b.ndim:
            a, b = colour.rgb(a), colour.rgb(b)
        weight = guided_weight(clean_map(out[0] > 0), a, b)
        if a.ndim == 3:
            weight = weight[..., None]
        return np.clip(a * weight + b * (1 - weight), 0, 255).astype(np.uint8)


def clean_map(decision: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Remove specks from a decision map: opening, small islands, closing, small holes.

    Args:
        decision: `H x W`, true where the first source is sharper.

    Returns:
        The cleaned map. Islands and holes (4-connected) below 1 % of the image go.
    """
    offsets = np.arange(-_DISK, _DISK + 1)
    disk = offsets[:, None] ** 2 + offsets**2 <= _DISK**2
    decision = _dilate(_erode(decision, disk), disk)
    decision = decision & ~_small_parts(decision)
    decision = _erode(_dilate(decision, disk), disk)
    return decision | _small_parts(~decision)


def _erode(mask: NDArray[np.bool_], disk: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return ndimage.binary_erosion(mask, disk, border_value=1)


def _dilate(mask: NDArray[np.bool_], disk: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return ndimage.binary_dilation(mask, disk, border_value=0)


def _small_parts(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels, _ = ndimage.label(mask)
    small = np.bincount(labels.ravel()) < _SMALLEST * mask.size
    small[0] = False  # label 0 is what lies outside the mask
    return small[labels]


def guided_weight(decision: NDArray[np.bool_], a: Image, b: Image) -> NDArray[np.float64]:
    """Weight of the first source: the map smoothed along the edges of the image it composes.

    With a colour guide the authors add one regression for each channel, each made alone, so weights
    leave 0..1 and are not clipped.

    Args:
        decision: `H x W`, true for the first source.
        a: First source, `uint8` `H x W` or `H x W x 3`.
        b: Second source, same shape.

    Returns:
        `float64` `H x W`.
    """
    p = decision.astype(np.float64)
    guide = np.where(decision if a.ndim == 2 else decision[..., None], a, b).astype(np.float64)
    planes = [guide] if guide.ndim == 2 else list(np.moveaxis(guide, -1, 0))
    mean_p = _window_mean(p)
    slopes, offset = [], mean_p
    for plane in planes:
        mean = _window_mean(plane)
        variance = _window_mean(plane * plane) - mean * mean
        slope = (_window_mean(plane * p) - mean * mean_p) / (variance + _EPSILON)
        slopes.append(slope)
        offset = offset - slope * mean
    smoothed = sum(_window_mean(slope) * plane for slope, plane in zip(slopes, planes, strict=True))
    return smoothed + _window_mean(offset)


def _window_mean(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the part of the window that lies inside the image.

    By cumulative sums, which are exact for whole numbers: where the map is constant the weight must be
    exactly 0 or 1, or truncation darkens the copied pixels by one level.
    """
    return _window_sum(_window_sum(x, 0), 1) / _window_sum(_window_sum(np.ones_like(x), 0), 1)


def _window_sum(x: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    moved = np.moveaxis(x, axis, 0)
    sums = np.cumsum(np.concatenate([np.zeros_like(moved[:1]), moved]), axis=0)
    places = np.arange(len(moved))
    first, end = np.maximum(places - _RADIUS, 0), np.minimum(places + _RADIUS + 1, len(moved))
    return np.moveaxis(sums[end] - sums[first], 0, axis)


build = SESFFuser.load
