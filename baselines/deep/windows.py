"""Attention in windows, as Swin transformers have it (SwinFuse, SwinFusion); images are `B x H x W x C` here."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn

from tcmoa_bench.baselines.deep.one_token import Mlp

#: Windows computed at once: the scores of a large image's windows together would take gigabytes.
_AT_ONCE = 1024
#: Added to the scores between tokens that only a cyclic shift has brought into one window.
_APART = -100.0


def cut(x: Tensor, size: int) -> Tensor:
    """Windows `(B · H/size · W/size) x size² x C` of an image whose sides are multiples of `size`."""
    batch, height, width, channels = x.shape
    x = x.view(batch, height // size, size, width // size, size, channels)
    return x.transpose(2, 3).reshape(-1, size * size, channels)


def joined(windows: Tensor, size: int, like: Tensor) -> Tensor:
    """The way back of `cut`, to the height and width of `like`."""
    batch, height, width, _ = like.shape
    x = windows.view(batch, height // size, width // size, size, size, -1)
    return x.transpose(2, 3).reshape(batch, height, width, -1)


def _positions(size: int) -> Tensor:
    """Row of the table of biases for each pair of tokens, `size² x size²`."""
    y, x = (v.flatten() for v in torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij"))
    dy, dx = (v[:, None] - v[None, :] + size - 1 for v in (y, x))
    return dy * (2 * size - 1) + dx


@cache
def _apart(height: int, width: int, size: int, shift: int) -> Tensor:
    """Scores to add for each window of the shifted image, `windows x 1 x size² x size²`."""
    region = torch.zeros(1, height, width, 1)
    cuts = (slice(0, -size), slice(-size, -shift), slice(-shift, None))
    for k, (rows, columns) in enumerate((r, c) for r in cuts for c in cuts):
        region[:, rows, columns] = k
    tokens = cut(region, size)[..., 0]
    return (tokens[:, None, None, :] != tokens[:, None, :, None]) * _APART


class WindowAttention(nn.Module):
    """Multi-head attention inside windows with a learned bias for each offset.

    Args:
        channels: Channels in and out.
        heads: Heads.
        size: Side of a window.
        shift: Cyclic shift of the windows, 0 for none.
        cross: Whether keys and values come from another image.
    """

    def __init__(self, channels: int, heads: int, size: int, shift: int = 0, cross: bool = False) -> None:
        super().__init__()
        self.heads, self.size, self.shift = heads, size, shift
        if cross:
            self.q, self.kv = nn.Linear(channels, channels), nn.Linear(channels, 2 * channels)
        else:
            self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * size - 1) ** 2, heads))
        self.register_buffer("positions", _positions(size), persistent=False)

    def _windows(self, x: Tensor) -> Tensor:
        return cut(torch.roll(x, (-self.shift, -self.shift), (1, 2)) if self.shift else x, self.size)

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        """Attention of `x` to itself or to `other`; sides must be multiples of the window."""
        windows = self._windows(x)
        if other is None:
            query, key, value = self.qkv(windows).chunk(3, dim=-1)
        else:
            query, (key, value) = self.q(windows), self.kv(self._windows(other)).chunk(2, dim=-1)
        bias = self.relative_position_bias_table[self.positions].permute(2, 0, 1)[None]
        apart = _apart(*x.shape[1:3], self.size, self.shift).to(x) if self.shift else None
        parts = []
        for part in (slice(k, k + _AT_ONCE) for k in range(0, len(windows), _AT_ONCE)):
            scores = bias if apart is None else bias + apart[part]
            parts.append(self._attend(query[part], key[part], value[part], scores))
        out = joined(self.proj(torch.cat(parts)), self.size, x)
        return torch.roll(out, (self.shift, self.shift), (1, 2)) if self.shift else out

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
        query, key, value = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (query, key, value))
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1) + bias
        return (torch.softmax(scores, dim=-1) @ value).transpose(1, 2).flatten(2)


class Block(nn.Module):
    """Window attention and a feed-forward layer, each behind a layer norm and added to its input."""

    def __init__(self, channels: int, heads: int, size: int, hidden: int, shift: int = 0) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(channels), WindowAttention(channels, heads, size, shift)
        self.norm2, self.mlp = nn.LayerNorm(channels), Mlp(channels, hidden)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))
