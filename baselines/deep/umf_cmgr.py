"""UMF-CMGR's fusion network: dense blocks for each source and attention between them, for registered pairs.

Wang, Liu, Fan, Liu: Unsupervised misaligned infrared and visible image fusion via cross-modality image generation
and registration, IJCAI 2022. Its registration is a step of its own and not here.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.types import Image, Task

_CHANNELS = 64


class _Dense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense_layers = nn.ModuleList(
            nn.ModuleDict({"conv": conv(k * _CHANNELS, _CHANNELS, bias=False)}) for k in (1, 2, 3)
        )
        self.conv_1x1 = conv(4 * _CHANNELS, _CHANNELS, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        features = x
        for layer in self.dense_layers:
            features = torch.cat((features, torch.relu(layer["conv"](features))), 1)
        return x + self.conv_1x1(features)


class _Fusion(nn.Module):
    """Each source and what both agree on, weighted pixel by pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.query_conv, self.key_conv = conv(_CHANNELS, _CHANNELS), conv(_CHANNELS, _CHANNELS)
        self.gamma1, self.gamma2 = conv(2 * _CHANNELS, 2), conv(2 * _CHANNELS, 2)

    @staticmethod
    def _weighted(x: Tensor, attention: Tensor, gamma: nn.Module) -> Tensor:
        attended = x * attention
        own, common = gamma(torch.cat((x, attended), 1)).chunk(2, dim=1)
        return x * own + attended * common

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        attention = torch.sigmoid(self.query_conv(infrared) * self.key_conv(visible))
        return torch.cat(
            (
                self._weighted(infrared, attention, self.gamma1),
                self._weighted(visible, attention, self.gamma2),
            ),
            1,
        )


class UMFCMGR(nn.Module):
    """Infrared and visible in 0..1 to the fused image in -1..1 (in practice 0..1)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1_1, self.conv2_1 = (nn.Sequential(conv(1, _CHANNELS), nn.LeakyReLU(0.2)) for _ in range(2))
        self.ir_path, self.vi_path = nn.Sequential(_Dense()), nn.Sequential(_Dense())
        self.fuse = _Fusion()
        self.fuse_res, self.out_conv = conv(2 * _CHANNELS, _CHANNELS), conv(_CHANNELS, 1)

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        first, second = self.ir_path(self.conv1_1(infrared)), self.vi_path(self.conv2_1(visible))
        return torch.tanh(self.out_conv(self.fuse_res(self.fuse(first, second))))


class UMFCMGRFuser(NetworkFuser):
    """UMF-CMGR by the script `gray` or `ycrcb` (visible chroma kept)."""

    def build_network(self) -> nn.Module:
        return UMFCMGR()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        coloured = self.steps.script == "ycrcb"
        visible = colour.ycrcb_opencv(a)[..., 0] if coloured else colour.gray_imread(a)
        return tuple(x.astype(np.float32) / 255 for x in (visible, colour.gray_imread(b)))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        if self.steps.script == "gray":
            return np.clip(255 * out[0], 0, 255)
        # The authors truncate without clipping: a negative value wraps there and saturates here.
        ycrcb = colour.ycrcb_opencv(a).copy()
        ycrcb[..., 0] = np.clip(255 * out[0], 0, 255).astype(np.uint8)
        return colour.rgb_from_ycrcb_opencv(ycrcb)


build = UMFCMGRFuser.load
