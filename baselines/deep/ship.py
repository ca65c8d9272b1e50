"""SHIP: higher-order interactions between visible luma and infrared, in space and between channels.

Zheng, Zhou, Huang, Hou, Li, Xu, Zhao: Probing synergistic high-order interaction in infrared and visible
image fusion, CVPR 2024.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import conv2d, instance_norm, leaky_relu

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.fuser import NetworkFuser
from tcmoa_bench.baselines.deep.layers import ChannelNorm, conv
from tcmoa_bench.types import Image, Task

_WIDTH = 16
_ORDERS = (1, 2, 3)
_CENTRE_SHARE = 0.8
# Where the five stored weights of a kernel sit in its 3x3 window: a plus and a cross.
_PLUS, _CROSS = (1, 3, 4, 5, 7), (0, 2, 4, 6, 8)


def _twice(channels: int) -> nn.Sequential:
    return nn.Sequential(conv(channels, channels), nn.ReLU(), conv(channels, channels))


def _gate(channels: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(conv(channels, hidden, 1), nn.ReLU(), conv(hidden, channels, 1))


class _Differences(nn.Module):
    """Central difference convolutions with plus- and cross-shaped kernels, mixed by a learned share."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("h_conv", "d_conv"):
            holder = nn.ParameterDict({"weight": nn.Parameter(torch.zeros(_WIDTH, _WIDTH, 1, 5))})
            self.add_module(name, nn.ModuleDict({"conv": holder}))
        self.HP_branch = nn.Parameter(torch.zeros(1))

    @staticmethod
    def _apply_kernel(x: Tensor, weights: Tensor, places: tuple[int, ...]) -> Tensor:
        kernel = weights.new_zeros(_WIDTH, _WIDTH, 9)
        kernel[..., list(places)] = weights[:, :, 0]
        centre = weights.sum(-1, keepdim=True)
        return conv2d(x, kernel.unflatten(-1, (3, 3)), padding=1) - _CENTRE_SHARE * conv2d(x, centre)

    def forward(self, x: Tensor) -> Tensor:
        share = torch.sigmoid(self.HP_branch)
        plus = self._apply_kernel(x, self.h_conv["conv"]["weight"], _PLUS)
        cross = self._apply_kernel(x, self.d_conv["conv"]["weight"], _CROSS)
        return share * plus + (1 - share) * cross + x


class _EdgeBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.process, self.Res, self.CDC = conv(_WIDTH, _WIDTH), _twice(_WIDTH), _Differences()

    def forward(self, x: Tensor) -> Tensor:
        x = self.process(x)
        return self.Res(x) + self.CDC(x)


class _Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.block1, self.block2 = conv(1, _WIDTH, 1), _EdgeBlock(), _EdgeBlock()

    def forward(self, x: Tensor) -> Tensor:
        return self.block2(self.block1(self.conv(x)))


class _HalfNormUnit(nn.Module):
    """Residual unit whose first convolution is instance-normalised in half of its channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.identity = conv(inputs, outputs, 1)
        self.conv_1, self.conv_2 = conv(inputs, outputs), conv(outputs, outputs)
        self.norm = nn.InstanceNorm2d(outputs // 2, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.conv_1(x).chunk(2, dim=1)
        first = instance_norm(first, weight=self.norm.weight, bias=self.norm.bias)
        out = leaky_relu(torch.cat((first, second), 1), 0.1)
        return leaky_relu(self.conv_2(out), 0.1) + self.identity(x)


class _CouplingNet(nn.Module):
    """Network inside a coupling layer; even its last layer is rectified."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = _HalfNormUnit(inputs, _WIDTH), _HalfNormUnit(_WIDTH, _WIDTH)
        self.conv3 = conv(inputs + 2 * _WIDTH, outputs)

    def forward(self, x: Tensor) -> Tensor:
        first = leaky_relu(self.conv1(x), 0.2)
        second = leaky_relu(self.conv2(first), 0.2)
        return leaky_relu(self.conv3(torch.cat((x, first, second), 1)), 0.2)


