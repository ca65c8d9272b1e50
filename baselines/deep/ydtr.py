"""YDTR: a Y-shaped network of convolutions and DATFuse's transformer.

Tang, He, Liu: YDTR, infrared and visible image fusion via Y-shape dynamic transformer, IEEE TMM 25, 2023.
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

_CHANNELS = 64
#: In the authors' file and never applied.
_UNUSED = ("conv64.", "conv.", "patch_embed.")


class _Dynamic(nn.Module):
    """Features times a spatial and a channel weight, neither of them squashed."""

    def __init__(self) -> None:
        super().__init__()
        spatial = nn.Sequential(conv(_CHANNELS, 8), conv(8, 1))
        channel = nn.Sequential(conv(_CHANNELS, 8, 1), nn.ReLU(), conv(8, _CHANNELS, 1))
        self.spatial_branch = nn.ModuleDict({"body": spatial})
        self.channel_branch = nn.ModuleDict({"fc": channel})

    def forward(self, x: Tensor) -> Tensor:
        channel = self.channel_branch["fc"](x.mean((2, 3), keepdim=True))
        return x * self.spatial_branch["body"](x) + x * channel


class YDTR(nn.Module):
    """Infrared and visible in 0..1 to the fused image in -1..1 (in practice 0..1); everything serves three times."""

    def __init__(self) -> None:
        super().__init__()
        self.convInput = nn.ModuleDict(
            {"conv": conv(1, _CHANNELS, pad="replicate"), "bn": nn.BatchNorm2d(_CHANNELS)}
        )
        self.DDF = _Dynamic()
        self.basicLayer = Blocks(_CHANNELS)
        self.convolutional_out = nn.ModuleDict({"conv": conv(_CHANNELS, 1, 1)})

    def _attended(self, x: Tensor) -> Tensor:
        return self.basicLayer(self.DDF(x))

    def _features(self, image: Tensor) -> Tensor:
        return self._attended(torch.relu(self.convInput["bn"](self.convInput["conv"](image))))

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        x = self._attended(self._features(infrared) + self._features(visible))
        return torch.tanh(self.convolutional_out["conv"](x))


class YDTRFuser(NetworkFuser):
    """YDTR: gray in, gray out, truncated."""

    def build_network(self) -> nn.Module:
        return YDTR()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        return {
            name: t
            for name, t in tensors.items()
            if not name.startswith(_UNUSED) and "relative_position" not in name
        }

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(colour.gray_pillow(x).astype(np.float32) / 255 for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        # The authors truncate without clipping: a negative value wraps there and saturates here.
        return truncate(out[0])


build = YDTRFuser.load
