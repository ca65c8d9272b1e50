"""TarDAL: a dense generator trained against two discriminators.

Liu, Fan, Huang, Wu, Liu, Zhong, Luo: Target-aware dual adversarial learning, CVPR 2022. Three trainings.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv, conv_bn
from tcmoa_bench.baselines.deep.savers import truncate
from tcmoa_bench.types import Image, Task


class TarDAL(nn.Module):
    """Infrared and visible in 0..1, one channel each, to the fused image in -1..1 (dark areas below 0)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = conv_bn(2, 32, nn.ReLU())
        self.dense = nn.ModuleList(conv_bn(32 * k, 32, nn.ReLU()) for k in (1, 2, 3))
        self.fuse = nn.Sequential(
            nn.Sequential(conv(128, 128), nn.ReLU()),
            conv_bn(128, 64, nn.ReLU()),
            conv_bn(64, 32, nn.ReLU()),
            nn.Sequential(conv(32, 1), nn.Tanh()),
        )

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        x = self.encoder(torch.cat((infrared, visible), 1))
        for layer in self.dense:
            x = torch.cat((x, layer(x)), 1)
        return self.fuse(x)


class TarDALFuser(NetworkFuser):
    """TarDAL: fuses gray, clips, puts the visible image's 8-bit chroma back."""

    reach = 8

    def build_network(self) -> nn.Module:
        return TarDAL()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(colour.gray_opencv(x).astype(np.float32) / 255 for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        fused = np.clip(out[0], 0, 1)
        if a.ndim == 2:
            return 255 * fused
        ycrcb = colour.ycrcb_opencv(a)
        ycrcb[..., 0] = truncate(fused)
        return colour.rgb_from_ycrcb_opencv(ycrcb)


build = TarDALFuser.load
