"""EMMA: a U-shaped network of attention and convolution blocks, applied to blocks of multiples of 32 pixels.

Zhao, Bai, Zhang, Zhang, Zhang, Xu, Chen, Timofte, Van Gool: Equivariant multi-modality image fusion, CVPR 2024.
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
from tcmoa_bench.baselines.deep.restormer import BaseBlock
from tcmoa_bench.baselines.deep.savers import save_imageio, stretch
from tcmoa_bench.types import Image, Task

_WIDTHS = (8, 16, 32, 32)
_MULTIPLE = 32


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            conv(channels, channels, pad="reflect"), nn.ReLU(), conv(channels, channels, pad="reflect")
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x)


class _Unit(nn.Module):
    """Global features by attention and local ones by convolutions, side by side."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.embed = conv(inputs, outputs, pad="reflect", bias=False)
        self.GlobalFeature = BaseBlock(outputs, "reflect")
        self.LocalFeature = nn.ModuleDict(
            {"Extraction": nn.Sequential(_Residual(outputs), _Residual(outputs))}
        )
        self.FFN = conv(2 * outputs, outputs, pad="reflect", bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x)
        return self.FFN(torch.cat((self.GlobalFeature(x), self.LocalFeature["Extraction"](x)), 1))


class EMMA(nn.Module):
    """Infrared and visible in 0..1, multiples of 8 pixels, to the fused image in 0..1."""

    def __init__(self) -> None:
        super().__init__()
        for source in "IV":
            for k, (inputs, width) in enumerate(zip((1, *_WIDTHS), _WIDTHS, strict=False), 1):
                self.add_module(f"{source}_en_{k}", _Unit(inputs, width))
                if k < len(_WIDTHS):
                    self.add_module(
                        f"{source}_down{k}", conv(width, width, pad="reflect", bias=False, stride=2)
                    )
        for k, width in enumerate(_WIDTHS, 1):
            self.add_module(f"f_{k}", _Unit(2 * width, width))
            deepest = k == len(_WIDTHS)
            self.add_module(f"de_{k}", _Unit(width if deepest else 2 * width, width))
            if k > 1:
                up = nn.ConvTranspose2d(width, _WIDTHS[k - 2], 4, 2, 1, bias=False)
                self.add_module(f"up{k}", nn.Sequential(up, nn.ReLU()))
        self.last = nn.Sequential(conv(_WIDTHS[0], 1, pad="reflect"), nn.Sigmoid())

    def _encode(self, source: str, x: Tensor) -> list[Tensor]:
        features = []
        for k in range(1, len(_WIDTHS) + 1):
            x = self.get_submodule(f"{source}_en_{k}")(x)
            features.append(x)
            if k < len(_WIDTHS):
                x = self.get_submodule(f"{source}_down{k}")(x)
        return features

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        pairs = zip(self._encode("I", infrared), self._encode("V", visible), strict=True)
        fused = [self.get_submodule(f"f_{k}")(torch.cat(pair, 1)) for k, pair in enumerate(pairs, 1)]
        x = self.get_submodule(f"de_{len(fused)}")(fused[-1])
        for k in range(len(fused) - 1, 0, -1):
            x = self.get_submodule(f"up{k + 1}")(x)
            x = self.get_submodule(f"de_{k}")(torch.cat((x, fused[k - 1]), 1))
        return self.last(x)


class EMMAFuser(NetworkFuser):
    """EMMA: gray, stretched on saving; what a multiple of 32 leaves over comes from blocks at the far borders."""

    def build_network(self) -> nn.Module:
        return EMMA()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(colour.gray_opencv_float(x).astype(np.float32) / 255 for x in (a, b))

    def forward(self, *inputs: Tensor) -> Tensor:
        """The fused image on 0..255."""
        out = torch.empty_like(inputs[0])
        rows, columns = (_blocks(size) for size in out.shape[-2:])
        for from_rows, to_rows in rows:
            for from_columns, to_columns in columns:
                block = self.network(*(x[..., from_rows, from_columns] for x in inputs))
                height, width = to_rows.stop - to_rows.start, to_columns.stop - to_columns.start
                out[..., to_rows, to_columns] = 255 * block[..., -height:, -width:]
        return out

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return np.clip(out[0], 0, 255) if self.steps.clip else save_imageio(255 * stretch(out[0]))


def _blocks(size: int) -> list[tuple[slice, slice]]:
    """Along one side: what the network sees, and the part at its end that is taken from it."""
    whole = size // _MULTIPLE * _MULTIPLE
    first = (slice(0, whole), slice(0, whole))
    return [first] if whole == size else [first, (slice(size - whole, size), slice(whole, size))]


build = EMMAFuser.load
