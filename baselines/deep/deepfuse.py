"""DeepFuse: two layers on each exposure, features added, a decoder; its authors' network and Li's.

Ram Prabhakar, Sai Srikar, Venkatesh Babu: DeepFuse, a deep unsupervised approach for exposure fusion with extreme
exposure image pairs, ICCV 2017. Li's TensorFlow re-make (2018), which surveys use, is another network, trained to
reconstruct its input.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import save_scipy, stretch
from tcmoa_bench.baselines.deep.tensorflow import to_torch
from tcmoa_bench.types import Image, Task

#: Name, channels in and out, and kernel of the authors' layers; the first two see one exposure alone.
_LAYERS: tuple[tuple[str, int, int, int], ...] = (
    ("conv1", 1, 32, 3), ("conv11", 32, 64, 5), ("conv40", 64, 64, 7), ("conv4", 64, 32, 5), ("conv41", 32, 16, 5),
    ("conv5", 16, 1, 7),
)  # fmt: skip


class DeepFuse(nn.Module):
    """Luma of two exposures on 0..255 to the fused luma, whose scale (some 1e8) only the stretch defines."""

    def __init__(self) -> None:
        super().__init__()
        for name, inputs, outputs, kernel in _LAYERS:
            self.add_module(name, conv(inputs, outputs, kernel, bias=False))

    def _run(self, x: Tensor, layers: slice) -> Tensor:
        for name, *_ in _LAYERS[layers]:
            x = leaky_relu(self.get_submodule(name)(x), 0.01)
        return x

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        encode, decode = slice(2), slice(2, None)
        return self._run(self._run(a, encode) + self._run(b, encode), decode)


class LisDeepFuse(nn.Module):
    """Two gray images on 0..255 to the fused one; the second layer and the last are linear."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(conv(1, 16, pad="reflect"), nn.ReLU(), conv(16, 32, pad="reflect"))
        self.decoder = nn.Sequential(
            *(conv(32, 32, pad="reflect"), nn.ReLU()),
            *(conv(32, 16, pad="reflect"), nn.ReLU()),
            conv(16, 1, pad="reflect"),
        )

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.decoder(self.encoder(a) + self.encoder(b))


class DeepFuseFuser(NetworkFuser):
    """DeepFuse by script `authors` (Theano, MATLAB luma), `mefb` (the same in colour) or `li` (TensorFlow); stretched.

    `mefb` makes the images that MEFB scored: MATLAB's luma before, its chroma of 8 bits after.
    """

    reach = 13

    def build_network(self) -> nn.Module:
        self.original = self.steps.script in ("authors", "mefb")
        return DeepFuse() if self.original else LisDeepFuse()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        if self.original:
            # Theano's convolution turns the kernel; its layers have no other tensors.
            return {f"{name}.weight": t.flip(2, 3) if t.ndim == 4 else t for name, t in tensors.items()}
        return {_own_name(name): to_torch(t) for name, t in tensors.items()}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        if self.original:
            return tuple(colour.ycbcr_matlab(x)[..., 0].astype(np.float32) for x in (a, b))
        return tuple(colour.gray_pillow(x).astype(np.float32) for x in (a, b))

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        y = save_scipy(255 * stretch(out[0]) if self.original else out[0])
        return colour.with_matlab_chroma(y, a, b) if self.steps.script == "mefb" else y


def _own_name(name: str) -> str:
    """`encoder/conv1_2/kernel` is `encoder.2.weight`, `decoder/conv2_3/bias` is `decoder.4.bias`."""
    scope, _, rest = name.partition("/")
    layer, _, part = rest.partition("/")
    place = 2 * (int(layer[-1]) - 1) if layer[-1:].isdigit() else layer
    return f"{scope}.{place}.{'weight' if part == 'kernel' else part}"


build = DeepFuseFuser.load
