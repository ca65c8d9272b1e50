"""DeFusion: what two images have in common and what each has alone, decoded into one; colour in, colour out.

Liang, Jiang, Liu, Ma: Fusion from decomposition, a self-supervised decomposition approach for image fusion,
ECCV 2022.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, pad

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import truncate
from tcmoa_bench.types import BenchError, Image, Task

#: Reflected pixels on every side.
_MARGIN = 16


def _pointwise(inputs: int, outputs: int) -> nn.Conv2d:
    return conv(inputs, outputs, 1, bias=False)


class _SplitAttention(nn.Module):
    """Two groups of features, weighted against each other for each channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = max(width // 2, 32)
        self.conv = conv(width, 2 * width, bias=False, groups=2)
        self.fc1, self.fc2 = conv(width, hidden, 1), conv(hidden, 2 * width, 1)

    def forward(self, x: Tensor) -> Tensor:
        groups = torch.relu(self.conv(x)).unflatten(1, (2, -1))
        pooled = groups.sum(1).mean((2, 3), keepdim=True)
        weights = self.fc2(torch.relu(self.fc1(pooled))).unflatten(1, (2, -1))
        return (torch.softmax(weights, 1) * groups).sum(1)


class _Bottleneck(nn.Module):
    def __init__(
        self, inputs: int, width: int, pool: nn.Module | None = None, side: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.conv1, self.conv2 = _pointwise(inputs, width), _SplitAttention(width)
        self.conv3 = _pointwise(width, 4 * width)
        self.pool, self.downsample = pool or nn.Identity(), side or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv3(self.pool(self.conv2(torch.relu(self.conv1(x)))))
        return torch.relu(y + self.downsample(x))


def _encoder_layer(inputs: int, width: int, count: int, stride: int = 1, first: bool = True) -> nn.ModuleDict:
    """Bottlenecks; the first of them pools where it is the `first` of its kind or has a stride."""
    pool = nn.AvgPool2d(3, stride, 1) if first or stride > 1 else None
    mean = nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False)
    side = nn.Sequential(mean, _pointwise(inputs, 4 * width))
    return _layer(_Bottleneck(inputs, width, pool, side), width, count)


def _decoder_layer(inputs: int, width: int, count: int) -> nn.ModuleDict:
    side = None if inputs == 4 * width else nn.Sequential(_pointwise(inputs, 4 * width))
    return _layer(_Bottleneck(inputs, width, side=side), width, count)


def _layer(head: _Bottleneck, width: int, count: int) -> nn.ModuleDict:
    rest = (_Bottleneck(4 * width, width) for _ in range(count - 1))
    return nn.ModuleDict({"layer": nn.Sequential(head, *rest)})


def _up(x: Tensor, like: Tensor) -> Tensor:
    """Bilinear to twice the size, then to the size of `like` by the nearest pixel."""
    x = interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return interpolate(x, like.shape[-2:], mode="nearest")


class DeFusion(nn.Module):
    """Two RGB images in 0..1 to the fused one, not negative; both go through the same encoder and decoder."""

    def __init__(self) -> None:
        super().__init__()
        head = _encoder_layer(16, 8, 6)
        self.encoder_upper = nn.ModuleDict({"0": conv(3, 16), "2": head})
        self.upper_encoder_layer1 = _encoder_layer(32, 16, 6, first=False)
        self.upper_encoder_layer2 = _encoder_layer(64, 32, 4, 2)
        self.upper_encoder_layer3 = _encoder_layer(128, 64, 4, 2)
        self.common_encoder = nn.ModuleList([_encoder_layer(512, 256, 4, first=False)])
        for kind, layers in {
            "common": ((1536, 64, 2), (512, 16, 2), (192, 4, 2), (16, 4, 2)),
            "upper": ((1280, 96, 4), (512, 32, 4), (192, 16, 6), (64, 4, 6)),
        }.items():
            for k, layer in enumerate(layers, 1):
                made = _decoder_layer(*layer)
                self.add_module(f"decoder_{kind}_layer{k}", nn.ModuleList([made]) if k == 4 else made)
        self.fusion_rule = nn.Sequential(conv(16, 3), nn.ReLU())

    def _encode(self, image: Tensor) -> list[Tensor]:
        x = self.encoder_upper["2"]["layer"](torch.relu(self.encoder_upper["0"](image)))
        features = [x]
        x = max_pool2d(x, 3, 2, 1)
        for layer in (self.upper_encoder_layer1, self.upper_encoder_layer2, self.upper_encoder_layer3):
            x = layer["layer"](x)
            features.append(x)
        return features

    def _decode(self, kind: str, x: Tensor, *encoded: list[Tensor]) -> Tensor:
        """From the common code up, beside the features of one source or of both."""
        for k in (1, 2, 3):
            skips = [features[4 - k] for features in encoded]
            x = self.get_submodule(f"decoder_{kind}_layer{k}.layer")(torch.cat((x, *skips), 1))
            x = _up(x, encoded[0][3 - k])
        return self.get_submodule(f"decoder_{kind}_layer4.0.layer")(x)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        a, b = self._encode(first), self._encode(second)
        common = self.common_encoder[0]["layer"](torch.cat((a[-1], b[-1]), 1))
        upper, lower = self._decode("upper", common, a), self._decode("upper", common, b)
        return self.fusion_rule(upper + lower + self._decode("common", common, a, b))


class DeFusionFuser(NetworkFuser):
    """DeFusion: colour for exposure and focus, a gray RGB image for infrared pairs."""

    def build_network(self) -> nn.Module:
        return DeFusion()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        for name, tensor in tensors.items():
            twin = tensors.get(name.replace("lower", "upper"))
            if twin is not None and twin.shape == tensor.shape and not torch.equal(twin, tensor):
                raise BenchError(
                    f"{self.record.name}: {name} differs from its twin; both sources share weights"
                )
        return {n: t for n, t in tensors.items() if "lower" not in n and "projection_layer" not in n}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        images = (colour.gray_pillow(x) if task is Task.VIF else x for x in (a, b))
        return tuple(np.moveaxis(colour.rgb(x).astype(np.float32) / 255, -1, 0) for x in images)

    def forward(self, *inputs: Tensor) -> Tensor:
        out = self.network(*(pad(x, (_MARGIN,) * 4, mode="reflect") for x in inputs))
        return out[..., _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return truncate(np.moveaxis(out, 0, -1))


build = DeFusionFuser.load
