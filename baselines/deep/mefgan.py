"""MEF-GAN's generator: local features and attention between all places, merged; colour in, colour out.

Xu, Ma, Zhang: MEF-GAN, multi-exposure image fusion via generative adversarial networks, IEEE TIP 29, 2020.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, leaky_relu, max_pool2d, pad

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.savers import save_scipy
from tcmoa_bench.baselines.deep.tensorflow import (
    BATCH_NORM_EPSILON,
    BATCH_NORM_PARTS,
    Shapes,
    TensorFlowFuser,
    TensorFlowNetwork,
)
from tcmoa_bench.types import Image, Task

_MULTIPLE = 8


class _Facts(NamedTuple):
    """A layer: the checkpoint's path, channels, kernel, stride, and whether spectral norm divides its kernel."""

    path: str
    inputs: int
    outputs: int
    kernel: int = 3
    stride: int = 1
    spectral: bool = True


#: In the order in which the authors' code makes them: the place is the number in the name of their scope. The three
#: of the attention share one, and so does its scale.
_LAYERS: dict[str, tuple[int, _Facts]] = {
    "local1": (0, _Facts("Local_net/conv1", 6, 40, spectral=False)),
    **{f"local{k}": (k - 1, _Facts(f"Local_net/conv{k}", 40 * (k - 1), 40)) for k in range(2, 6)},
    "encoder1": (5, _Facts("Sa_net/encoder/conv1", 6, 16, stride=2, spectral=False)),
    "encoder2": (6, _Facts("Sa_net/encoder/conv2", 16, 32, stride=2)),
    **{f"{k}_conv": (7, _Facts(f"self_attention/{k}_conv", 32, n, 1)) for k, n in zip("fgh", (8, 8, 32), strict=True)},
    "decoder1": (8, _Facts("Sa_net/decoder/conv1", 32, 20)),
    "decoder2": (9, _Facts("Sa_net/decoder/conv2", 20, 16)),
    "merge1": (10, _Facts("Merge_net/conv1", 216, 128)),
    "merge3": (11, _Facts("Merge_net/conv3", 128, 64)),
    "merge4": (12, _Facts("Merge_net/conv4", 64, 3, spectral=False)),
}  # fmt: skip
_SCALE = "Generator_7/self_attention/gamma"


class _Layer(nn.Module):
    """Reflected convolution, batch norm (not inside the attention), leaky ReLU where asked."""

    def __init__(self, facts: _Facts) -> None:
        super().__init__()
        kernel = facts.kernel
        self.weight = nn.Parameter(torch.randn(facts.outputs, facts.inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(facts.outputs))
        self.norm = nn.BatchNorm2d(facts.outputs, BATCH_NORM_EPSILON) if kernel > 1 else nn.Identity()
        self.margin, self.stride = kernel // 2, facts.stride
        if facts.spectral:
            self.u = nn.Parameter(torch.ones(1, facts.outputs))

    def _kernel(self) -> Tensor:
        """The kernel over its spectral norm, one step of power iteration away from the stored vector."""
        if not hasattr(self, "u"):
            return self.weight
        matrix = self.weight.permute(2, 3, 1, 0).flatten(0, 2)
        v = _unit(self.u @ matrix.T)
        return self.weight / (v @ matrix @ _unit(v @ matrix).T)

    def forward(self, x: Tensor, slope: float = 0.2) -> Tensor:
        x = pad(x, (self.margin,) * 4, mode="reflect") if self.margin else x
        return leaky_relu(self.norm(conv2d(x, self._kernel(), self.bias, self.stride)), slope)


def _unit(row: Tensor) -> Tensor:
    return row / (row.norm() + 1e-12)


class MEFGAN(TensorFlowNetwork):
    """Over- and under-exposed RGB in 0..1, sides multiples of 8, to the fused RGB image in 0..1."""

    def __init__(self) -> None:
        super().__init__()
        for name, (_, facts) in _LAYERS.items():
            self.add_module(name, _Layer(facts))
        self.scale = nn.Parameter(torch.zeros(1))

    def _attended(self, x: Tensor) -> Tensor:
        f, g, h = (self.get_submodule(f"{k}_conv")(x, 1.0).flatten(2) for k in "fgh")
        weights = torch.softmax(g.transpose(1, 2) @ f, dim=-1)
        return x + self.scale * (h @ weights.transpose(1, 2)).view_as(x)

    def forward(self, over: Tensor, under: Tensor) -> Tensor:
        both = torch.cat((over, under), 1)
        local = self.local1(both)
        for k in range(2, 6):
            local = torch.cat((local, self.get_submodule(f"local{k}")(local)), 1)
        x = self._attended(self.encoder2(max_pool2d(self.encoder1(both), 2)))
        for layer in (self.decoder1, self.decoder2):
            x = layer(interpolate(x, scale_factor=2, mode="nearest"))
        x = torch.cat((local, interpolate(x, scale_factor=2, mode="nearest")), 1)
        return torch.tanh(self.merge4(self.merge3(self.merge1(x)), 1.0)) / 2 + 0.5

    @staticmethod
    def shapes() -> Shapes:
        shapes: Shapes = {_SCALE: (1,)}
        for place, facts in (entry for entry in _LAYERS.values()):
            scope = f"Generator_{place}" if place else "Generator"
            shapes[f"{scope}/{facts.path}/kernel"] = (facts.kernel, facts.kernel, facts.inputs, facts.outputs)
            shapes[f"{scope}/{facts.path}/bias"] = (facts.outputs,)
            if facts.spectral:
                shapes[f"Generator/{_inner(facts)}/u"] = (1, facts.outputs)
            if facts.kernel > 1:
                norm = f"Generator/{_inner(facts)}/batch_normalization"
                shapes |= {f"{norm}/{part}": (facts.outputs,) for part in BATCH_NORM_PARTS}
        return shapes

    @staticmethod
    def own_name(name: str) -> str | None:
        if name == _SCALE:
            return "scale"
        _, _, path = name.partition("/")
        scope, _, part = path.rpartition("/")
        for own, (_, facts) in _LAYERS.items():
            if scope == f"{_inner(facts)}/batch_normalization":
                return f"{own}.norm.{BATCH_NORM_PARTS[part]}"
            if (scope, part) == (_inner(facts), "u"):
                return f"{own}.u"
            if scope == facts.path and part in ("kernel", "bias"):
                return f"{own}.{'weight' if part == 'kernel' else part}"
        return None


def _inner(facts: _Facts) -> str:
    """Where a layer's norm and vector lie: in a scope `b`, or twice in the attention's own."""
    return f"{facts.path}/{'b' if facts.kernel > 1 else facts.path.rpartition('/')[2]}"


class MEFGANFuser(TensorFlowFuser):
    """MEF-GAN: RGB, one stretch for all channels on saving.

    The authors cut sources to multiples of 8 pixels; here mirrored rows and columns fill them up.
    """

    def build_network(self) -> MEFGAN:
        return MEFGAN()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        fill = ((0, -a.shape[0] % _MULTIPLE), (0, -a.shape[1] % _MULTIPLE), (0, 0))
        filled = (np.pad(colour.rgb(x).astype(np.float32) / 255, fill, mode="symmetric") for x in (a, b))
        return tuple(np.moveaxis(x, -1, 0) for x in filled)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        image = np.moveaxis(out, 0, -1)[: a.shape[0], : a.shape[1]]
        return 255 * image if self.steps.clip else save_scipy(image)


build = MEFGANFuser.load
