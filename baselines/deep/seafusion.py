"""SeAFusion: gradient residual dense blocks for luma and infrared, trained for segmentation.

Tang, Yuan, Ma: Image fusion in the loop of high-level vision tasks, Information Fusion 82, 2022.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import stretch, truncate
from tcmoa_bench.types import Image, Task


class _Conv(nn.Module):
    """A convolution under the name `conv`, as the authors' file has it."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3) -> None:
        super().__init__()
        self.conv = conv(inputs, outputs, kernel)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class _Dense(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = _Conv(channels, channels), _Conv(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat((x, leaky_relu(self.conv1(x), 0.2)), 1)
        return torch.cat((x, leaky_relu(self.conv2(x), 0.2)), 1)


class _Gradient(nn.Module):
    """|x-derivative| + |y-derivative|; the kernels are in the file and no longer Sobel's after training."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convx, self.convy = (conv(channels, channels, bias=False, groups=channels) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.convx(x).abs() + self.convy(x).abs()


class _ResidualGradientBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.dense = _Dense(inputs)
        self.convdown = _Conv(3 * inputs, outputs, 1)
        self.sobelconv = _Gradient(inputs)
        self.convup = _Conv(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        return leaky_relu(self.convdown(self.dense(x)) + self.convup(self.sobelconv(x)), 0.1)


class SeAFusion(nn.Module):
    """Visible luma and infrared in 0..1, one channel each, to fused luma in 0..1."""

    def __init__(self) -> None:
        super().__init__()
        for source in ("vis", "inf"):
            self.add_module(f"{source}_conv", _Conv(1, 16))
            self.add_module(f"{source}_rgbd1", _ResidualGradientBlock(16, 32))
            self.add_module(f"{source}_rgbd2", _ResidualGradientBlock(32, 48))
        self.decode4, self.decode3 = _Conv(96, 64), _Conv(64, 32)
        self.decode2, self.decode1 = _Conv(32, 16), _Conv(16, 1)

    def _encode(self, source: str, x: Tensor) -> Tensor:
        first, second, third = (self.get_submodule(f"{source}_{n}") for n in ("conv", "rgbd1", "rgbd2"))
        return third(second(leaky_relu(first(x), 0.2)))

    def forward(self, visible: Tensor, infrared: Tensor) -> Tensor:
        x = torch.cat((self._encode("vis", visible), self._encode("inf", infrared)), 1)
        for layer in (self.decode4, self.decode3, self.decode2):
            x = leaky_relu(layer(x), 0.2)
        return torch.tanh(self.decode1(x)) / 2 + 0.5


class SeAFusionFuser(NetworkFuser):
    """SeAFusion: fuses luma, keeps the visible chroma; published images have their contrast stretched."""

    reach = 9

    def build_network(self) -> nn.Module:
        return SeAFusion()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        # The file has batch norms for the decoder; the authors' code never applies them.
        return {name: t for name, t in tensors.items() if not (name.startswith("decode") and ".bn." in name)}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        infrared = colour.gray_pillow(b).astype(np.float32) / 255
        return self._ycrcb(a)[..., 0], infrared

    @staticmethod
    def _ycrcb(image: Image) -> Floats:
        return np.clip(colour.ycrcb_float(colour.rgb(image).astype(np.float32) / 255), 0, 1)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        _, cr, cb = np.moveaxis(self._ycrcb(a), -1, 0)
        fused = np.clip(colour.rgb_from_ycrcb_float(out[0], cr, cb), 0, 1)
        return 255 * fused if self.steps.clip else truncate(stretch(fused))


build = SeAFusionFuser.load
