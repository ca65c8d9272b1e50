"""PMGI: a gradient path and an intensity path with exchange between them, one training for each task.

Zhang, Xu, Xiao, Guo, Ma: Rethinking the image fusion, a fast unified image fusion network based on
proportional maintenance of gradient and intensity (PMGI), AAAI 2020.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.baselines.deep.sdnet import PathsFuser
from tcmoa_bench.baselines.deep.tensorflow import Shapes, TensorFlowNetwork


def _normalised(x: Tensor) -> Tensor:
    """Batch norm on this image's own statistics without scale and shift: the checkpoint's are never used."""
    return (x - x.mean((2, 3), keepdim=True)) / torch.sqrt(x.var((2, 3), correction=0, keepdim=True) + 1e-5)


class ExchangePath(nn.Module):
    """One of two paths that exchange features after their second and third layers (PMGI, MFF-GAN).

    Args:
        inputs: Channels in.
        norm: Applied after every convolution.
    """

    def __init__(self, inputs: int, norm: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.layer1, self.layer2 = conv(inputs, 16, 5), conv(16, 16)
        self.layer2_3, self.layer3 = conv(32, 16, 1), conv(48, 16)
        self.layer3_4, self.layer4 = conv(32, 16, 1), conv(64, 16)
        self.norm = norm

    def step(self, layer: str, *features: Tensor) -> Tensor:
        """One layer on its features, normalised and activated."""
        return leaky_relu(self.norm(self.get_submodule(layer)(torch.cat(features, 1))), 0.2)


def exchanged(paths: Sequence[ExchangePath], sources: Sequence[Sequence[Tensor]]) -> Tensor:
    """All features of both paths, `B x 128 x H x W`, layer by layer."""
    c1 = [path.step("layer1", *x) for path, x in zip(paths, sources, strict=True)]
    c2 = [path.step("layer2", x) for path, x in zip(paths, c1, strict=True)]
    c3 = [p.step("layer3", c1[i], c2[i], p.step("layer2_3", *c2)) for i, p in enumerate(paths)]
    c4 = [p.step("layer4", c1[i], c2[i], c3[i], p.step("layer3_4", *c3)) for i, p in enumerate(paths)]
    return torch.cat((*c1, *c2, *c3, *c4), 1)


class PMGI(TensorFlowNetwork):
    """Two gray images in -1..1 to the fused one in -1..1.

    The first path (gradient) sees the first image twice and the second once, the other path (intensity)
    the reverse.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ir, self.vi = ExchangePath(3, _normalised), ExchangePath(3, _normalised)
        self.fuse = conv(128, 1, 1)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        sources = ((first, first, second), (second, second, first))
        return torch.tanh(self.fuse(exchanged((self.ir, self.vi), sources)))

    @staticmethod
    def shapes() -> Shapes:
        # With the batch norms that the authors' test code leaves out.
        shapes = exchange_shapes("vi", inputs=3)
        parts = ("beta", "gamma", "moving_mean", "moving_variance")
        scopes = {name.rpartition("/")[0] for name in shapes} - {"fusion_model/layer5"}
        return shapes | {f"{scope}/BatchNorm/{part}": (16,) for scope in scopes for part in parts}

    @staticmethod
    def own_name(name: str) -> str | None:
        return exchange_name(name, "vi", first="ir")


def exchange_shapes(second: str, inputs: int) -> Shapes:
    """Tensors of a file with two exchanging paths of `inputs` channels, the second one's names ending in `_{second}`."""
    shapes: Shapes = {"fusion_model/layer5/w5": (1, 1, 128, 1), "fusion_model/layer5/b5": (1,)}
    layers = {"1": (5, inputs), "2": (3, 16), "2_3": (1, 32), "3": (3, 48), "3_4": (1, 32), "4": (3, 64)}
    for key, (size, channels) in layers.items():
        for end in ("", f"_{second}"):
            scope = f"fusion_model/layer{key}{end}"
            shapes[f"{scope}/w{key}{end}"] = (size, size, channels, 16)
            shapes[f"{scope}/b{key}{end}"] = (16,)
    return shapes


def exchange_name(name: str, second: str, first: str) -> str | None:
    """This code's name of such a file's tensor, whose paths are called `first` and `second` here; None for another's."""
    found = re.fullmatch(rf"fusion_model/layer(\d(?:_\d)?)(_{second})?/([wb])[\d_{second}]+", name)
    if found is None:
        return None
    layer, end, part = found.groups()
    path = "fuse" if layer == "5" else f"{second if end else first}.layer{layer}"
    return f"{path}.{'weight' if part == 'w' else 'bias'}"


class PMGIFuser(PathsFuser):
    """PMGI."""

    def build_network(self) -> PMGI:
        return PMGI()


build = PMGIFuser.load
