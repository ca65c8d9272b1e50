"""LRRNet: a low-rank and a sparse part of each source by unrolled shrinkage, fused by convolutions.

Li, Xu, Wu, Lu, Kittler: LRRNet, a novel representation learning guided fusion network for infrared and visible
images, IEEE TPAMI 45, 2023.
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
from tcmoa_bench.baselines.deep.savers import save_offset
from tcmoa_bench.types import Image, Task

_CHANNELS = 256
_BLOCKS = 4


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv_Wdz, self.conv_Wdtz = (
            conv(_CHANNELS, 1, pad="reflect"),
            conv(1, _CHANNELS, pad="reflect"),
        )

    def forward(self, code: Tensor, image: Tensor) -> Tensor:
        return self.conv_Wdtz(image - self.conv_Wdz(code))


class _Encoder(nn.Module):
    """One image to its low-rank and sparse codes, 128 channels each."""

    def __init__(self) -> None:
        super().__init__()
        self.lamj, self.lamz = nn.Parameter(torch.zeros(1, _CHANNELS)), nn.Parameter(torch.zeros(1, 1))
        self.conv_W00 = conv(1, _CHANNELS, pad="reflect")
        for k in range(_BLOCKS):
            self.add_module(f"lrrblock{k}", _Block())

    def _shrunk(self, x: Tensor) -> Tensor:
        # In place: 256 channels are large. A trained threshold may be negative and is then used as it is.
        size = x.abs().sub_(self.lamj[..., None, None]).clip_(min=0)
        return x.sign_().mul_(size)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        code = self._shrunk(self.conv_W00(image))
        for k in range(_BLOCKS):
            code = self._shrunk(self.lamz * code + self.get_submodule(f"lrrblock{k}")(code, image))
        return code.chunk(2, dim=1)


class LRRNet(nn.Module):
    """Infrared and visible in 0..1 to the fused image, whose scale only the saving defines."""

    def __init__(self) -> None:
        super().__init__()
        self.get_ls1, self.get_ls2 = _Encoder(), _Encoder()
        half = _CHANNELS // 2
        self.decoder = nn.ModuleDict(
            {f"conv_Re{key}": conv(half, 1, pad="reflect") for key in ("Zx", "Ux", "Zy", "Uy")}
            | {f"conv_Re{key}": conv(2, 1, pad="reflect") for key in "LH"}
        )

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        codes = [*self.get_ls1(infrared), *self.get_ls2(visible)]
        parts = [self.decoder[f"conv_Re{k}"](x) for k, x in zip(("Zx", "Ux", "Zy", "Uy"), codes, strict=True)]
        low, high = torch.cat(parts[::2], 1), torch.cat(parts[1::2], 1)
        return self.decoder["conv_ReL"](low) + self.decoder["conv_ReH"](high)


class LRRNetFuser(NetworkFuser):
    """LRRNet: each source and the result stretched to its own minimum and maximum; gray."""

    reach = 11

    def build_network(self) -> nn.Module:
        return LRRNet()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        return {name.replace(".conv2d.", "."): t for name, t in tensors.items()}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        grays = (colour.gray_imread(x).astype(np.float32) for x in (a, b))
        return tuple((x - x.min()) / (x.max() - x.min() + 1e-5) for x in grays)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return save_offset(out[0])


build = LRRNetFuser.load
