"""AUIF: base and detail of each source by ten unrolled steps of an optimisation, then added.

Zhao, Xu, Zhang, Liang, Zhang, Liu: Efficient and model-based infrared and visible image fusion via algorithm
unrolling (AUIF), IEEE TCSVT 32, 2022.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, pad

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import save_imageio
from tcmoa_bench.checkpoints import without_wrappers
from tcmoa_bench.types import Image, Task

_STEPS = 10
_LAPLACIAN = 19


def _reflected(x: Tensor, margin: int) -> Tensor:
    return pad(x, (margin,) * 4, mode="reflect")


def _blurred(x: Tensor) -> Tensor:
    return avg_pool2d(_reflected(x, 5), 11, 1)


def _laplacian(x: Tensor) -> Tensor:
    """Difference of the window's other pixels to the centre, as kornia 0.5 normalises its kernel."""
    others = _LAPLACIAN**2 - 1
    kernel = torch.ones(1, 1, _LAPLACIAN, _LAPLACIAN, dtype=x.dtype, device=x.device)
    kernel[..., _LAPLACIAN // 2, _LAPLACIAN // 2] = -others
    return conv2d(_reflected(x, _LAPLACIAN // 2), kernel / (2 * others))


class _Step(nn.Module):
    """One step towards the image, with a learned operator and its transpose as the regulariser."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(64, 1, 3, 3))
        self.eta, self.theta = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
        self.rest = nn.Sequential(nn.BatchNorm2d(1), nn.PReLU())

    def forward(self, x: Tensor, image: Tensor) -> Tensor:
        features = conv2d(_reflected(x, 1), self.kernel)
        back = conv2d(_reflected(features, 1), self.kernel.flip(2, 3).transpose(0, 1))
        return x - self.eta * (self.rest(back) - self.theta * (image - x))


class AUIF(nn.Module):
    """Two gray images in 0..1 to the fused one in 0..1; the order plays no part.

    Args:
        scale: Factor of the sum of both sources' parts; 0.5 is their mean.
    """

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.encoder_base = nn.ModuleDict({"conv1": nn.ModuleList(_Step() for _ in range(_STEPS))})
        self.encoder_detail = nn.ModuleDict({"conv2": nn.ModuleList(_Step() for _ in range(_STEPS))})
        self.decoder = nn.ModuleDict(
            {
                "decoder": nn.Sequential(
                    nn.Identity(), conv(1, 1, pad="reflect", bias=False), nn.BatchNorm2d(1)
                )
            }
        )
        self.scale = scale

    def _parts(self, image: Tensor) -> Tensor:
        base, detail = _blurred(image), _laplacian(image)
        for base_step, detail_step in zip(
            self.encoder_base["conv1"], self.encoder_detail["conv2"], strict=True
        ):
            base, detail = base_step(base, image), detail_step(detail, image)
        return base + detail

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return torch.sigmoid(self.decoder["decoder"](self.scale * (self._parts(first) + self._parts(second))))


class AUIFFuser(NetworkFuser):
    """AUIF with rule `sum` (the published images) or `avg`."""

    reach = 30

    def build_network(self) -> nn.Module:
        return AUIF(1.0 if self.steps.rule == "sum" else 0.5)

    def read_weights(self, path: Path) -> dict[str, Tensor]:
        # The authors keep three files; the converted file has a prefix for each.
        prefixes = {"conv1": "encoder_base.", "conv2": "encoder_detail."}
        tensors = without_wrappers(super().read_weights(path))
        if any(name.startswith("encoder_base.") for name in tensors):
            return dict(tensors)
        return {prefixes.get(name.partition(".")[0], "decoder.") + name: t for name, t in tensors.items()}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple(colour.gray_pillow(x).astype(np.float32) / 255 for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        return save_imageio(out[0])


build = AUIFFuser.load
