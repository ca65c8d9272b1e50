"""SAGE: the distilled sub-network, a small U-Net.

Wu, Liu, Fu, Peng, Liu, Fan, Liu: Every SAM drop counts, CVPR 2025.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.types import Image, Task


def _unit(inputs: int, outputs: int, kernel: int = 3, repeats: int = 3) -> nn.Sequential:
    layers: list[nn.Module] = []
    for k in range(repeats):
        layers += [conv(inputs if k == 0 else outputs, outputs, kernel), nn.BatchNorm2d(outputs)]
        layers.append(nn.LeakyReLU(0.01))
    return nn.Sequential(*layers)


class SAGE(nn.Module):
    """Visible luma and infrared in 0..1, one channel each, to the fused luma in -1..1."""

    def __init__(self) -> None:
        super().__init__()
        self.module1 = _unit(2, 32)
        self.module2, self.module3, self.module4, self.module5 = (_unit(32, 32) for _ in range(4))
        self.adjust_channels4, self.adjust_channels5 = (_unit(64, 32, 1, repeats=1) for _ in range(2))
        self.final_decoder = nn.Sequential(conv(32, 1), nn.Tanh())

    def forward(self, visible: Tensor, infrared: Tensor) -> Tensor:
        x1 = self.module1(torch.cat((visible, infrared), 1))
        x2 = self.module2(max_pool2d(x1, 2))
        x3 = self.module3(max_pool2d(x2, 2))
        x4 = self.module4(self.adjust_channels4(torch.cat((_resized(x3, x2), x2), 1)))
        x5 = self.module5(self.adjust_channels5(torch.cat((_resized(x4, x1), x1), 1)))
        return self.final_decoder(x5)


def _resized(x: Tensor, like: Tensor) -> Tensor:
    return interpolate(x, like.shape[-2:], mode="bilinear", align_corners=False)


class SAGEFuser(NetworkFuser):
    """SAGE: fuses luma, puts 8-bit visible chroma back with neutral 0.5 for 128/255 (a slight tint)."""

    def build_network(self) -> nn.Module:
        return SAGE()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        visible = colour.ycrcb_opencv(a)[..., 0]
        return tuple(x.astype(np.float32) / 255 for x in (visible, colour.gray_opencv(b)))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        _, cr, cb = np.moveaxis(colour.ycrcb_opencv(a).astype(np.float32) / 255, -1, 0)
        fused = colour.rgb_from_ycrcb_float(out[0], cr, cb)
        return np.clip(255 * fused + 0.5, 0, 255).astype(np.uint8)


build = SAGEFuser.load
