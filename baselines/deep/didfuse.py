"""DIDFuse: base and detail features of each source, added, one decoder with skips.

Zhao, Xu, Zhang, Liu, Zhang, Li: DIDFuse, deep image decomposition for infrared and visible image fusion,
IJCAI 2020. The convolutions on full features pad with zeros, the first and the last one reflect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv_bn
from tcmoa_bench.baselines.deep.savers import save_imageio
from tcmoa_bench.types import Image, Task


def _l1_mean(a: Tensor, b: Tensor) -> Tensor:
    """Mean weighted by local activity: the 3x3 mean of magnitudes, summed over channels."""
    weight_a, weight_b = (avg_pool2d(x.abs(), 3, 1, 1).sum(1, keepdim=True) for x in (a, b))
    return (weight_a * a + weight_b * b) / (weight_a + weight_b)


_RULES = {"sum": torch.add, "avg": lambda a, b: (a + b) / 2, "l1": _l1_mean}


class DIDFuse(nn.Module):
    """Visible and infrared in 0..1, one channel each, to the fused image in 0..1."""

    def __init__(self, rule: str) -> None:
        super().__init__()
        self.rule = _RULES[rule]
        self.cov1 = conv_bn(1, 64, nn.PReLU(), pad="reflect")
        self.cov2 = conv_bn(64, 64, nn.PReLU())
        self.cov3, self.cov4 = conv_bn(64, 64, nn.Tanh()), conv_bn(64, 64, nn.Tanh())
        self.cov5, self.cov6 = conv_bn(128, 64, nn.PReLU()), conv_bn(128, 64, nn.PReLU())
        self.cov7 = conv_bn(128, 1, nn.Sigmoid(), pad="reflect")

    def _encode(self, x: Tensor) -> tuple[Tensor, ...]:
        first = self.cov1(x)
        second = self.cov2(first)
        return first, second, self.cov3(second), self.cov4(second)

    def forward(self, visible: Tensor, infrared: Tensor) -> Tensor:
        pairs = zip(self._encode(visible), self._encode(infrared), strict=True)
        first, second, base, detail = (self.rule(a, b) for a, b in pairs)
        x = self.cov5(torch.cat((base, detail), 1))
        x = self.cov6(torch.cat((x, second), 1))
        return self.cov7(torch.cat((x, first), 1))


class DIDFuseFuser(NetworkFuser):
    """DIDFuse with one of its fusion rules: `sum` (the published images), `avg`, `l1` (Tang's wrapper)."""

    reach = 7

    def build_network(self) -> nn.Module:
        return DIDFuse(self.steps.rule)

    def read_weights(self, path: Path) -> dict[str, Tensor]:
        # The authors keep encoder and decoder in two files; the converted file has a prefix instead.
        return {re.sub(r"^(en|de)coder\.", "", name): t for name, t in super().read_weights(path).items()}

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        return {_own_name(name): tensor for name, tensor in tensors.items()}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(colour.gray_pillow(x).astype(np.float32) / 255 for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return save_imageio(out[0])


def _own_name(name: str) -> str:
    """`cov1.cov1.1.weight` is `cov1.0.weight`: the authors' padding layers count in `cov1` and `cov7`."""
    found = re.fullmatch(r"(?:module\.)?cov(\d)\.cov\d\.(\d)\.(\w+)", name)
    if found is None:
        return name
    layer, place, part = found.groups()
    return f"cov{layer}.{int(place) - (layer in '17')}.{part}"


build = DIDFuseFuser.load
