"""ReFusion: channel attention (Restormer blocks) on luma, one training for each task.

Bai, Zhao, Zhang, Wu, Deng, Cui, Jiang, Xu: ReFusion, learning image fusion from reconstruction with
learnable loss via meta-learning, IJCV 2024.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import gelu, leaky_relu

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.restormer import HEADS, Block, attend, depthwise, pointwise
from tcmoa_bench.baselines.deep.savers import save_imageio, stretch
from tcmoa_bench.types import Image, Task


class _FusionModule(nn.Module):
    """Cross attention between the sources, then gated projections of both together."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        for i in ("1", "2"):
            self.add_module(f"qkv{i}", pointwise(channels, 3 * channels))
            self.add_module(f"qkv{i}_dwconv", depthwise(3 * channels))
            self.register_parameter(f"temperature{i}", nn.Parameter(torch.ones(HEADS, 1, 1)))
            self.add_module(f"project_mid{i}", pointwise(channels, channels))
            self.add_module(f"project_E{i}", pointwise(channels, hidden))
            self.add_module(f"project_E{i}_d", depthwise(hidden))
            self.add_module(f"project_out{i}", pointwise(hidden, 2 * channels))
        self.project_E, self.project_E_d = pointwise(2 * channels, 2 * hidden), depthwise(2 * hidden)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        q1, k1, v1 = self.qkv1_dwconv(self.qkv1(x1)).chunk(3, dim=1)
        q2, k2, v2 = self.qkv2_dwconv(self.qkv2(x2)).chunk(3, dim=1)
        x1 = x1 + self.project_mid1(attend(q2, k1, v1, self.temperature1))
        x2 = x2 + self.project_mid2(attend(q1, k2, v2, self.temperature2))
        both = torch.cat((x1, x2), 1)
        gate1, gate2 = self.project_E_d(self.project_E(both)).chunk(2, dim=1)
        r1 = gelu(gate1) * self.project_E1_d(self.project_E1(x1))
        r2 = gelu(gate2) * self.project_E2_d(self.project_E2(x2))
        return both + self.project_out1(r1) + self.project_out2(r2)


class ReFusion(nn.Module):
    """Two luma images in 0..1 to the fused luma in 0..1; attention is global, so tiles would not equal it."""

    def __init__(self) -> None:
        super().__init__()
        self.project_in_1, self.project_in_2 = conv(1, 16, bias=False), conv(1, 16, bias=False)
        self.encoder1 = nn.Sequential(Block(16), Block(16))
        self.encoder2 = nn.Sequential(Block(16), Block(16))
        self.FM = _FusionModule(16, 64)
        self.decoder = nn.Sequential(Block(32), Block(32))
        self.project_out_0, self.project_out_1 = conv(32, 16, bias=False), conv(16, 1, bias=False)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        x1, x2 = self.encoder1(self.project_in_1(first)), self.encoder2(self.project_in_2(second))
        x = self.project_out_0(self.decoder(self.FM(x1, x2)))
        return torch.sigmoid(self.project_out_1(leaky_relu(x, 0.01)))


class ReFusionFuser(NetworkFuser):
    """ReFusion with the training for one task; luma stretched on saving, colour images a second time."""

    def build_network(self) -> nn.Module:
        return ReFusion()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        # The file has each convolution twice, under X.weight and X.conv.weight.
        return {name: t for name, t in tensors.items() if not name.endswith(".conv.weight")}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(_ycrcb(x)[..., 0] / 255 for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        y = 255 * (out[0] if self.steps.clip else stretch(out[0]))
        chroma = [_ycrcb(x)[..., 1:] for x in (a, b) if colour.is_coloured(x)]
        if not chroma:
            return y if self.steps.clip else save_imageio(y)
        cr, cb = np.moveaxis(chroma[0] if len(chroma) == 1 else _mixed(*chroma), -1, 0)
        fused = np.clip(colour.rgb_from_ycrcb_float(y, cr, cb), 0, 255)
        return fused if self.steps.clip else save_imageio(fused)


def _ycrcb(image: Image) -> Floats:
    # OpenCV's float conversion takes 0.5 for neutral chroma although the scale here is 0..255.
    return colour.ycrcb_float(colour.rgb(image).astype(np.float32))


def _mixed(first: Floats, second: Floats) -> Floats:
    weight_1, weight_2 = np.abs(first - 0.5), np.abs(second - 0.5)
    return (first * weight_1 + second * weight_2) / (weight_1 + weight_2 + 1e-4)


build = ReFusionFuser.load
