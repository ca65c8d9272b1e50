"""SDNet and PMGI: two paths of few convolutions with exchange between them, one training for each task.

Zhang, Ma: SDNet, a versatile squeeze-and-decomposition network for real-time image fusion, IJCV 2021.
Zhang, Xu, Xiao, Guo, Ma: Rethinking the image fusion (PMGI), AAAI 2020. Both repositories share their
reading, scaling and saving.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PilImage
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.fuser import Floats, NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.savers import save_scipy
from tcmoa_bench.baselines.deep.tensorflow import is_data_file, read_data_file, to_torch
from tcmoa_bench.types import Image, Task

Shapes = dict[str, tuple[int, ...]]


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


class SDNet(nn.Module):
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
        """All tensors of the authors' checkpoint, with the decomposing layers 6 to 9."""
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
        """The network's name of a tensor; None where the fused image does not need it."""
        found = re.fullmatch(r"fusion_model/layer([1-5])_(ir|vi|fuse)/([wb])\d_\w+", name)
        if found is None:
            return None
        layer, path, part = found.groups()
        return f"{'fuse' if path == 'fuse' else f'{path}.layer{layer}'}.{'weight' if part == 'w' else 'bias'}"


def _normalised(x: Tensor) -> Tensor:
    """Batch norm on this image's own statistics without scale and shift: the checkpoint's are never used."""
    return (x - x.mean((2, 3), keepdim=True)) / torch.sqrt(x.var((2, 3), correction=0, keepdim=True) + 1e-5)


class _PMGIPath(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer1, self.layer2 = conv(3, 16, 5), conv(16, 16)
        self.layer2_3, self.layer3 = conv(32, 16, 1), conv(48, 16)
        self.layer3_4, self.layer4 = conv(32, 16, 1), conv(64, 16)

    def step(self, layer: str, *features: Tensor) -> Tensor:
        return leaky_relu(_normalised(self.get_submodule(layer)(torch.cat(features, 1))), 0.2)


class PMGI(nn.Module):
    """Two gray images in -1..1 to the fused one in -1..1.

    The first path (gradient) sees the first image twice and the second once, the other path (intensity)
    the reverse; they exchange features after their second and third layers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ir, self.vi = _PMGIPath(), _PMGIPath()
        self.fuse = conv(128, 1, 1)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        paths = (self.ir, self.vi)
        sources = ((first, first, second), (second, second, first))
        c1 = [path.step("layer1", *x) for path, x in zip(paths, sources, strict=True)]
        c2 = [path.step("layer2", x) for path, x in zip(paths, c1, strict=True)]
        c3 = [p.step("layer3", c1[i], c2[i], p.step("layer2_3", *c2)) for i, p in enumerate(paths)]
        c4 = [p.step("layer4", c1[i], c2[i], c3[i], p.step("layer3_4", *c3)) for i, p in enumerate(paths)]
        return torch.tanh(self.fuse(torch.cat((*c1, *c2, *c3, *c4), 1)))

    @staticmethod
    def shapes() -> Shapes:
        """All tensors of the authors' checkpoint, with the batch norms that their test code leaves out."""
        shapes: Shapes = {"fusion_model/layer5/w5": (1, 1, 128, 1), "fusion_model/layer5/b5": (1,)}
        layers = {"1": (5, 3), "2": (3, 16), "2_3": (1, 32), "3": (3, 48), "3_4": (1, 32), "4": (3, 64)}
        for key, (size, inputs) in layers.items():
            for end in ("", "_vi"):
                scope = f"fusion_model/layer{key}{end}"
                shapes[f"{scope}/w{key}{end}"] = (size, size, inputs, 16)
                shapes[f"{scope}/b{key}{end}"] = (16,)
                for part in ("beta", "gamma", "moving_mean", "moving_variance"):
                    shapes[f"{scope}/BatchNorm/{part}"] = (16,)
        return shapes

    @staticmethod
    def own_name(name: str) -> str | None:
        """The network's name of a tensor; None where the fused image does not need it."""
        found = re.fullmatch(r"fusion_model/layer(\d(?:_\d)?)(_vi)?/([wb])[\d_vi]+", name)
        if found is None:
            return None
        layer, vi, part = found.groups()
        path = "fuse" if layer == "5" else f"{'vi' if vi else 'ir'}.layer{layer}"
        return f"{path}.{'weight' if part == 'w' else 'bias'}"


class PathsFuser(NetworkFuser):
    """SDNet or PMGI with the training for one task; gray, with the contrast stretched on saving.

    `pmgi_mfif` makes the published images of the MFIF survey instead: not stretched, colour put back with
    studio-range formulas.
    """

    stretched = frozenset(
        f"{name}_{task}" for name in ("sdnet", "pmgi") for task in ("vif", "mef", "mff", "mif")
    )

    def build_network(self) -> SDNet | PMGI:
        self.coloured = self.variant == "pmgi_mfif"
        return SDNet() if self.variant.startswith("sdnet") else PMGI()

    def read_weights(self, path: Path) -> dict[str, Tensor]:
        shapes = self.network.shapes()
        return read_data_file(path, shapes) if is_data_file(path, shapes) else super().read_weights(path)

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        unused = self.network.shapes().keys() - {name for name in tensors if self.network.own_name(name)}
        kept = {name: tensor for name, tensor in tensors.items() if name not in unused}
        return {self.network.own_name(name) or name: to_torch(tensor) for name, tensor in kept.items()}

    def inputs(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        first, second = ((_read_flat(x) - 127.5) / 127.5 for x in (a, b))
        infrared_or_function_first = task in (Task.VIF, Task.MED)
        return (second, first) if infrared_or_function_first else (first, second)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        y = out[0] * 127.5 + 127.5
        if self.coloured:
            first, second = colour.studio(a), colour.studio(b)
            cb, cr = (colour.fuse_chroma(first[..., k], second[..., k]) for k in (1, 2))
            return np.clip(colour.rgb_from_studio(y.astype(np.float64), cb, cr), 0, 255)
        return np.clip(y, 0, 255) if self.clip else save_scipy(y)


def _read_flat(image: Image) -> Floats:
    """Gray as `scipy.misc.imread(flatten=True, mode="YCbCr")`: luminance after YCbCr and back, unrounded."""
    return np.asarray(PilImage.fromarray(image).convert("YCbCr").convert("F"), dtype=np.float32)


build = PathsFuser.load
