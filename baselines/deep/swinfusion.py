"""SwinFusion: shifted-window attention within and across the sources.

Ma, Tang, Fan, Huang, Mei, Ma: SwinFusion, cross-domain long-range learning for general image fusion via Swin
transformer, IEEE/CAA JAS 9, 2022.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.one_token import Mlp
from tcmoa_bench.baselines.deep.windows import Block, WindowAttention
from tcmoa_bench.types import Image, Task

_CHANNELS, _HEADS, _WINDOW, _HIDDEN = 60, 6, 8, 120


def _group(blocks: int) -> nn.ModuleDict:
    """Blocks whose windows are shifted by half a window in every second one."""
    shifts = (k % 2 * _WINDOW // 2 for k in range(blocks))
    return nn.ModuleDict(
        {"blocks": nn.Sequential(*(Block(_CHANNELS, _HEADS, _WINDOW, _HIDDEN, shift) for shift in shifts))}
    )


class _Cross(nn.Module):
    """Each source attends to the other."""

    def __init__(self, shift: int) -> None:
        super().__init__()
        for key in "AB":
            self.add_module(f"norm1_{key}", nn.LayerNorm(_CHANNELS))
            self.add_module(f"attn_{key}", WindowAttention(_CHANNELS, _HEADS, _WINDOW, shift, cross=True))
            self.add_module(f"norm2_{key}", nn.LayerNorm(_CHANNELS))
            self.add_module(f"mlp_{key}", Mlp(_CHANNELS, _HIDDEN))

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        a, b = self.norm1_A(x), self.norm1_B(y)
        x, y = x + self.attn_A(a, b), y + self.attn_B(b, a)
        return x + self.mlp_A(self.norm2_A(x)), y + self.mlp_B(self.norm2_B(y))


class _Fusion(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.residual_group_A, self.residual_group_B = _group(2), _group(2)
        self.residual_group = nn.ModuleDict({"blocks": nn.ModuleList([_Cross(0), _Cross(_WINDOW // 2)])})

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        x, y = self.residual_group_A["blocks"](x), self.residual_group_B["blocks"](y)
        for block in self.residual_group["blocks"]:
            x, y = block(x, y)
        return x, y


class SwinFusion(nn.Module):
    """Infrared and visible in 0..1, sides multiples of 8, to the fused image; its last layer is linear."""

    def __init__(self) -> None:
        super().__init__()
        half = _CHANNELS // 2
        self.conv_first1_A, self.conv_first2_A = conv(1, half), conv(half, _CHANNELS)
        self.patch_embed = nn.ModuleDict({"norm": nn.LayerNorm(_CHANNELS)})
        for key in "AB":
            self.add_module(f"layers_Ex_{key}", _residual(4))
            self.add_module(f"norm_Ex_{key}", nn.LayerNorm(_CHANNELS))
            self.add_module(f"norm_Fusion_{key}", nn.LayerNorm(_CHANNELS))
        self.layers_Fusion = nn.ModuleList([_Fusion(), _Fusion()])
        self.conv_after_body_Fusion = conv(2 * _CHANNELS, _CHANNELS)
        self.layers_Re, self.norm_Re = _residual(4), nn.LayerNorm(_CHANNELS)
        self.conv_last1, self.conv_last2, self.conv_last3 = conv(_CHANNELS, half), conv(half, 15), conv(15, 1)

    def _tokens(self, x: Tensor) -> Tensor:
        """Channels last, behind the one norm that serves five times."""
        return self.patch_embed["norm"](x.movedim(1, -1))

    def _extract(self, key: str, image: Tensor) -> Tensor:
        # The second source goes through the first one's convolutions; those named B are never used.
        x = leaky_relu(self.conv_first2_A(leaky_relu(self.conv_first1_A(image), 0.2)), 0.2)
        layers, norm = self.get_submodule(f"layers_Ex_{key}.0.residual_group.blocks"), f"norm_Ex_{key}"
        return self.get_submodule(norm)(layers(self._tokens(x))).movedim(-1, 1)

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        x, y = self._tokens(self._extract("A", infrared)), self._tokens(self._extract("B", visible))
        for layer in self.layers_Fusion:
            x, y = layer(x, y)
        both = torch.cat((self.norm_Fusion_A(x), self.norm_Fusion_B(y)), -1).movedim(-1, 1)
        z = leaky_relu(self.conv_after_body_Fusion(both), 0.2)
        blocks = self.get_submodule("layers_Re.0.residual_group.blocks")
        z = self.norm_Re(blocks(self._tokens(z))).movedim(-1, 1)
        for layer in (self.conv_last1, self.conv_last2):
            z = leaky_relu(layer(z), 0.2)
        return self.conv_last3(z)


def _residual(blocks: int) -> nn.ModuleList:
    return nn.ModuleList([nn.ModuleDict({"residual_group": _group(blocks)})])


class SwinFusionFuser(NetworkFuser):
    """SwinFusion: gray in, gray out, clipped."""

    def build_network(self) -> nn.Module:
        return SwinFusion()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        unused = ("relative_position_index", "attn_mask", "conv_first1_B.", "conv_first2_B.")
        return {name: t for name, t in tensors.items() if not any(part in name for part in unused)}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(colour.gray_imread(x).astype(np.float32) / 255 for x in (a, b))

    def forward(self, *inputs: Tensor) -> Tensor:
        """The network on sources enlarged to the next multiple of 8 by mirrored rows and columns."""
        height, width = inputs[0].shape[-2:]
        tall, wide = (size // _WINDOW * _WINDOW + _WINDOW for size in (height, width))
        mirrored = (torch.cat((x, x.flip(2)), 2)[:, :, :tall] for x in inputs)
        enlarged = (torch.cat((x, x.flip(3)), 3)[..., :wide] for x in mirrored)
        return self.network(*enlarged)[..., :height, :width]

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return 255 * np.clip(out[0], 0, 1)


build = SwinFusionFuser.load
