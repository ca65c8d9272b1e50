"""RFN-Nest: a nested auto-encoder with a learned residual fusion network at each of its four scales.

Li, Wu, Kittler: RFN-Nest, an end-to-end residual fusion network for infrared and visible images, Information
Fusion 73, 2021.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, pad

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import save_offset
from tcmoa_bench.types import Image, Task

_WIDTHS = (64, 112, 160, 208)
#: Larger sources are fused in four tiles.
_WHOLE = 512


def _layer(inputs: int, outputs: int, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(conv(inputs, outputs, kernel, "reflect"), nn.ReLU())


class _Block(nn.Module):
    """Two convolutions; the authors call it dense."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.denseblock = nn.Sequential(_layer(inputs, inputs // 2), _layer(inputs // 2, outputs, 1))

    def forward(self, *features: Tensor) -> Tensor:
        return self.denseblock(torch.cat(features, 1))


def _up(x: Tensor, like: Tensor) -> Tensor:
    """Twice as large, the last row and column repeated where `like` has one more."""
    x = interpolate(x, scale_factor=2, mode="nearest")
    return pad(x, (0, like.shape[-1] - x.shape[-1], 0, like.shape[-2] - x.shape[-2]), mode="replicate")


class _Nest(nn.Module):
    """The auto-encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0, self.conv_out = _layer(1, 16, 1), _layer(_WIDTHS[0], 1, 1)
        for level, (inputs, width) in enumerate(zip((16, *_WIDTHS), _WIDTHS, strict=False), 1):
            self.add_module(f"DB{level}_0", _Block(inputs, width))
            # Row `level`, column `step`: all earlier columns of the row, and the row below.
            for step in range(1, len(_WIDTHS) + 1 - level):
                self.add_module(f"DB{level}_{step}", _Block(step * width + _WIDTHS[level], width))

    def encode(self, image: Tensor) -> list[Tensor]:
        x = self.conv0(image)
        features: list[Tensor] = []
        for level in range(1, len(_WIDTHS) + 1):
            x = self.get_submodule(f"DB{level}_0")(max_pool2d(x, 2) if features else x)
            features.append(x)
        return features

    def decode(self, features: list[Tensor]) -> Tensor:
        grid = [[x] for x in features]
        for step in range(1, len(grid)):
            for level in range(1, len(grid) + 1 - step):
                row, below = grid[level - 1], grid[level][step - 1]
                row.append(self.get_submodule(f"DB{level}_{step}")(*row, _up(below, row[0])))
        return self.conv_out(grid[0][-1])


class _Fusion(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv_fusion = _layer(2 * width, width)
        self.conv_ir, self.conv_vi = _layer(width, width), _layer(width, width)
        self.bottelblock = nn.Sequential(
            _layer(2 * width, width, 1), _layer(width, width), _layer(width, width)
        )

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        both = torch.cat((self.conv_ir(infrared), self.conv_vi(visible)), 1)
        return self.conv_fusion(torch.cat((infrared, visible), 1)) + self.bottelblock(both)


class RFNNest(nn.Module):
    """Infrared and visible on 0..255 to the fused image, not negative."""

    def __init__(self) -> None:
        super().__init__()
        self.nest = _Nest()
        self.rfn = nn.ModuleDict({f"fusion_block{k}": _Fusion(width) for k, width in enumerate(_WIDTHS, 1)})

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        pairs = zip(self.rfn.values(), self.nest.encode(infrared), self.nest.encode(visible), strict=True)
        return self.nest.decode([fuse(a, b) for fuse, a, b in pairs])


class RFNNestFuser(NetworkFuser):
    """RFN-Nest: gray, stretched on saving; sources of more than 512 pixels in four overlapping tiles."""

    def build_network(self) -> nn.Module:
        return RFNNest()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        # The authors keep auto-encoder and fusion network in two files; the joined file has a prefix.
        return {_own_name(name): tensor for name, tensor in tensors.items()}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(colour.gray_pillow(x).astype(np.float32) for x in (a, b))

    def forward(self, *inputs: Tensor) -> Tensor:
        """The whole image, or the mean of four tiles that share five rows and columns."""
        height, width = inputs[0].shape[-2:]
        if max(height, width) <= _WHOLE:
            return self.network(*inputs)
        total, covers = torch.zeros_like(inputs[0]), torch.zeros_like(inputs[0])
        for rows in _halves(height):
            for columns in _halves(width):
                total[..., rows, columns] += self.network(*(x[..., rows, columns] for x in inputs))
                covers[..., rows, columns] += 1
        return total / covers

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return np.clip(out[0], 0, 255) if self.steps.clip else save_offset(out[0])


def _halves(size: int) -> tuple[slice, slice]:
    return slice(0, size // 2 + 3), slice(size // 2 - 2, size)


def _own_name(name: str) -> str:
    prefixed = name if name.startswith(("nest.", "rfn.")) else None
    full = prefixed or f"{'rfn' if name.startswith('fusion_block') else 'nest'}.{name}"
    return full.replace(".conv2d.", ".0.")


build = RFNNestFuser.load
