"""SwinFuse: window attention on tiles of 224 pixels, features weighted by their magnitude.

Wang, Chen, Shao, Li, Liu: SwinFuse, a residual Swin transformer fusion network for infrared and visible images,
IEEE TIM 71, 2022. The authors' loop leaves each stage after its first block, so only that one counts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import pad

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import stretch, truncate
from tcmoa_bench.baselines.deep.windows import Block
from tcmoa_bench.types import Image, Task

_CHANNELS = 96
_TILE = 224


def _stage(heads: int) -> nn.ModuleDict:
    return nn.ModuleDict({"blocks": nn.Sequential(Block(_CHANNELS, heads, 7, 4 * _CHANNELS))})


class SwinFuse(nn.Module):
    """Infrared and visible tiles in -1..1, `B x 1 x 224 x 224`, to the fused tile in -1..1."""

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = nn.ModuleDict({"proj": conv(1, _CHANNELS, 1), "norm": nn.LayerNorm(_CHANNELS)})
        self.EN1_0, self.EN2_0, self.EN3_0 = (_stage(heads) for heads in (1, 2, 4))
        self.norm = nn.LayerNorm(_CHANNELS)
        self.conv = conv(_CHANNELS, 1, 1)

    def _encode(self, image: Tensor) -> Tensor:
        x = self.patch_embed["norm"](self.patch_embed["proj"](image).movedim(1, -1))
        for stage in (self.EN1_0, self.EN2_0, self.EN3_0):
            x = x + stage["blocks"](x)
        return self.norm(x).movedim(-1, 1)

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        a, b = self._encode(infrared), self._encode(visible)
        # `torch.norm`'s order of sums, which a mean has not: 2e-5 of the range.
        channel = [torch.norm(x, p=1, dim=[2, 3], keepdim=True) / _TILE**2 for x in (a, b)]
        pixel = [x.abs().mean(1, keepdim=True) for x in (a, b)]
        return torch.tanh(self.conv(_weighted(a, b, *channel) + _weighted(a, b, *pixel)))


def _weighted(a: Tensor, b: Tensor, activity_a: Tensor, activity_b: Tensor) -> Tensor:
    weight_a, weight_b = activity_a.exp(), activity_b.exp()
    return (weight_a * a + weight_b * b) / (weight_a + weight_b + 1e-5)


class SwinFuseFuser(NetworkFuser):
    """SwinFuse: gray, stretched on saving; tiles side by side, the last ones filled up with gray.

    The authors' script knows a few sizes only; the same rule is followed for all.
    """

    def build_network(self) -> nn.Module:
        return SwinFuse()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        return {
            name: t
            for name, t in tensors.items()
            if not name.startswith(("norm_up.", "prelu."))
            and "relative_position_index" not in name
            and (".blocks." not in name or ".blocks.0." in name)
        }

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple((colour.gray_pillow(x).astype(np.float32) - 127.5) / 127.5 for x in (a, b))

    def forward(self, *inputs: Tensor) -> Tensor:
        """The fused image on 0..255."""
        height, width = inputs[0].shape[-2:]
        infrared, visible = (pad(x, (0, -width % _TILE, 0, -height % _TILE)) for x in inputs)
        out = torch.empty_like(infrared)
        for top in range(0, height, _TILE):
            for left in range(0, width, _TILE):
                tile = (..., slice(top, top + _TILE), slice(left, left + _TILE))
                out[tile] = self.network(infrared[tile], visible[tile])
        return (out[..., :height, :width] / 2 + 0.5) * 255

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return np.clip(out[0], 0, 255) if self.steps.clip else truncate(stretch(out[0]))


build = SwinFuseFuser.load
