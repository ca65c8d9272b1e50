"""U2Fusion: one network for all tasks on luma, with six sets of steps around it that were published.

Xu, Ma, Jiang, Guo, Ling: U2Fusion, a unified unsupervised image fusion network, IEEE TPAMI 44(1), 2022.
"""

from __future__ import annotations

import itertools
import re

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.layers import DenseEncoder, PlainDecoder
from tcmoa_bench.baselines.deep.savers import save_scipy
from tcmoa_bench.baselines.deep.tensorflow import Shapes, TensorFlowFuser, TensorFlowNetwork
from tcmoa_bench.types import Image, Task

_CHANNELS = (264, 128, 64, 32, 1)
# Full-range YCbCr of the authors' script on 0..1; chroma is kept centred on 0.
_YCBCR = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])


class U2Fusion(TensorFlowNetwork):
    """Two luma images in 0..1 to the fused luma in 0..1."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = DenseEncoder(2, 44, 5, 0.2, newest_first=True)
        self.decoder = PlainDecoder(_CHANNELS, 0.2)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return torch.tanh(self.decoder(self.encoder(torch.cat((first, second), 1)))) / 2 + 0.5

    @staticmethod
    def shapes() -> Shapes:
        widths = [("Generator/encoder/conv1_1", 2, 44)]
        widths += [(f"Generator/encoder/dense_block_conv{k}", 44 * k, 44) for k in range(1, 6)]
        pairs = enumerate(itertools.pairwise(_CHANNELS), 1)
        widths += [(f"Generator_1/decoder/conv2_{k}", a, b) for k, (a, b) in pairs]
        kernels: Shapes = {f"{name}/kernel": (3, 3, a, b) for name, a, b in widths}
        return kernels | {f"{name}/bias": (b,) for name, _, b in widths}

    @staticmethod
    def own_name(name: str) -> str:
        name = name.replace("Generator/encoder/conv1_1/", "encoder.first.")
        name = re.sub(
            r"^Generator/encoder/dense_block_conv(\d)/", lambda m: f"encoder.dense.{int(m[1]) - 1}.", name
        )
        name = re.sub(r"^Generator_1/decoder/conv2_(\d)/", lambda m: f"decoder.layers.{int(m[1]) - 1}.", name)
        return re.sub(r"\bkernel$", "weight", name)


class U2FusionFuser(TensorFlowFuser):
    """U2Fusion by the script of one publisher.

    `author`: scaled so that the result's maximum is 255. `tang`: Tang's VIF-Benchmark, gray, stretched.
    `survey`: the published images of VIFB and MFIF: luma stretched, colour put back with studio-range formulas.
    `mefb`: the images that MEFB scored: the same with MATLAB's chroma of 8 bits.
    """

    reach = 10

    def build_network(self) -> U2Fusion:
        return U2Fusion()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        tang = self.steps.script == "tang"
        return tuple(_luma(colour.gray_pillow(x) if tang else x) for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        y = out[0].astype(np.float64)
        script = self.steps.script
        if script == "survey":
            return self._survey(y, a, b)
        if script == "mefb":
            return colour.with_matlab_chroma(save_scipy(y), a, b)
        coloured = [x for x in (a, b) if colour.is_coloured(x)]
        fused: Floats = y
        if len(coloured) == 1 and script != "tang":
            fused = _with_chroma(y, coloured[0])
        if self.steps.clip:
            return np.clip(255 * fused, 0, 255)
        return save_scipy(fused) if script == "tang" else save_scipy(fused, low=0.0)

    @staticmethod
    def _survey(y: NDArray[np.float64], a: Image, b: Image) -> NDArray[np.generic]:
        coloured = [colour.studio(x) for x in (a, b) if x.ndim == 3]
        if not coloured:
            return save_scipy(y)
        cb, cr = (
            coloured[0][..., k]
            if len(coloured) == 1
            else colour.fuse_chroma(coloured[0][..., k], coloured[1][..., k])
            for k in (1, 2)
        )
        return np.clip(colour.rgb_from_studio(save_scipy(y).astype(np.float64), cb, cr), 0, 255)


def _luma(image: Image) -> Floats:
    unit = image.astype(np.float64) / 255
    return (unit @ _YCBCR[0] if image.ndim == 3 else unit).astype(np.float32)


def _with_chroma(y: NDArray[np.float64], image: Image) -> NDArray[np.float64]:
    cb, cr = np.moveaxis(image.astype(np.float64) / 255 @ _YCBCR[1:].T, -1, 0)
    return np.stack([y + 1.402 * cr, y - 0.34414 * cb - 0.71414 * cr, y + 1.772 * cb], axis=2)


build = U2FusionFuser.load
