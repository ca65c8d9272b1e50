"""DATFuse's and YDTR's transformer: attention in windows of one token, on memory read across its axes."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import gelu


class Mlp(nn.Module):
    """Two linear layers with GELU between them."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(channels, hidden), nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(gelu(self.fc1(x)))


class _Attention(nn.Module):
    """Attention in windows of one token: softmax is 1, so only the values and the projection remain."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)

    def forward(self, rows: Tensor) -> Tensor:
        return self.proj(self.qkv(rows)[..., 2 * self.channels :])


class _Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(channels), _Attention(channels)
        self.norm2, self.mlp = nn.LayerNorm(channels), Mlp(channels, 4 * channels)

    def forward(self, rows: Tensor) -> Tensor:
        rows = rows + self.attn(self.norm1(rows))
        return rows + self.mlp(self.norm2(rows))


class Blocks(nn.Module):
    """Two transformer blocks on `B x C x H x W`, whose memory is cut into rows of C numbers.

    The authors do not permute, so a "token" is C neighbouring pixels of one channel; the weights were trained that
    way, and the result depends on the image's width.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.blocks = nn.Sequential(_Block(channels), _Block(channels))

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x.contiguous().view(-1, self.channels)).view_as(x)