class _ChannelMix(nn.Module):
    """Invertible 1x1 convolution, kept as the factors of its LU decomposition."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.p, self.sign_s = nn.Buffer(torch.eye(channels)), nn.Buffer(torch.ones(channels))
        self.lower = nn.Parameter(torch.zeros(channels, channels))
        self.upper = nn.Parameter(torch.zeros(channels, channels))
        self.log_s = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        lower = self.lower.tril(-1) + torch.eye(len(self.lower)).to(self.lower)
        upper = self.upper.triu(1) + torch.diag(self.sign_s * self.log_s.exp())
        return conv2d(x, (self.p @ (lower @ upper))[..., None, None])


class _Invertible(nn.Module):
    """Channel mix and affine coupling of two equal halves."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.invconv = _ChannelMix(channels)
        self.F, self.G, self.H = (_CouplingNet(half, half) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        x1, x2 = self.invconv(x).chunk(2, dim=1)
        y1 = x1 + self.F(x2)
        scale = 0.8 * (2 * torch.sigmoid(self.H(y1)) - 1)
        return torch.cat((y1, x2 * scale.exp() + self.G(y1)), 1)


class _Spatial(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        for k in (*_ORDERS, 4):
            self.add_module(f"norm{k}", ChannelNorm(_WIDTH))
        for k in _ORDERS:
            self.add_module(f"reflashFused{k}", _twice(_WIDTH))
            self.add_module(f"reflashInfrared{k}", _twice(_WIDTH))

    def forward(self, visible: Tensor, infrared: Tensor) -> tuple[Tensor, Tensor]:
        """The first order is a circular convolution of both over the whole image: tiles would differ."""
        spectrum = torch.fft.rfft2(visible.float()) * torch.fft.rfft2(infrared.float())
        fused = torch.fft.irfft2(spectrum, s=visible.shape[-2:])
        fused = self.norm1(fused) * infrared
        for k in _ORDERS:
            infrared = self.get_submodule(f"reflashInfrared{k}")(infrared)
            fused = self.get_submodule(f"reflashFused{k}")(fused)
            fused = self.get_submodule(f"norm{k + 1}")(fused) * infrared
        return fused + visible, infrared


class _Channel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.chaAtten = _gate(2 * _WIDTH, _WIDTH)
        for k in _ORDERS:
            self.add_module(f"reflashFused{k}", _twice(2 * _WIDTH))
            self.add_module(f"reflashChaAtten{k}", _gate(2 * _WIDTH, _WIDTH))
        self.postprocess = nn.Sequential(_Invertible(2 * _WIDTH), conv(2 * _WIDTH, _WIDTH, 1))

    def forward(self, visible: Tensor, infrared: Tensor) -> Tensor:
        x = torch.cat((visible, infrared), 1)
        share = torch.softmax(self.chaAtten(x.mean((2, 3), keepdim=True)), dim=1)
        x = x * share
        for k in _ORDERS:
            share = torch.softmax(self.get_submodule(f"reflashChaAtten{k}")(share), dim=1)
            x = self.get_submodule(f"reflashFused{k}")(x) * share
        return self.postprocess(x) + visible


class _Interaction(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.spatial, self.channel = _Spatial(), _Channel()

    def forward(self, visible: Tensor, infrared: Tensor) -> tuple[Tensor, Tensor]:
        visible, infrared = self.spatial(visible, infrared)
        return self.channel(visible, infrared), infrared


class _MeanShift(nn.Module):
    """Adds a gated mean to each channel (not an attention: the map itself is not scaled)."""

    def __init__(self) -> None:
        super().__init__()
        self.process, self.conv_du = _twice(_WIDTH), _gate(_WIDTH, 4)

    def forward(self, x: Tensor) -> Tensor:
        mean = self.process(x).mean((2, 3), keepdim=True)
        return x + mean * torch.sigmoid(self.conv_du(mean))


class _Reconstruction(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv_in, self.conv_last = conv(_WIDTH, _WIDTH), conv(_WIDTH, 1)
        self.process = nn.Sequential(_MeanShift(), _MeanShift())

    def forward(self, x: Tensor) -> Tensor:
        return self.conv_last(self.process(self.conv_in(x)))


class SHIP(nn.Module):
    """Visible luma and infrared in 0..1, one channel each, to the fused luma in about 0..1."""

    def __init__(self) -> None:
        super().__init__()
        self.vis, self.inf = _Encoder(), _Encoder()
        self.interaction1, self.interaction2, self.interaction3 = (_Interaction() for _ in _ORDERS)
        self.postprocess = nn.Sequential(_Invertible(3 * _WIDTH), conv(3 * _WIDTH, _WIDTH, 1))
        self.reconstruction = _Reconstruction()

    def forward(self, visible: Tensor, infrared: Tensor) -> Tensor:
        v, u = self.vis(visible), self.inf(infrared)
        orders = []
        for interaction in (self.interaction1, self.interaction2, self.interaction3):
            v, u = interaction(v, u)
            orders.append(v)
        return self.reconstruction(self.postprocess(torch.cat(orders, 1)))


class SHIPFuser(NetworkFuser):
    """SHIP: fuses luma, keeps the visible chroma, clips; infrared is the file's red channel."""

    def build_network(self) -> nn.Module:
        return SHIP()

    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        return self._ycrcb(a)[..., 0], colour.rgb(b)[..., 0].astype(np.float32) / 255

    @staticmethod
    def _ycrcb(image: Image) -> Floats:
        return colour.ycrcb_float(colour.rgb(image).astype(np.float32) / 255)

    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        _, cr, cb = np.moveaxis(self._ycrcb(a), -1, 0)
        fused = colour.rgb_from_ycrcb_float(np.clip(out[0], 0, 1), cr, cb)
        return 255 * np.clip(fused, 0, 1)


build = SHIPFuser.load
