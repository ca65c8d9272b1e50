"""FusionDN: a densely connected network with batch norm on the image's own statistics.

Xu, Ma, Le, Jiang, Guo: FusionDN, a unified densely connected network for image fusion, AAAI 2020.
"""

from __future__ import annotations

import itertools
import re

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import save_scipy
from tcmoa_bench.baselines.deep.tensorflow import (
    BATCH_NORM_EPSILON,
    BATCH_NORM_PARTS,
    Shapes,
    TensorFlowFuser,
    TensorFlowNetwork,
)
from tcmoa_bench.types import Image, Task

_GROWTH, _BLOCKS = 48, 4
_WIDTHS = (240, 240, 128, 64, 1)


class _ImageNorm(nn.Module):
    """Batch norm on this image's mean and variance; the moving ones in the file are not used."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = x.mean((2, 3), keepdim=True), x.var((2, 3), correction=0, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + BATCH_NORM_EPSILON)
        return x * self.weight[:, None, None] + self.bias[:, None, None]


class _Block(nn.Module):
    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = (conv(n, _GROWTH, pad="reflect") for n in (inputs, _GROWTH))
        self.norm1, self.norm2 = (nn.BatchNorm2d(_GROWTH, BATCH_NORM_EPSILON) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        new = torch.relu(self.norm1(self.conv1(x)))
        return torch.cat((x, torch.relu(self.norm2(self.conv2(new)))), 1)


class FusionDN(TensorFlowNetwork):
    """Two gray images in 0..1 to the fused one in 0..1; every pixel depends on all others."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.first_norm = conv(2, _GROWTH, pad="reflect"), _ImageNorm(_GROWTH)
        self.blocks = nn.Sequential(*(_Block(_GROWTH * k) for k in range(1, _BLOCKS + 1)))
        pairs = itertools.pairwise(_WIDTHS)
        self.decoder = nn.ModuleList(conv(a, b, pad="reflect") for a, b in pairs)
        self.decoder_norms = nn.ModuleList(_ImageNorm(width) for width in _WIDTHS[1:-1])

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        x = torch.relu(self.first_norm(self.first(torch.cat((first, second), 1))))
        # The first convolution of the decoder serves twice, once without a norm.
        x = torch.relu(self.decoder[0](self.blocks(x)))
        for layer, norm in zip(self.decoder[:-1], self.decoder_norms, strict=True):
            x = torch.relu(norm(layer(x)))
        return torch.tanh(self.decoder[-1](x)) / 2 + 0.5

    @staticmethod
    def shapes() -> Shapes:
        shapes: Shapes = {
            "Generator_1/encoder/kernel": (3, 3, 2, _GROWTH),
            "Generator_1/encoder/bias": (_GROWTH,),
        }
        norms = {"encoder/conv1": _GROWTH} | {f"decoder/b{k}": n for k, n in enumerate(_WIDTHS[1:-1])}
        for k in range(1, _BLOCKS + 1):
            block = f"encoder/res_block_conv{k}"
            for part, inputs in ((1, _GROWTH * k), (2, _GROWTH)):
                shapes[f"Generator/{block}/kernel{part}"] = (3, 3, inputs, _GROWTH)
                shapes[f"Generator/{block}/bias{part}"] = (_GROWTH,)
                norms[f"{block}/b{part}/"] = _GROWTH
        for k, (inputs, outputs) in enumerate(itertools.pairwise(_WIDTHS), 1):
            shapes[f"Generator/decoder/conv2_{k}/kernel"] = (3, 3, inputs, outputs)
            shapes[f"Generator/decoder/conv2_{k}/bias"] = (outputs,)
        for scope, width in norms.items():
            shapes |= {f"Generator/{scope}/batch_normalization/{part}": (width,) for part in BATCH_NORM_PARTS}
        return shapes

    @staticmethod
    def own_name(name: str) -> str | None:
        scope, _, part = name.rpartition("/")
        scope = scope.removesuffix("/batch_normalization").rstrip("/")
        if found := re.fullmatch(r"Generator/encoder/res_block_conv(\d)(?:/b(\d))?", scope):
            block, norm = found.groups()
            place = f"norm{norm}" if norm else f"conv{part[-1]}"
            return f"blocks.{int(block) - 1}.{place}.{_own_part(part.rstrip('12'))}"
        if found := re.fullmatch(r"Generator/decoder/conv2_(\d)", scope):
            return f"decoder.{int(found[1]) - 1}.{_own_part(part)}"
        if part.startswith("moving"):
            return None
        if found := re.fullmatch(r"Generator/decoder/b(\d)", scope):
            return f"decoder_norms.{found[1]}.{_own_part(part)}"
        places = {"Generator_1/encoder": "first", "Generator/encoder/conv1": "first_norm"}
        return f"{places[scope]}.{_own_part(part)}" if scope in places else None


def _own_part(part: str) -> str:
    return {"kernel": "weight"}.get(part) or BATCH_NORM_PARTS.get(part, part)


class FusionDNFuser(TensorFlowFuser):
    """FusionDN: gray, stretched on saving."""

    def build_network(self) -> FusionDN:
        return FusionDN()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(_gray(x) / 255 for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return np.clip(255 * out[0], 0, 255) if self.steps.clip else save_scipy(out[0])


def _gray(image: Image) -> Floats:
    if image.ndim == 2:
        return image.astype(np.float64)
    r, g, b = np.moveaxis(image.astype(np.float64), -1, 0)
    return 0.3 * r + 0.59 * g + 0.11 * b


build = FusionDNFuser.load
