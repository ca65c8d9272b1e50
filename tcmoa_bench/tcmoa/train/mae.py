"""Masked-autoencoder pre-training of a backbone (He et al., CVPR 2022), for sizes that have no public one.

The encoder sees a quarter of the patches, as one window without position bias; the decoder fills in the rest.
The loss is on normalised pixels, not on patches made contrast-free, as for the paper's `mae_visualize`
backbones: TC-MoA's decoder must give real brightness.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tcmoa_bench.tcmoa.model import TCMoA


class MaskedAutoencoder(nn.Module):
    """A TC-MoA's transformer, trained to fill in hidden patches.

    Args:
        backbone: The network; its adapters, fusion layers and relative positions take no part.
        hidden: Share of the patches that the encoder does not see.
    """

    def __init__(self, backbone: TCMoA, hidden: float = 0.75) -> None:
        super().__init__()
        if backbone.config.head != "pixels" or not backbone.config.absolute_position:
            raise ValueError(
                "masked pre-training needs a model with head = pixels and absolute_position = true"
            )
        self.backbone = backbone
        self.hidden = hidden
        self.mask_token = nn.Parameter(torch.zeros(1, 1, backbone.config.decoder_embed_dim))
        nn.init.normal_(self.mask_token, std=0.02)

    @property
    def side(self) -> int:
        """Side of the training pictures: the stored grid of positions, in pixels."""
        return self.backbone.config.pos_grid * self.backbone.config.patch_size

    def forward(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Mean squared error on the hidden patches.

        Args:
            images: `(B, 3, side, side)`, normalised.
            generator: Chooses the hidden patches; None uses torch's own.
        """
        net, patch = self.backbone, self.backbone.config.patch_size
        tokens = net.patch_embed(images).flatten(1, 2) + net.pos_embed[:, 1:]
        b, n, _ = tokens.shape
        order = torch.rand(b, n, generator=generator).to(tokens.device).argsort(1)
        kept = order[:, : round(n * (1 - self.hidden))].sort(1).values
        seen = tokens.gather(1, kept.unsqueeze(-1).expand(-1, -1, tokens.shape[-1]))
        no_bias = seen.new_zeros(1, 1, 1, 1)
        for block in net.blocks:
            seen = block(seen, no_bias)
        seen = net.decoder_embed(net.norm(seen))
        place = kept.unsqueeze(-1).expand(-1, -1, seen.shape[-1])
        full = self.mask_token.expand(b, n, -1).scatter(1, place, seen) + net.decoder_pos_embed[:, 1:]
        for block in net.decoder_blocks:
            full = block(full, no_bias)
        predicted = net.decoder_pred(net.decoder_norm(full))
        error = (predicted - patchify(images, patch)).square().mean(-1)
        masked = torch.ones_like(error).scatter(1, kept, 0.0)
        return (error * masked).sum() / masked.sum()


def patchify(images: Tensor, patch: int) -> Tensor:
    """`(B, 3, H, W)` to `(B, N, patch * patch * 3)`, values in the order (row, column, channel)."""
    b, c, h, w = images.shape
    cells = images.view(b, c, h // patch, patch, w // patch, patch)
    return cells.permute(0, 2, 4, 3, 5, 1).reshape(b, -1, patch * patch * c)


def pretrain_step(
    model: MaskedAutoencoder,
    images: Tensor,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator | None = None,
) -> float:
    """One update on images `(B, 3, side, side)` in [0, 1]; returns the loss (see `MaskedAutoencoder`)."""
    images = model.backbone.normalise(images)
    if images.shape[-1] != model.side:
        images = F.interpolate(images, (model.side, model.side), mode="bilinear", antialias=True)
    loss = model(images, generator)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())
