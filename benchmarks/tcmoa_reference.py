"""TC-MoA's forward pass in the order that its specification tells it, for timing beside the package's own.

Each stream is a pass of its own, attention is written out, tokens are sent to the two experts of their choice
and gathered again, both decoder streams run to the end, the whole prediction is made, and the warm-up loss is
computed in inference too. The weights are those of a `TCMoA`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tcmoa_bench.tcmoa.adapters import GATE_FLOOR, LOG_FLOOR, BiMixtureOfAdapters, MixtureOfExperts
from tcmoa_bench.tcmoa.layers import WindowBlock, resize_position, unpatchify
from tcmoa_bench.tcmoa.losses import gaussian_window
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.windows import merge_windows, split_windows


def forward(model: TCMoA, x: Tensor, t: Tensor, task: int) -> Tensor:
    """Fused images `(B, 3, H, W)` of normalised sources; see `TCMoA.forward`."""
    config = model.config
    images = (x, t)
    if config.upsample:
        x, t = (F.interpolate(i, scale_factor=2, mode="bilinear", align_corners=False) for i in (x, t))
    x, t = model.patch_embed(x), model.patch_embed(t)
    grid = (x.shape[1], x.shape[2])
    x, t = (i + resize_position(model.pos_embed, grid, config.transposed_position) for i in (x, t))
    x, t, prompts = _stack(model, x, t, task, decoder=False)
    x, t = (model.decoder_embed(model.norm(i)) for i in (x, t))
    x, t = (i + resize_position(model.decoder_pos_embed, grid, config.transposed_position) for i in (x, t))
    x, t, _ = _stack(model, x, t, task, decoder=True)
    raw = unpatchify(model.decoder_pred(model.decoder_norm(x)), config.patch_size)
    if config.upsample:
        raw = F.interpolate(raw, size=images[0].shape[-2:])
    fused = model.recover(raw)
    _loss(fused, *(model.recover(i) for i in images), prompts)
    return fused


def _stack(
    model: TCMoA, x: Tensor, t: Tensor, task: int, decoder: bool
) -> tuple[Tensor, Tensor, list[Tensor]]:
    if decoder:
        blocks, positions, lambdas = model.decoder_blocks, model.de_relative_position, model.Alpha_decoder
        adapters, fusion = model.decoder_blocks_MoA, model.de_FusionLayer
    else:
        blocks, positions, lambdas = model.blocks, model.en_relative_position, model.Alpha_encoder
        adapters, fusion = model.blocks_MoA, model.FusionLayer
    size, places, prompts = model.config.window_size, model.config.moa_blocks(len(blocks)), []
    grid = (x.shape[1], x.shape[2])
    for i, block in enumerate(blocks):
        shift = size // 2 if i % 2 else 0
        x, t = (_block(block, s, positions[i // 2](), size, shift) for s in (x, t))
        if i not in places:
            continue
        k = places.index(i)
        flat_x, flat_t = x.flatten(1, 2), t.flatten(1, 2)
        prompted_x, prompted_t, total = _adapt(adapters[k], flat_x, flat_t, task)
        prompts.append(total)
        fused = fusion[k](prompted_x + prompted_t, grid)
        x, t = (
            _blend(s, fused, lambdas[k], decoder and model.config.decoder_renorm).view_as(x)
            for s in (flat_x, flat_t)
        )
    return x, t, prompts


def _block(block: WindowBlock, tokens: Tensor, bias: Tensor, size: int, shift: int) -> Tensor:
    grid = (tokens.shape[1], tokens.shape[2])
    if shift:
        tokens = torch.roll(tokens, (-shift, -shift), (1, 2))
    windows = split_windows(block.norm1(tokens), size)
    heads = block.attn.num_heads
    qkv = (
        block.attn.qkv(windows)
        .reshape(windows.shape[0], windows.shape[1], 3, heads, -1)
        .permute(2, 0, 3, 1, 4)
    )
    attention = (qkv[0] @ qkv[1].transpose(-2, -1)) * qkv.shape[-1] ** -0.5
    attention = (attention + bias).softmax(-1) @ qkv[2]
    mixed = merge_windows(block.attn.proj(attention.transpose(1, 2).flatten(2)), size, grid)
    tokens = tokens + mixed
    if shift:
        tokens = torch.roll(tokens, (shift, shift), (1, 2))
    return tokens + block.mlp(block.norm2(tokens))


def _blend(tokens: Tensor, fused: Tensor, weight: Tensor, renorm: bool) -> Tensor:
    blended = weight * fused + (1 - weight) * tokens
    if not renorm:
        return blended
    over = (1, 2)
    scale = tokens.std(over, keepdim=True) / (blended.std(over, keepdim=True) + 1e-12)
    return (blended - blended.mean(over, keepdim=True)) * scale + tokens.mean(over, keepdim=True)


def _adapt(module: BiMixtureOfAdapters, x: Tensor, t: Tensor, task: int) -> tuple[Tensor, Tensor, Tensor]:
    tokens = module.norm2(module.dimReduction(module.norm1(torch.cat([x, t], -1))))
    mixed = _dispatch(module.MoA, tokens.flatten(0, 1), task).view_as(tokens)
    prompt_x, prompt_t = (half.mean(-1, keepdim=True).sigmoid() for half in mixed.chunk(2, -1))
    shift_x, shift_t = module.modal_shifts[2 * task], module.modal_shifts[2 * task + 1]
    return prompt_x * x + shift_x, prompt_t * t + shift_t, prompt_x + prompt_t


def _dispatch(moe: MixtureOfExperts, tokens: Tensor, task: int) -> Tensor:
    """Send each token to its experts, one expert after the other, and add up what comes back."""
    top, index = (tokens @ moe.w_gate[task]).topk(moe.top_k, dim=1)
    gates = torch.zeros(tokens.shape[0], len(moe.experts), device=tokens.device).scatter(
        1, index, top.softmax(1)
    )
    gates[gates <= GATE_FLOOR] = 0
    total = torch.zeros_like(tokens)
    for e, expert in enumerate(moe.experts):
        chosen = gates[:, e].nonzero().squeeze(1)
        output = expert.fc2(expert.fc1(tokens[chosen]).relu())
        total.index_add_(0, chosen, output.exp() * gates[chosen, e, None])
    return torch.where(total == 0, LOG_FLOOR, total).log()


def _loss(fused: Tensor, a: Tensor, b: Tensor, prompts: list[Tensor]) -> Tensor:
    """The VIF warm-up loss: average pixels, SSIM by two-dimensional convolutions, prompts that sum to one."""
    window = gaussian_window().float().to(fused.device)
    kernel = torch.outer(window, window).expand(3, 1, 11, 11)

    def filtered(images: Tensor) -> Tensor:
        return F.conv2d(images, kernel, padding=5, groups=3)

    loss = 3 * F.l1_loss(fused, (a + b) / 2) + 0.75 * (torch.stack(prompts) - 1).square().mean()
    for source in (a, b):
        mean_f, mean_s = filtered(fused), filtered(source)
        var_f, var_s = filtered(fused * fused) - mean_f**2, filtered(source * source) - mean_s**2
        covariance = filtered(fused * source) - mean_f * mean_s
        light = (2 * mean_f * mean_s + 1e-4) / (mean_f**2 + mean_s**2 + 1e-4)
        loss = loss + 0.5 * (1 - (light * (2 * covariance + 9e-4) / (var_f + var_s + 9e-4)).mean())
    return loss
