"""SDNet: two paths of few convolutions, one training for each task.

Zhang, Ma: SDNet, a versatile squeeze-and-decomposition network for real-time image fusion, IJCV 2021. Its
reading, scaling and saving are those of the same authors' PMGI (`pmgi.py`).
"""

from __future__ import annotations

import re

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PilImage
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import save_scipy
from tcmoa_bench.baselines.deep.tensorflow import Shapes, TensorFlowFuser, TensorFlowNetwork
from tcmoa_bench.types import Image, Task


class _SDNetPath(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer1, self.layer2 = conv(1, 16, 5), conv(16, 16)
        self.layer3, self.layer4 = conv(32, 16), conv(48, 16)

    def forward(self, x: Tensor) -> list[Tensor]:
        c1 = leaky_relu(self.layer1(x), 0.2)
        c2 = leaky_relu(self.layer2(c1), 0.2)
        c3 = leaky_relu(self.layer3(torch.cat((c1, c2), 1)), 0.2)
        return [c1, c2, c3, leaky_relu(self.layer4(torch.cat((c1, c2, c3), 1)), 0.2)]


class SDNet(TensorFlowNetwork):
    """Two gray images in -1..1 to the fused one in -1..1 (the squeezing half of the network)."""

    def __init__(self) -> None:
        super().__init__()
        self.ir, self.vi = _SDNetPath(), _SDNetPath()
        self.fuse = conv(128, 1, 1)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        pairs = zip(self.ir(first), self.vi(second), strict=True)
        return torch.tanh(self.fuse(torch.cat([c for pair in pairs for c in pair], 1)))

    @staticmethod
    def shapes() -> Shapes:
        # Layers 6 to 9 decompose the fused image again, for training.
        layers = [(5, "fuse", 1, 128, 1), (6, "sept", 1, 1, 128)]
        for path in ("ir", "vi"):
            layers += [(1, path, 5, 1, 16), *((k, path, 3, 16 * (k - 1), 16) for k in (2, 3, 4))]
            layers += [(7, path, 3, 128, 16), (8, path, 3, 16, 4), (9, path, 3, 4, 1)]
        return {
            f"fusion_model/layer{k}_{path}/{part}{k}_{path}": shape
            for k, path, size, a, b in layers
            for part, shape in (("w", (size, size, a, b)), ("b", (b,)))
        }

    @staticmethod
    def own_name(name: str) -> str | None:
        found = re.fullmatch(r"fusion_model/layer([1-5])_(ir|vi|fuse)/([wb])\d_\w+", name)
        if found is None:
            return None
        layer, path, part = found.groups()
        return f"{'fuse' if path == 'fuse' else f'{path}.layer{layer}'}.{'weight' if part == 'w' else 'bias'}"


class PathsFuser(TensorFlowFuser):
    """A network of two paths with the training for one task; gray, with the contrast stretched on saving.

    Script `survey` makes the published images of the MFIF survey instead: not stretched, colour put back with
    studio-range formulas. Script `mefb` makes the images that MEFB scored: luma of MATLAB's `rgb2ycbcr`,
    the result stretched, colour put back as in MEFB's other survey images.
    """

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return tuple((self._luma(x) - 127.5) / 127.5 for x in (a, b))

    def _luma(self, image: Image) -> Floats:
        if self.steps.script == "mefb":
            return colour.ycbcr_matlab(image)[..., 0].astype(np.float32)
        return _read_flat(image)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        y = out[0] * 127.5 + 127.5
        if self.steps.script == "mefb":
            return colour.with_matlab_chroma(save_scipy(y), a, b)
        if self.steps.script == "survey":
            first, second = colour.studio(a), colour.studio(b)
            cb, cr = (colour.fuse_chroma(first[..., k], second[..., k]) for k in (1, 2))
            return np.clip(colour.rgb_from_studio(y.astype(np.float64), cb, cr), 0, 255)
        return np.clip(y, 0, 255) if self.steps.clip else save_scipy(y)


def _read_flat(image: Image) -> Floats:
    """Gray as `scipy.misc.imread(flatten=True, mode="YCbCr")`: luminance after YCbCr and back, unrounded."""
    return np.asarray(PilImage.fromarray(image).convert("YCbCr").convert("F"), dtype=np.float32)


class SDNetFuser(PathsFuser):
    """SDNet."""

    reach = 5

    def build_network(self) -> SDNet:
        return SDNet()


build = SDNetFuser.load
