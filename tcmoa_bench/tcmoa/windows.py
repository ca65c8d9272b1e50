"""Attention windows on a token grid: split, merge, relative positions, the mask of rolled windows."""

from __future__ import annotations

import torch
from timm.layers import trunc_normal_
from torch import Tensor, nn


def split_windows(tokens: Tensor, size: int) -> Tensor:
    """Cut a grid into square windows, row by row, the batch outermost.

    Args:
        tokens: `(B, H, W, C)`; H and W are multiples of `size`.
        size: Window side in tokens.

    Returns:
        `(B * H/size * W/size, size * size, C)`.
    """
    b, h, w, c = tokens.shape
    tokens = tokens.view(b, h // size, size, w // size, size, c)
    return tokens.transpose(2, 3).reshape(-1, size * size, c)


def merge_windows(windows: Tensor, size: int, grid: tuple[int, int]) -> Tensor:
    """Inverse of `split_windows` for a grid of `(H, W)` tokens; returns `(B, H, W, C)`."""
    h, w = grid
    windows = windows.view(-1, h // size, w // size, size, size, windows.shape[-1])
    return windows.transpose(2, 3).reshape(-1, h, w, windows.shape[-1])


def rolled_window_mask(grid: tuple[int, int], size: int, shift: int) -> Tensor:
    """Which tokens of a rolled grid lie beside each other in the image (Liu et al., ICCV 2021).

    Args:
        grid: `(H, W)` in tokens.
        size: Window side.
        shift: Tokens by which the grid was rolled up and to the left.

    Returns:
        Float `(windows, 1, size^2, size^2)`: 0 where attention is allowed, -inf across the image border.
    """
    region = torch.zeros(1, *grid, 1)
    for axis, length in ((1, grid[0]), (2, grid[1])):
        stretch = torch.zeros(length)
        stretch[length - size : length - shift] = 1
        stretch[length - shift :] = 2
        region = region * 3 + stretch.view([-1 if i == axis else 1 for i in range(4)])
    label = split_windows(region, size).squeeze(-1)
    apart = label[:, None, :] != label[:, :, None]
    return torch.zeros(apart.shape).masked_fill(apart, float("-inf")).unsqueeze(1)


class RelativePosition(nn.Module):
    """Learned attention bias by the offset of two tokens of a window, one table for two blocks.

    Args:
        size: Window side in tokens.
        heads: Attention heads.
    """

    relative_position_index: Tensor

    def __init__(self, size: int, heads: int) -> None:
        super().__init__()
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * size - 1) ** 2, heads))
        trunc_normal_(self.relative_position_bias_table, std=0.02)
        cells = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")).flatten(1)
        offset = cells[:, :, None] - cells[:, None, :] + (size - 1)
        self.register_buffer("relative_position_index", offset[0] * (2 * size - 1) + offset[1])

    def forward(self) -> Tensor:
        """Bias `(1, heads, n, n)`, n tokens to a window."""
        n = self.relative_position_index.shape[0]
        bias = self.relative_position_bias_table[self.relative_position_index.view(-1)]
        return bias.view(n, n, -1).permute(2, 0, 1).contiguous().unsqueeze(0)
