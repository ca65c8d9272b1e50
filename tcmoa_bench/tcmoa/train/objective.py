"""The training objective: which loss terms a task has, and how a recipe weighs them."""

from __future__ import annotations

import torch
from torch import Tensor

from tcmoa_bench.tcmoa import losses
from tcmoa_bench.tcmoa.model import Prompts
from tcmoa_bench.tcmoa.train.config import LossRecipe


def task_loss(
    fused: Tensor,
    a: Tensor,
    b: Tensor,
    prompts: Prompts,
    balance: Tensor,
    task: int,
    recipe: LossRecipe,
    epoch: int,
) -> dict[str, Tensor]:
    """Loss of one batch of one task.

    Args:
        fused: Fused images `(B, 3, H, W)` in [0, 1].
        a: First sources (visible, over-exposed, far), same shape and range.
        b: Second sources.
        prompts: Prompts of the forward pass.
        balance: Its load-balancing loss.
        task: 0 VIF, 1 MEF, 2 MFF.
        recipe: Weights and variants of the terms.
        epoch: Whole epochs done; below `recipe.warmup_epochs` the warm-up weights hold.

    Returns:
        Each term without its weight, and `loss`, the weighted sum.
    """
    warm = epoch < recipe.warmup_epochs
    weights = recipe.warmup if warm else (recipe.vif, recipe.mef, recipe.mff)[task]
    target = losses.select_patches(a, b) if task == 2 else None
    terms = {
        "aux_loss": balance,
        "prompt_loss": losses.prompt_loss(
            (prompts.encoder_x, prompts.encoder_t), (prompts.decoder_x, prompts.decoder_t)
        ),
    }
    if weights.pixel:
        terms["pixel_loss"] = (
            losses.mean_pixel(fused, a, b) if target is None else losses.max_pixel(fused, target)
        )
    if weights.max_pixel:
        terms["max_pixel_loss"] = losses.max_pixel(fused, a, b)
    if weights.gradient:
        terms["max_grad_loss"] = _gradient(fused, a, b, target, recipe.gradient)
    if weights.ssim:
        quality = losses.ssim_each(fused, (a, b) if target is None else (target,))
        terms["ssim_loss"] = 1 - torch.stack(quality).mean()
    if weights.mef_ssim:
        terms["MEF_SSIM_loss"] = 1 - _mef_ssim(fused, a, b, recipe.stack_mef)
    decay = epoch + 1 if recipe.balance_decays else 1
    total = weights.balance / decay * balance + weights.prompt * terms["prompt_loss"]
    for name, weight in (
        ("pixel_loss", weights.pixel),
        ("max_pixel_loss", weights.max_pixel),
        ("max_grad_loss", weights.gradient),
        ("ssim_loss", weights.ssim),
        ("MEF_SSIM_loss", weights.mef_ssim),
    ):
        if weight:
            total = total + weight * terms[name]
    return {"loss": total, **terms}


def _gradient(fused: Tensor, a: Tensor, b: Tensor, target: Tensor | None, kind: str) -> Tensor:
    sources = (a, b) if target is None else (target, None)
    if kind == "vector":
        return losses.vector_gradient(fused, *sources)
    return losses.max_gradient(fused, *sources)


def _mef_ssim(fused: Tensor, a: Tensor, b: Tensor, stack: bool) -> Tensor:
    if stack:
        return losses.mef_ssim(losses.stacked(fused), losses.stacked(a), losses.stacked(b))
    return torch.stack(
        [losses.mef_ssim(f[None], x[None], y[None]) for f, x, y in zip(fused, a, b, strict=True)]
    ).mean()


def steering_loss(steered: Tensor, still: Tensor, a: Tensor, b: Tensor, beta: float) -> Tensor:
    """Mean distance of a picture fused with `beta` on the prompts to the one without, moved by beta (a - b).

    Our own term: the official losses leave beta's direction open. A scalar, 0 at best.

    Args:
        steered: Fused with beta, `(B, 3, H, W)` in [0, 1].
        still: Fused without it.
        a: First sources, to which a positive beta leans.
        b: Second sources.
        beta: Image-level control of the paper's equation 8.
    """
    return torch.nn.functional.l1_loss(steered, (still + beta * (a - b)).clamp(0, 1))
