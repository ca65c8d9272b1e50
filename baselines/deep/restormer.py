"""Restormer's blocks as fusion networks use them (ReFusion, CDDFuse, EMMA): attention between channels.

Zamir et al.: Restormer, CVPR 2022. The attention's weights come from all pixels, so no tiling equals the whole image.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, normalize

from tcmoa_bench.baselines.deep.layers import ChannelNorm, conv

#: Heads of every attention here.
HEADS = 8


def pointwise(inputs: int, outputs: int) -> nn.Conv2d:
    """1x1 convolution without bias."""
    return conv(inputs, outputs, 1, bias=False)


def depthwise(channels: int) -> nn.Conv2d:
    """3x3 convolution of each channel alone, without bias."""
    return conv(channels, channels, bias=False, groups=channels)


def attend(q: Tensor, k: Tensor, v: Tensor, temperature: Tensor) -> Tensor:
    """Attention between channels: its size does not depend on the image's, its weights on every pixel."""
    batch, channels, height, width = v.shape
    q, k, v = (x.reshape(batch, HEADS, channels // HEADS, height * width) for x in (q, k, v))
    q, k = normalize(q, dim=-1), normalize(k, dim=-1)
    weights = torch.softmax(q @ k.transpose(-2, -1) * temperature, dim=-1)
    return (weights @ v).reshape(batch, channels, height, width)


class _Attention(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.qkv, self.qkv_dwconv = pointwise(channels, 3 * channels), depthwise(3 * channels)
        self.temperature = nn.Parameter(torch.ones(HEADS, 1, 1))
        self.project_out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv_dwconv(self.qkv(x)).chunk(3, dim=1)
        return self.project_out(attend(q, k, v, self.temperature))


class _FeedForward(nn.Module):
    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.project_in, self.dwconv = pointwise(channels, 2 * hidden), depthwise(2 * hidden)
        self.project_out = pointwise(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.dwconv(self.project_in(x)).chunk(2, dim=1)
        return self.project_out(gelu(gate) * value)


class Block(nn.Module):
    """Channel attention and a gated feed-forward layer twice as wide, each added to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.attn = ChannelNorm(channels), _Attention(channels)
        self.norm2, self.ffn = ChannelNorm(channels), _FeedForward(channels, 2 * channels)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.ffn(self.norm2(x))


class _BaseAttention(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.qkv1, self.qkv2 = pointwise(channels, 3 * channels), conv(3 * channels, 3 * channels, bias=False)
        self.scale = nn.Parameter(torch.ones(HEADS, 1, 1))
        self.proj = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv2(self.qkv1(x)).chunk(3, dim=1)
        return self.proj(attend(q, k, v, self.scale))


class _BaseFeedForward(nn.Module):
    def __init__(self, channels: int, pad: str) -> None:
        super().__init__()
        self.project_in = pointwise(channels, 2 * channels)
        self.dwconv = conv(2 * channels, 2 * channels, pad=pad, bias=False, groups=channels)
        self.project_out = pointwise(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.dwconv(self.project_in(x)).chunk(2, dim=1)
        return self.project_out(gelu(gate) * value)


class BaseBlock(nn.Module):
    """CDDFuse's extraction of base features: a full convolution before the attention, none wider after it.

    Args:
        channels: Channels in and out.
        pad: Border of the feed-forward layer's convolution: `zeros` (CDDFuse) or `reflect` (EMMA).
    """

    def __init__(self, channels: int, pad: str = "zeros") -> None:
        super().__init__()
        self.norm1, self.attn = ChannelNorm(channels), _BaseAttention(channels)
        self.norm2, self.mlp = ChannelNorm(channels), _BaseFeedForward(channels, pad)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))
