"""Transformer parts of TC-MoA: the window block, patch embedding, position embeddings.

The attention and the MLP are timm's, so the state dict has the names that MAE checkpoints use.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from timm.layers import Mlp
from timm.models.vision_transformer import Attention
from torch import Tensor, nn

from tcmoa_bench.tcmoa.windows import merge_windows, split_windows

NORM_EPS = 1e-6


class PatchEmbed(nn.Module):
    """Images to tokens by one strided convolution.

    Args:
        patch: Patch side in pixels.
        width: Token width.
    """

    def __init__(self, patch: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, stride=patch)

    def forward(self, images: Tensor) -> Tensor:
        """`(B, 3, H, W)` to `(B, H/patch, W/patch, width)`."""
        return self.proj(images).permute(0, 2, 3, 1).contiguous()


class WindowBlock(nn.Module):
    """Pre-norm transformer block within windows; everything in it is local to a window.

    Args:
        width: Token width.
        heads: Attention heads.
        mlp_ratio: Hidden over token width of the MLP.
    """

    def __init__(self, width: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPS)
        self.attn = Attention(width, num_heads=heads, qkv_bias=True)
        self.norm2 = nn.LayerNorm(width, eps=NORM_EPS)
        self.mlp = Mlp(width, hidden_features=int(width * mlp_ratio))

    def forward(self, windows: Tensor, bias: Tensor) -> Tensor:
        """Windows `(M, n, C)` with an attention bias `(1 or M, heads, n, n)`."""
        windows = windows + self.attn(self.norm1(windows), attn_mask=bias)
        return windows + self.mlp(self.norm2(windows))

    def on_grid(
        self, tokens: Tensor, bias: Tensor, *, size: int, shift: int, mask: Tensor | None, chunk: int | None
    ) -> Tensor:
        """Apply the block to a token grid.

        Args:
            tokens: `(B, H, W, C)`.
            bias: Relative-position bias `(1, heads, n, n)`.
            size: Window side in tokens.
            shift: Roll the grid by this many tokens first, and back after (0: no roll).
            mask: `rolled_window_mask` of the grid, or None.
            chunk: Windows computed at once (bounds the memory; without gradients only), or None for all.

        Returns:
            `(B, H, W, C)`.
        """
        grid = (tokens.shape[1], tokens.shape[2])
        if shift:
            tokens = torch.roll(tokens, (-shift, -shift), (1, 2))
        windows = split_windows(tokens, size)
        count = windows.shape[0]
        step = count if chunk is None or torch.is_grad_enabled() else chunk
        parts = []
        for start in range(0, count, step):
            stop = min(start + step, count)
            part_bias = bias
            if mask is not None:
                part_bias = bias + mask[torch.arange(start, stop, device=mask.device) % mask.shape[0]]
            parts.append(self(windows[start:stop], part_bias))
        windows = parts[0] if len(parts) == 1 else torch.cat(parts)
        tokens = merge_windows(windows, size, grid)
        return torch.roll(tokens, (shift, shift), (1, 2)) if shift else tokens


def sincos_position(width: int, side: int) -> Tensor:
    """Fixed 2-D sine-cosine embeddings with a zero row for the class token.

    Args:
        width: Embedding width, a multiple of 4.
        side: Side of the square grid.

    Returns:
        `(1, 1 + side * side, width)`: MAE's layout, the half for the column first.
    """
    frequency = 10000.0 ** (-torch.arange(width // 4, dtype=torch.float64) / (width // 4))
    angle = torch.arange(side, dtype=torch.float64)[:, None] * frequency
    wave = torch.cat([angle.sin(), angle.cos()], dim=1)
    column = wave[None].expand(side, side, -1)
    row = wave[:, None].expand(side, side, -1)
    grid = torch.cat([column, row], dim=2).reshape(side * side, width).float()
    return torch.cat([torch.zeros(1, width), grid]).unsqueeze(0)


def resize_position(embedding: Tensor, grid: tuple[int, int], transposed: bool) -> Tensor:
    """Interpolate stored position embeddings to a token grid.

    Args:
        embedding: `(1, 1 + s * s, C)`; its first row (class token) is not used.
        grid: `(H, W)` in tokens.
        transposed: Interpolate to `(W, H)` and read the result row by row, as the official code does.

    Returns:
        `(1, H, W, C)`.
    """
    side = round((embedding.shape[1] - 1) ** 0.5)
    table = embedding[:, 1:].view(1, side, side, -1).permute(0, 3, 1, 2)
    size = grid[::-1] if transposed else grid
    table = F.interpolate(table, size=size, mode="bilinear", align_corners=False)
    return table.flatten(2).transpose(1, 2).reshape(1, *grid, -1)


def unpatchify(patches: Tensor, patch: int) -> Tensor:
    """Patches to images.

    Args:
        patches: `(B, H, W, patch * patch * 3)`, values in the order (row, column, channel).
        patch: Patch side in pixels.

    Returns:
        `(B, 3, H * patch, W * patch)`.
    """
    b, h, w, _ = patches.shape
    patches = patches.view(b, h, w, patch, patch, 3)
    return patches.permute(0, 5, 1, 3, 2, 4).reshape(b, 3, h * patch, w * patch)
