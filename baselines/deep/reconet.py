"""ReCoNet, fusion part of the first version: the maximum refined three times by the same small network.

Huang, Liu, Fan, Liu, Zhong, Luo: ReCoNet, recurrent correction network for fast and efficient
multi-modality image fusion, ECCV 2022. The registration part is not here: the benchmark's pairs are
registered.
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
from tcmoa_bench.types import Image, Task


def _dilated(distance: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=distance, dilation=distance), nn.BatchNorm2d(64), nn.ReLU()
    )


class ReCoNet(nn.Module):
    """Infrared and visible in 0..1, one channel each, to the fused image in -1..1."""

    def __init__(self) -> None:
        super().__init__()
        self.att_a_conv, self.att_b_conv = conv(2, 1, bias=False), conv(2, 1, bias=False)
        self.dil_conv_1, self.dil_conv_2, self.dil_conv_3 = (_dilated(d) for d in (1, 2, 3))
        self.fus_conv = conv_bn(192, 1, nn.Tanh())

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        fused = torch.maximum(infrared, visible)
        for _ in range(3):
            a, b = (
                x * torch.sigmoid(attention(torch.cat((torch.maximum(x, fused), (x + fused) / 2), 1)))
                for x, attention in ((infrared, self.att_a_conv), (visible, self.att_b_conv))
            )
            x = torch.cat((a, fused, b), 1)
            branches = (self.dil_conv_1, self.dil_conv_2, self.dil_conv_3)
            fused = self.fus_conv(torch.cat([branch(x) for branch in branches], 1))
        return fused


class ReCoNetFuser(NetworkFuser):
    """ReCoNet: gray in, gray out, rounded and clipped."""

    reach = 15

    def build_network(self) -> nn.Module:
        return ReCoNet()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(colour.gray_imread(x).astype(np.float32) / 255 for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return 255 * out[0]


build = ReCoNetFuser.load
