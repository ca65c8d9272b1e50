"""GIFNet: shared features and a window transformer trained on two tasks at once, used for every task.

Cheng, Xu, Feng, Wu, Tang, Li, Zhang, Atito, Awais, Kittler: One model for ALL: low-level task interaction
is a key to task-agnostic image fusion, CVPR 2025.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import pad

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import conv
from tcmoa_bench.types import Image, Task

_WIDTH, _HEADS, _WINDOW = 98, 2, 8


class _SharedFeatures(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv_1, self.conv_2, self.conv_3 = (conv(n, 32, pad="reflect") for n in (2, 34, 66))

    def forward(self, x: Tensor) -> Tensor:
        for layer in (self.conv_1, self.conv_2, self.conv_3):
            x = torch.cat((x, torch.relu(layer(x))), 1)
        return x


class _ImageNorm(nn.Module):
    """Layer norm over the whole image, which also says how to scale and shift the result back."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, _WIDTH, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, _WIDTH, 1, 1))
        self.meta1, self.meta2 = conv(1, _WIDTH, 1), conv(1, _WIDTH, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean = x.mean((1, 2, 3), keepdim=True)
        deviation = torch.sqrt(((x - mean) ** 2).mean((1, 2, 3), keepdim=True) + 1e-5)
        normalised = (x - mean) / deviation * self.weight + self.bias
        return normalised, self.meta1(deviation), self.meta2(mean)


class _Stream(nn.Module):
    """One task's half of a block: what is its own; attention weights are computed in the block."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = _ImageNorm()
        self.QK, self.V = conv(_WIDTH, 2 * _WIDTH, 1), conv(_WIDTH, _WIDTH, 1)
        self.conv = conv(_WIDTH, _WIDTH, 5, "reflect", groups=_WIDTH)
        self.proj = conv(_WIDTH, _WIDTH, 1)
        self.mlp = nn.Sequential(conv(_WIDTH, 2 * _WIDTH, 1), nn.ReLU(), conv(2 * _WIDTH, _WIDTH, 1))


class _Block(nn.Module):
    """Attention in windows of 8x8, the grid shifted by `shift` pixels, without masks.

    The first block runs both streams; its stream `i` attends with the queries of stream `m`. Of the last
    block only stream `m` is needed.
    """

    def __init__(self, streams: str, shift: int) -> None:
        super().__init__()
        self.streams = nn.ModuleDict({name: _Stream() for name in streams})
        self.meta = nn.Sequential(nn.Linear(2, 256), nn.ReLU(), nn.Linear(256, _HEADS))
        self.relative_positions = nn.Buffer(torch.zeros(_WINDOW**2, _WINDOW**2, 2))
        self.shift = shift

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        bias = self.meta(self.relative_positions).movedim(-1, 0)
        normed = {name: stream.norm1(inputs[name]) for name, stream in self.streams.items()}
        queries = self._queries_keys("m", normed["m"][0])[0]
        return {name: self._stream(name, inputs[name], normed[name], queries, bias) for name in self.streams}

    def _queries_keys(self, name: str, x: Tensor) -> tuple[Tensor, Tensor]:
        q, k = self.streams[name].QK(x).chunk(2, dim=1)
        return self._windows(q), self._windows(k)

    def _stream(
        self, name: str, x: Tensor, normed: tuple[Tensor, Tensor, Tensor], queries: Tensor, bias: Tensor
    ) -> Tensor:
        stream = self.streams[name]
        normalised, rescale, rebias = normed
        values = stream.V(normalised)
        keys = self._queries_keys(name, normalised)[1]
        scores = (queries * (_WIDTH // _HEADS) ** -0.5) @ keys.transpose(-2, -1) + bias
        attended = self._unwindow(torch.softmax(scores, dim=-1) @ self._windows(values), x.shape[-2:])
        out = stream.proj(attended + stream.conv(values)) * rescale + rebias + x
        return out + stream.mlp(out)

    def _padding(self, size: int) -> tuple[int, int]:
        lacking = -size % _WINDOW
        return self.shift, (self.shift + lacking) % _WINDOW

    def _windows(self, x: Tensor) -> Tensor:
        """Pad and cut: `1 x C x H x W` to `windows x heads x 64 x C/heads`."""
        height, width = x.shape[-2:]
        x = pad(x, (*self._padding(width), *self._padding(height)), mode="reflect")[0]
        x = x.unfold(1, _WINDOW, _WINDOW).unfold(2, _WINDOW, _WINDOW)
        channels, rows, columns = x.shape[:3]
        x = x.reshape(_HEADS, channels // _HEADS, rows * columns, _WINDOW**2)
        return x.permute(2, 0, 3, 1)

    def _unwindow(self, windows: Tensor, size: tuple[int, int]) -> Tensor:
        rows, columns = ((n + sum(self._padding(n))) // _WINDOW for n in size)
        x = windows.permute(1, 3, 0, 2).reshape(_WIDTH, rows, columns, _WINDOW, _WINDOW)
        x = x.permute(0, 1, 3, 2, 4).reshape(1, _WIDTH, rows * _WINDOW, columns * _WINDOW)
        return x[..., self.shift : self.shift + size[0], self.shift : self.shift + size[1]]


class GIFNet(nn.Module):
    """Two images in 0..1, one channel each, to the fused image in 0..1 (the path trained for focus)."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = _SharedFeatures()
        self.embed_i, self.embed_m = (conv(_WIDTH, _WIDTH, pad="reflect") for _ in range(2))
        self.block0, self.block1 = _Block("im", 0), _Block("m", _WINDOW // 2)
        self.weight_i = nn.Parameter(torch.ones(1))
        self.unembed = conv(_WIDTH, _WIDTH, pad="reflect")
        widths = (2 * _WIDTH, _WIDTH, 128)
        self.complement = nn.Sequential(
            conv(*widths[:2], 1, bias=False), nn.ReLU(), conv(*widths[1:], 1, bias=False)
        )
        layers: list[nn.Module] = []
        for a, b in ((128, 64), (64, 32), (32, 16)):
            layers += [conv(a, b, pad="reflect"), nn.ReLU()]
        self.decoder = nn.Sequential(*layers, conv(16, 1, pad="reflect"), nn.Tanh())

    def forward(self, infrared: Tensor, visible: Tensor) -> Tensor:
        features = self.shared(torch.cat((infrared, visible), 1))
        height, width = features.shape[-2:]
        x = pad(features, (0, -width % 4, 0, -height % 4), mode="reflect")
        streams = self.block0({"i": self.embed_i(x), "m": self.embed_m(x)})
        x = self.block1({"m": streams["m"] + self.weight_i * streams["i"]})["m"]
        specific = self.unembed(x)[..., :height, :width]
        return self.decoder(self.complement(torch.cat((features, specific), 1))) / 2 + 0.5


class GIFNetFuser(NetworkFuser):
    """GIFNet: fuses luma (truncated to whole levels first), puts chroma back, unstretched."""

    def build_network(self) -> nn.Module:
        return GIFNet()

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        names = {name: _own_name(name) for name in tensors}
        return {own: tensors[name] for name, own in names.items() if own is not None}

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        if task is Task.VIF:
            b = colour.gray_imread(b)  # infrared kept as RGB has no chroma of its own
        return tuple(_luma(x).astype(np.float32) / 255 for x in (a, b))

    def forward(self, *inputs: Tensor) -> Tensor:
        return 255 * self.network(*inputs)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        coloured = [x for x in (b, a) if x.ndim == 3]
        if task is Task.VIF:
            coloured = coloured[-1:] if a.ndim == 3 else []
        if not coloured:
            return np.clip(out[0], 0, 255).astype(np.uint8)
        chroma = [colour.ycc_centred(x)[..., 1:].astype(np.float32) for x in coloured]
        # Chroma is centred on 0 and the rule expects 128: as in the authors' code.
        mixed = chroma[0] if len(chroma) == 1 else colour.fuse_chroma(*chroma)
        cb, cr = np.moveaxis(mixed.astype(np.float64), -1, 0)
        return colour.rgb_from_ycc_centred(out[0].astype(np.float64), cb, cr)


def _luma(image: Image) -> Image:
    return colour.ycc_centred(image)[..., 0].astype(np.uint8) if image.ndim == 3 else image


_RENAMED = (
    (r"getSharedFeatures\.(conv_\d)\.conv2d\.", r"shared.\1."),
    (r"extractor_multask\.SwinTransformerSpecific\.", ""),
    (r"patch_embed_ivif\.proj\.", "embed_i."),
    (r"patch_embed_mfif\.proj\.", "embed_m."),
    (r"patch_unembed\.proj\.0\.", "unembed."),
    (r"layer1\.weights_mfif\.0$", "weight_i"),
    (r"layer1\.blocks\.(\d)\.", r"block\1."),
    (r"(block\d)\.attn\.attn\.", r"\1."),
    (r"(block\d)\.(?:attn\.)?(norm1|QK|V|conv|proj|mlp)_mfif\.", r"\1.streams.m.\2."),
    (r"(block\d)\.(?:attn\.)?(norm1|QK|V|conv|proj|mlp)\.", r"\1.streams.i.\2."),
    (r"(block\d\.streams\.\w\.mlp)\.mlp\.", r"\1."),
    (r"cnnDecoder\.fuseComplementFeatures\.mlp\.", "complement."),
)
_UNUSED = re.compile(r"decoder_rec\.|layer1\.weights|block1\.streams\.i\.")


def _own_name(name: str) -> str | None:
    """The network's name of a tensor; None where fusion never uses it."""
    for theirs, ours in _RENAMED:
        name = re.sub(f"^{theirs}", ours, name)
    if found := re.fullmatch(r"cnnDecoder\.decoder\.(\d+)\.(\w+)", name):
        place = int(found[1])  # the authors' sequence counts padding layers: 1, 4, 7, 10
        name = f"decoder.{(place - 1) // 3 * 2}.{found[2]}"
    return None if _UNUSED.match(name) else name


build = GIFNetFuser.load
