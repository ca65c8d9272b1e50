"""MUFusion: a small U-Net on patches of 128 pixels, one training for each data set.

Cheng, Xu, Wu: MUFusion, a general unsupervised image fusion network based on memory unit, Information
Fusion 92, 2023. The authors compute in double precision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import save_scipy
from tcmoa_bench.types import Image, Task

_PATCH, _STRIDE = 128, 124
_WIDTHS = {
    "1": (2, 32),
    "2": (32, 32),
    "3": (64, 64),
    "4": (64, 64),
    "5": (128, 64),
    "6": (192, 64),
    "66": (64, 64),
    "55": (128, 64),
    "44": (128, 64),
    "33": (128, 64),
    "22": (96, 32),
    "11": (64, 1),
}


class MUFusion(nn.Module):
    """Infrared and visible patches in 0..1, one channel each, to the fused patch in -1..1."""

    def __init__(self) -> None:
        super().__init__()
        for key, (a, b) in _WIDTHS.items():
            self.add_module(f"conv{key}", conv(a, b, pad="reflect", stride=2 if key == "3" else 1))

    def _step(self, key: str, *features: Tensor) -> Tensor:
        return torch.relu(self.get_submodule(f"conv{key}")(torch.cat(features, 1)))

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        x1 = self._step("1", infrared, visible)
        x2 = self._step("2", x1)
        x3 = self._step("3", x1, x2)
        x4 = self._step("4", x3)
        x5 = self._step("5", x3, x4)
        x = self._step("66", self._step("6", x3, x4, x5))
        x = self._step("55", x5, x)
        x = self._step("44", x4, x)
        x = self._step("33", x3, x)
        x = interpolate(x, scale_factor=2, mode="bicubic", align_corners=False)
        x = self._step("22", x2, x)
        return torch.tanh(self.conv11(torch.cat((x1, x), 1)))


class MUFusionFuser(NetworkFuser):
    """MUFusion with the training for one data set, by the script for gray or for colour results."""

    dtype = torch.float64

    def build_network(self) -> nn.Module:
        self.gray = self.record.colour == "gray"
        return MUFusion()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        return {name.replace(".1.", "."): tensor for name, tensor in tensors.items()}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        if self.gray:
            return tuple(colour.gray_pillow(x) / 255 for x in (a, b))
        infrared = colour.gray_pillow(b) if task is Task.VIF else colour.ycc_centred(b)[..., 0]
        return colour.ycc_centred(a)[..., 0] / 255, infrared / 255

    def forward(self, *inputs: Tensor) -> Tensor:
        """Mean of overlapping patches; those that the authors' loops visit twice count twice."""
        infrared, visible = inputs
        height, width = infrared.shape[-2:]
        rows, columns = _starts(height), _starts(width)
        total, covers = torch.zeros_like(infrared), torch.zeros_like(infrared)
        for (top, left), times in Counter((r, c) for r in rows for c in columns).items():
            place = (..., slice(top, top + _PATCH), slice(left, left + _PATCH))
            total[place] += times * self.network(infrared[place], visible[place])
            covers[place] += times
        return total / covers

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        y = out[0].astype(np.float64)
        if self.gray:
            return np.clip(255 * y, 0, 255) if self.steps.clip else save_scipy(y)
        cb, cr = np.moveaxis(colour.ycc_centred(a)[..., 1:], -1, 0)
        if task is not Task.VIF:
            # Chroma is centred on 0 and the rule expects 128: as in the authors' code.
            other = colour.ycc_centred(b)
            cb, cr = colour.fuse_chroma(cb, other[..., 1]), colour.fuse_chroma(cr, other[..., 2])
        return colour.rgb_from_ycc_centred(255 * y, cb, cr)


def _starts(size: int) -> list[int]:
    """First pixels of the patches along one side: a regular grid, then one aligned to the far border."""
    return [*range(0, size - _PATCH + 1, _STRIDE), size - _PATCH]


build = MUFusionFuser.load
