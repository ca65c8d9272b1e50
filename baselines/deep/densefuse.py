"""DenseFuse: one dense encoder for both sources, features added, one decoder.

Li, Wu: DenseFuse, a fusion approach to infrared and visible images, IEEE TIP 28(5), 2019. The authors'
TensorFlow original and their later PyTorch version differ in weights, in the order of the dense features
and in the addition (the original does not halve the sum and stretches the contrast on saving).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import DenseEncoder, PlainDecoder
from tcmoa_bench.baselines.deep.savers import save_scipy
from tcmoa_bench.baselines.deep.tensorflow import to_torch
from tcmoa_bench.types import Image, Task


class DenseFuse(nn.Module):
    """Sources on 0..255 with 1 or 3 channels to the fused image on about 0..255 times `scale * 2`.

    Args:
        channels: Channels of sources and result.
        newest_first: Order of the dense features, see `DenseEncoder`.
        scale: Factor of the sum of both sources' features; 0.5 is their mean.
    """

    def __init__(self, channels: int, newest_first: bool, scale: float) -> None:
        super().__init__()
        self.encoder = DenseEncoder(channels, 16, 3, 0.0, newest_first)
        self.decoder = PlainDecoder((64, 64, 32, 16, channels), 0.0)
        self.scale = scale

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.decoder(self.scale * (self.encoder(a) + self.encoder(b)))


class DenseFuseFuser(NetworkFuser):
    """DenseFuse by one of its authors' scripts: `tensorflow` (the original) or `pytorch`.

    Without the stretch, the original's sum of the features is halved, or it would be twice as bright as its
    sources.
    """

    reach = 8

    def build_network(self) -> nn.Module:
        self.original = self.steps.script == "tensorflow"
        self.coloured = self.record.colour == "rgb"
        return DenseFuse(
            3 if self.coloured else 1,
            newest_first=self.original,
            scale=1.0 if self.original and not self.steps.clip else 0.5,
        )

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        return {_own_name(name): to_torch(t) if self.original else t for name, t in tensors.items()}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        if self.coloured:
            return tuple(np.moveaxis(colour.rgb(x), -1, 0).astype(np.float32) for x in (a, b))
        return tuple(colour.gray_pillow(x).astype(np.float32) for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        image = np.moveaxis(out, 0, -1) if self.coloured else out[0]
        if self.original:
            return np.clip(image, 0, 255) if self.steps.clip else save_scipy(image)
        return np.clip(image, 0, 255).astype(np.uint8)


def _own_name(name: str) -> str:
    """`conv1.conv2d.bias` and `encoder/conv1_1/bias` are both `encoder.first.bias`, and so on."""
    name = re.sub(r"^(conv1\.conv2d|encoder/conv1_1)\b[./]", "encoder.first.", name)
    name = re.sub(r"^DB1\.denseblock\.(\d)\.dense_conv\.conv2d\.", r"encoder.dense.\1.", name)
    name = re.sub(r"^encoder/dense_block_conv(\d)/", lambda m: f"encoder.dense.{int(m[1]) - 1}.", name)
    name = re.sub(r"^decoder/conv2_(\d)/", lambda m: f"decoder.layers.{int(m[1]) - 1}.", name)
    name = re.sub(r"^conv(\d)\.conv2d\.", lambda m: f"decoder.layers.{int(m[1]) - 2}.", name)
    return re.sub(r"\bkernel$", "weight", name)


build = DenseFuseFuser.load
