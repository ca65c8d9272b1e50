"""Layers that several of the networks share."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional


def conv(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    pad: str = "zeros",
    *,
    bias: bool = True,
    stride: int = 1,
    groups: int = 1,
) -> nn.Conv2d:
    """Square convolution that keeps the size; `pad` is `zeros`, `reflect` or `replicate`."""
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, padding_mode=pad, bias=bias, groups=groups)


def conv_bn(inputs: int, outputs: int, *activation: nn.Module, pad: str = "zeros") -> nn.Sequential:
    """3x3 convolution, batch norm, activation."""
    return nn.Sequential(conv(inputs, outputs, pad=pad), nn.BatchNorm2d(outputs), *activation)


class ChannelNorm(nn.Module):
    """Layer norm over the channels of each pixel; the parameters sit in `body`, as in Restormer."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x.movedim(1, -1)).movedim(-1, 1)


class DenseEncoder(nn.Module):
    """A convolution and dense layers that see all earlier features (DenseFuse, U2Fusion).

    Args:
        inputs: Channels in.
        growth: Channels each layer adds.
        depth: Dense layers after the first convolution.
        slope: Slope of the leaky ReLU for negative values; 0 is ReLU.
        newest_first: Whether a layer's output is put before (TensorFlow code) or after (PyTorch code) the
            earlier features.
    """

    def __init__(self, inputs: int, growth: int, depth: int, slope: float, newest_first: bool) -> None:
        super().__init__()
        self.first = conv(inputs, growth, pad="reflect")
        self.dense = nn.ModuleList(conv(growth * k, growth, pad="reflect") for k in range(1, depth + 1))
        self.slope, self.newest_first = slope, newest_first

    def forward(self, x: Tensor) -> Tensor:
        x = functional.leaky_relu(self.first(x), self.slope)
        for layer in self.dense:
            new = functional.leaky_relu(layer(x), self.slope)
            x = torch.cat((new, x) if self.newest_first else (x, new), dim=1)
        return x


class PlainDecoder(nn.Module):
    """Convolutions with leaky ReLU between them; the last one is linear.

    Args:
        channels: Channels before, between and after the convolutions.
        slope: Slope of the leaky ReLU; 0 is ReLU.
    """

    def __init__(self, channels: tuple[int, ...], slope: float) -> None:
        super().__init__()
        pairs = itertools.pairwise(channels)
        self.layers = nn.ModuleList(conv(a, b, pad="reflect") for a, b in pairs)
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = functional.leaky_relu(layer(x), self.slope)
        return self.layers[-1](x)
