"""Backbones by other names."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tcmoa_bench.tcmoa import backbones
from tcmoa_bench.tcmoa.checkpoint import load_backbone
from tcmoa_bench.tcmoa.params import LEARNABLE
from tcmoa_bench.types import Unavailable
from tests.tcmoa.conftest import SMALL_OFFICIAL, make_model

TO_HUB = (
    ("attn.proj.", "attention.output.dense."),
    ("norm1.", "layernorm_before."),
    ("norm2.", "layernorm_after."),
    ("mlp.fc1.", "intermediate.dense."),
    ("mlp.fc2.", "output.dense."),
    ("decoder_blocks.", "decoder.decoder_layers."),
)


def hub_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same tensors as transformers' ViTMAE names them."""
    named = {"decoder.mask_token": torch.zeros(1, 1, 32)}
    for key, value in state.items():
        name = key
        for ours, theirs in TO_HUB:
            name = name.replace(ours, theirs)
        if key.startswith("blocks."):
            name = f"vit.encoder.layer.{name.removeprefix('blocks.')}"
        elif key.startswith("norm."):
            name = f"vit.layernorm.{key.removeprefix('norm.')}"
        elif key.startswith("patch_embed"):
            name = key.replace("patch_embed.proj", "vit.embeddings.patch_embeddings.projection")
        elif key in ("cls_token", "pos_embed"):
            name = f"vit.embeddings.{'position_embeddings' if key == 'pos_embed' else key}"
        elif not name.startswith("decoder.decoder_layers"):
            name = f"decoder.{key}"
        if ".attn.qkv." in name:
            for part, rows in zip(("query", "key", "value"), value.chunk(3), strict=True):
                named[name.replace("attn.qkv", f"attention.attention.{part}")] = rows.clone()
        else:
            named[name] = value
    return named


def test_hub_backbones_are_renamed_and_loaded(tmp_path: Path) -> None:
    source, target = make_model(SMALL_OFFICIAL, seed=1), make_model(SMALL_OFFICIAL, seed=2)
    state = {k: v for k, v in source.state_dict().items() if not k.startswith(LEARNABLE)}
    save_file(hub_names(state), tmp_path / "hub.safetensors")
    load_backbone(target, backbones.find_backbone(str(tmp_path / "hub.safetensors")))
    loaded = target.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in state.items())


def test_an_unreachable_hub_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> str:
        raise OSError("no route")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", unreachable)
    with pytest.raises(Unavailable, match=r"no route.*give its path"):
        backbones.find_backbone("hf:facebook/vit-mae-base")
