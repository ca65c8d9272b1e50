"""MFF-GAN: PMGI's two paths without batch norm, for multi-focus pairs.

Zhang, Le, Shao, Xu, Ma: MFF-GAN, an unsupervised generative adversarial network with adaptive and gradient joint
constraints for multi-focus image fusion, Information Fusion 66, 2021.
"""

from __future__ import annotations

import io

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PilImage
from torch import Tensor, nn

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.pmgi import ExchangePath, exchange_name, exchange_shapes, exchanged
from tcmoa_bench.baselines.deep.savers import save_scipy
from tcmoa_bench.baselines.deep.sdnet import PathsFuser
from tcmoa_bench.baselines.deep.tensorflow import Shapes, TensorFlowNetwork
from tcmoa_bench.types import Image, Task

#: Pillow's, and that of the authors' intermediate files.
_JPEG_QUALITY = 75


class MFFGAN(TensorFlowNetwork):
    """Two gray images in -1..1, near first, to the fused one in -1..1."""

    def __init__(self) -> None:
        super().__init__()
        self.near, self.far = ExchangePath(1, nn.Identity()), ExchangePath(1, nn.Identity())
        self.fuse = conv(128, 1, 1)

    def forward(self, near: Tensor, far: Tensor) -> Tensor:
        return torch.tanh(self.fuse(exchanged((self.near, self.far), ((near,), (far,)))))

    @staticmethod
    def shapes() -> Shapes:
        # The tensors of the converted file; the authors' also holds the discriminator and the optimiser's state.
        return exchange_shapes("far", inputs=1)

    @staticmethod
    def own_name(name: str) -> str | None:
        return exchange_name(name, "far", first="near")


class MFFGANFuser(PathsFuser):
    """MFF-GAN; script `survey` is the chain behind the MFIF survey's images, with its two intermediate JPEG files."""

    reach = 5

    def build_network(self) -> MFFGAN:
        return MFFGAN()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        if self.steps.script != "survey":
            return super().prepare(a, b, task)
        lumas = (_through_jpeg(np.rint(colour.studio(x)[..., 0]).astype(np.uint8)) for x in (a, b))
        return tuple((y.astype(np.float32) - 127.5) / 127.5 for y in lumas)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        if self.steps.script == "survey":
            out = (_through_jpeg(save_scipy(out[0]))[None].astype(np.float32) - 127.5) / 127.5
        return super().finish(out, a, b, task)


def _through_jpeg(gray: Image) -> Image:
    file = io.BytesIO()
    PilImage.fromarray(gray).save(file, "JPEG", quality=_JPEG_QUALITY)
    return np.asarray(PilImage.open(file))


build = MFFGANFuser.load
