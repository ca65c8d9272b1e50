"""DATFuse: dual attention blocks around two transformer blocks.

Tang, He, Liu, Duan, Si: DATFuse, infrared and visible image fusion via dual attention transformer, IEEE
TCSVT 33(7), 2023.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.one_token import Blocks
from tcmoa_bench.baselines.deep.savers import truncate
from tcmoa_bench.types import Image, Task

_CHANNELS = 16


class _ConvNorm(nn.Module):
    def __init__(self, inputs: int, kernel: int) -> None:
        super().__init__()
        self.conv = conv(inputs, _CHANNELS, kernel, "replicate")
        self.bn = nn.BatchNorm2d(_CHANNELS)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x))


class _ChannelAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Sequential(conv(_CHANNELS, 4, 1), nn.ReLU(), conv(4, _CHANNELS, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.fc(x.mean((2, 3), keepdim=True)))


class _SpatialAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(_CHANNELS, 4), nn.BatchNorm2d(4), nn.ReLU(), conv(4, 1), nn.BatchNorm2d(1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.body(x))


class DATFuse(nn.Module):
    """Infrared and visible in 0..1, one channel each, to the fused image in -1..1 (in practice 0..1).

    The convolution `fem` with its batch norm, and both attentions, serve four and two times.
    """

    def __init__(self) -> None:
        super().__init__()
        self.convolutional = _ConvNorm(2, 5)
        self.fem = _ConvNorm(_CHANNELS, 3)
        self.cam, self.sam = _ChannelAttention(), _SpatialAttention()
        self.basicLayer = Blocks(_CHANNELS)
        self.convolutional_out = nn.ModuleDict({"conv": conv(_CHANNELS, 1, 1)})

    def _features(self, x: Tensor) -> Tensor:
        return self.fem(torch.relu(self.fem(x)))

    def _attended(self, x: Tensor) -> Tensor:
        return x * self.cam(x) + x * self.sam(x)

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        first = torch.relu(self.convolutional(torch.cat((infrared, visible), 1)))
        x = torch.relu(self._attended(self._features(first)) + first)
        x = self._features(self.basicLayer(x))
        return torch.tanh(self.convolutional_out["conv"](self._attended(x) + x))


class DATFuseFuser(NetworkFuser):
    """DATFuse: gray in, gray out, truncated."""

    def build_network(self) -> nn.Module:
        return DATFuse()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        unused = ("patch_embed.", "relative_position")
        return {name: t for name, t in tensors.items() if not any(part in name for part in unused)}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(colour.gray_pillow(x).astype(np.float32) / 255 for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        # The authors truncate without clipping: a value outside 0..1 wraps there and saturates here.
        return truncate(out[0])


build = DATFuseFuser.load
