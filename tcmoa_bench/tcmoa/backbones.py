"""Masked-autoencoder backbones: by path, or from the Hugging Face hub where this machine reaches it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from tcmoa_bench.types import Unavailable

HUB = "hf:"
#: Hub names (transformers' ViTMAE) and the names of the MAE authors' code.
_NAMES = (
    (r"^vit\.embeddings\.cls_token$", "cls_token"),
    (r"^vit\.embeddings\.position_embeddings$", "pos_embed"),
    (r"^vit\.embeddings\.patch_embeddings\.projection\.", "patch_embed.proj."),
    (r"^vit\.encoder\.layer\.", "blocks."),
    (r"^vit\.layernorm\.", "norm."),
    (r"^decoder\.decoder_layers\.", "decoder_blocks."),
    (r"^decoder\.", ""),
    (r"\.attention\.output\.dense\.", ".attn.proj."),
    (r"\.layernorm_before\.", ".norm1."),
    (r"\.layernorm_after\.", ".norm2."),
    (r"\.intermediate\.dense\.", ".mlp.fc1."),
    (r"\.output\.dense\.", ".mlp.fc2."),
)
_QKV = re.compile(r"^(.*)\.attention\.attention\.(query|key|value)\.(weight|bias)$")


def find_backbone(name: str) -> Path:
    """A backbone's file.

    Args:
        name: A path, or `hf:facebook/vit-mae-base` for a repository of the hub. (The paper starts from
            `mae_visualize_vit_base.pth` and `mae_visualize_vit_large_ganloss.pth` of facebookresearch/mae,
            which predict plain pixels; the hub's were trained on patches made contrast-free.)

    Raises:
        Unavailable: The hub cannot be reached or has no such repository.
    """
    if not name.startswith(HUB):
        return Path(name)
    from huggingface_hub import hf_hub_download

    repository = name.removeprefix(HUB)
    problems = []
    for file in ("model.safetensors", "pytorch_model.bin"):
        try:
            return Path(hf_hub_download(repository, file))
        except Exception as error:  # the hub's client raises its own, httpx's and the system's errors
            problems.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    raise Unavailable(
        f"{repository} cannot be had from the Hugging Face hub ({problems[0]}); fetch it on a machine that can, "
        "and give its path"
    )


def from_hub_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename transformers' ViTMAE tensors as the MAE authors' code has them; others are left as they are."""
    if not any(key.startswith("vit.encoder.layer.") for key in state):
        return dict(state)
    renamed: dict[str, Tensor] = {}
    attention: dict[str, dict[str, Tensor]] = {}
    for key, value in state.items():
        if found := _QKV.match(key):
            attention.setdefault(f"{found[1]}.attn.qkv.{found[3]}", {})[found[2]] = value
        else:
            renamed[_rename(key)] = value
    for key, parts in attention.items():
        renamed[_rename(key)] = torch.cat([parts["query"], parts["key"], parts["value"]])
    return renamed


def _rename(key: str) -> str:
    for pattern, name in _NAMES:
        key = re.sub(pattern, name, key)
    return key
