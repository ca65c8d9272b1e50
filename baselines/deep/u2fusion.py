"""U2Fusion: one network for all tasks on luma, with five sets of steps around it that were published.

Xu, Ma, Jiang, Guo, Ling: U2Fusion, a unified unsupervised image fusion network, IEEE TPAMI 44(1), 2022.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.fuser import Floats, NetworkFuser
from tcmoa_bench.baselines.deep.layers import DenseEncoder, PlainDecoder
from tcmoa_bench.baselines.deep.savers import save_scipy
from tcmoa_bench.baselines.deep.tensorflow import is_data_file, read_data_file, to_torch
from tcmoa_bench.types import Image, Task

_CHANNELS = (264, 128, 64, 32, 1)
# Full-range YCbCr of the authors' script on 0..1; neutral chroma is 128/255.
_YCBCR = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
_NEUTRAL = 128 / 255


class U2Fusion(nn.Module):
    """Two luma images in 0..1 to the fused luma in 0..1."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = DenseEncoder(2, 44, 5, 0.2, newest_first=True)
        self.decoder = PlainDecoder(_CHANNELS, 0.2)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return torch.tanh(self.decoder(self.encoder(torch.cat((first, second), 1)))) / 2 + 0.5

    @staticmethod
    def shapes() -> dict[str, tuple[int, ...]]:
        """Names and shapes of all tensors in the authors' checkpoint, TensorFlow layout."""
        widths = [("Generator/encoder/conv1_1", 2, 44)]
        widths += [(f"Generator/encoder/dense_block_conv{k}", 44 * k, 44) for k in range(1, 6)]
        pairs = enumerate(itertools.pairwise(_CHANNELS), 1)
        widths += [(f"Generator_1/decoder/conv2_{k}", a, b) for k, (a, b) in pairs]
        kernels: dict[str, tuple[int, ...]] = {f"{name}/kernel": (3, 3, a, b) for name, a, b in widths}
        return kernels | {f"{name}/bias": (b,) for name, _, b in widths}


class U2FusionFuser(NetworkFuser):
    """U2Fusion with the steps of one publisher, named by the fuser's last part.

    `author` (infrared-visible and medical), `mef`, `mff`: the authors' script, scaled so that the result's
    maximum is 255. `tang`: Tang's VIF-Benchmark, infrared first, gray, stretched. `vifb`, `mfif`: the
    published images of those surveys: luma stretched, colour put back with studio-range formulas.
    """

    stretched = frozenset(f"u2fusion_{steps}" for steps in ("author", "tang", "mef", "mff"))

    def build_network(self) -> nn.Module:
        self.steps = self.variant.removeprefix("u2fusion_")
        return U2Fusion()

    def read_weights(self, path: Path) -> dict[str, Tensor]:
        shapes = self.network.shapes()
        return read_data_file(path, shapes) if is_data_file(path, shapes) else super().read_weights(path)

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        return {_own_name(name): to_torch(tensor) for name, tensor in tensors.items()}

    def inputs(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        grays = (colour.gray_pillow(x) for x in (a, b)) if self.steps == "tang" else (a, b)
        first, second = (_luma(x) for x in grays)
        a_first = self.steps in ("vifb", "mfif") or (self.steps == "author" and task is Task.VIF)
        return (first, second) if a_first else (second, first)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        y = out[0].astype(np.float64)
        if self.steps in ("vifb", "mfif"):
            return self._survey(y, a, b)
        coloured = [x for x in (a, b) if colour.is_coloured(x)]
        fused: Floats = y
        if len(coloured) == 1 and self.steps != "tang":
            fused = _with_chroma(y, coloured[0])
        if self.clip:
            return np.clip(255 * fused, 0, 255)
        return save_scipy(fused) if self.steps == "tang" else save_scipy(fused, low=0.0)

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


def _own_name(name: str) -> str:
    name = name.replace("Generator/encoder/conv1_1/", "encoder.first.")
    name = re.sub(
        r"^Generator/encoder/dense_block_conv(\d)/", lambda m: f"encoder.dense.{int(m[1]) - 1}.", name
    )
    name = re.sub(r"^Generator_1/decoder/conv2_(\d)/", lambda m: f"decoder.layers.{int(m[1]) - 1}.", name)
    return re.sub(r"\bkernel$", "weight", name)


build = U2FusionFuser.load
