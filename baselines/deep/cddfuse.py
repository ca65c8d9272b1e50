"""CDDFuse: base features by channel attention, detail features by an invertible network.

Zhao, Bai, Zhang, Zhang, Xu, Lin, Timofte, Van Gool: CDDFuse, correlation-driven dual-branch feature decomposition
for multi-modality image fusion, CVPR 2023.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.restormer import BaseBlock, Block, pointwise
from tcmoa_bench.baselines.deep.savers import save_imageio, stretch
from tcmoa_bench.checkpoints import load_tensors
from tcmoa_bench.types import Image, Task

_CHANNELS = 64
#: The authors' file holds one set of tensors for each of these.
_PARTS = ("DIDF_Encoder", "DIDF_Decoder", "BaseFuseLayer", "DetailFuseLayer")


class _Bottleneck(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bottleneckBlock = nn.Sequential(
            *(pointwise(channels, 2 * channels), nn.ReLU6()),
            *(
                nn.ReflectionPad2d(1),
                nn.Conv2d(2 * channels, 2 * channels, 3, bias=False, groups=2 * channels),
            ),
            *(nn.ReLU6(), pointwise(2 * channels, channels)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.bottleneckBlock(x)


class _DetailNode(nn.Module):
    """Affine coupling of the halves of the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.theta_phi, self.theta_rho, self.theta_eta = (_Bottleneck(_CHANNELS // 2) for _ in range(3))
        self.shffleconv = conv(_CHANNELS, _CHANNELS, 1)

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.shffleconv(x).chunk(2, dim=1)
        second = second + self.theta_phi(first)
        return torch.cat((first * torch.exp(self.theta_rho(second)) + self.theta_eta(second), second), 1)


class _Detail(nn.Module):
    def __init__(self, nodes: int) -> None:
        super().__init__()
        self.net = nn.Sequential(*(_DetailNode() for _ in range(nodes)))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class _Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = nn.ModuleDict({"proj": conv(1, _CHANNELS, bias=False)})
        self.encoder_level1 = nn.Sequential(*(Block(_CHANNELS) for _ in range(4)))
        self.baseFeature, self.detailFeature = BaseBlock(_CHANNELS), _Detail(3)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x = self.encoder_level1(self.patch_embed["proj"](image))
        return self.baseFeature(x), self.detailFeature(x)


class _Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.reduce_channel = pointwise(2 * _CHANNELS, _CHANNELS)
        self.encoder_level2 = nn.Sequential(*(Block(_CHANNELS) for _ in range(4)))
        half = _CHANNELS // 2
        self.output = nn.Sequential(
            conv(_CHANNELS, half, bias=False), nn.LeakyReLU(0.01), conv(half, 1, bias=False)
        )

    def forward(self, base: Tensor, detail: Tensor) -> Tensor:
        return self.output(self.encoder_level2(self.reduce_channel(torch.cat((base, detail), 1))))


class CDDFuse(nn.Module):
    """Visible (or MRI) and infrared in 0..1 to the fused image in 0..1; attention is global, so no tiles.

    Args:
        skip: Whether the visible image is added before the sigmoid.
    """

    def __init__(self, skip: bool) -> None:
        super().__init__()
        self.DIDF_Encoder, self.DIDF_Decoder = _Encoder(), _Decoder()
        self.BaseFuseLayer, self.DetailFuseLayer = BaseBlock(_CHANNELS), _Detail(1)
        self.skip = skip

    def forward(self, visible: Tensor, infrared: Tensor) -> Tensor:
        pairs = zip(self.DIDF_Encoder(visible), self.DIDF_Encoder(infrared), strict=True)
        base, detail = (a + b for a, b in pairs)
        out = self.DIDF_Decoder(self.BaseFuseLayer(base), self.DetailFuseLayer(detail))
        return torch.sigmoid(out + visible if self.skip else out)


class CDDFuseFuser(NetworkFuser):
    """CDDFuse by the script `vif` or `med`; gray, stretched on saving."""

    def build_network(self) -> nn.Module:
        return CDDFuse(skip=self.steps.script == "vif")

    def read_weights(self, path: Path) -> dict[str, Tensor]:
        return load_tensors(path, _PARTS)

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(colour.gray_opencv_float(x).astype(np.float32) / 255 for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return 255 * out[0] if self.steps.clip else save_imageio(255 * stretch(out[0]))


build = CDDFuseFuser.load
