"""Weights in and out: official `.pth` files and safetensors, whole or not at all, never code in a pickle."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from tcmoa_bench.checkpoints import load_strictly, load_tensors, without_wrappers
from tcmoa_bench.documents import parse
from tcmoa_bench.tcmoa.backbones import from_hub_names
from tcmoa_bench.tcmoa.config import BASE, SIZES, TCMoAConfig
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.params import LEARNABLE
from tcmoa_bench.types import BenchError

#: Old names (first public checkpoints) and the names that they became.
RENAMED = (
    (re.compile(r"\bblocks_SSF_rgb\."), "blocks_MoA."),
    (re.compile(r"\bSE_en_linear\b"), "dimReduction"),
    (re.compile(r"\ben_projAdapter\b"), "FusionLayer"),
    (re.compile(r"\bde_projAdapter\b"), "de_FusionLayer"),
    (re.compile(r"\bSSF_beta\b"), "modal_shifts"),
)


class CheckpointError(BenchError):
    """A weights file cannot be used; the text says which, why, and what to do."""


def read_state(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors of a weights file, on the CPU, with today's official names.

    Args:
        path: safetensors, or a `.pth` that holds a state dict, by itself or under `model` or `state_dict`.

    Returns:
        The state dict (wrapper prefix `module.` removed, old names mapped), and the file's text metadata.

    Raises:
        CheckpointError: No such file, not readable, or it holds more than tensors and plain data.
    """
    if not path.is_file():
        raise CheckpointError(
            f"no weights file {path}. The official checkpoints are no longer published (the links of "
            "YangSun22/TC-MoA are dead); train with `tcmoa-bench train`, or use the shipped tcmoa-tiny"
        )
    try:
        state = load_tensors(path)
    except BenchError as error:
        raise CheckpointError(str(error)) from None
    return current_names(state), _metadata(path)


def _metadata(path: Path) -> dict[str, str]:
    """Text beside the tensors of a safetensors file; none in other formats."""
    with path.open("rb") as file:
        if file.read(9)[8:] != b"{":
            return {}
    with safe_open(path, framework="pt") as opened:
        return dict(opened.metadata() or {})


def current_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Today's official names: without the `module.` that DistributedDataParallel puts before every name, the
    first public checkpoints' names mapped, and lists of source encodings put into one tensor.
    """
    state = without_wrappers(state)
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        if "SSF_rgb." in key:
            key = key.replace(".mlp.", ".MoA.")
        for pattern, name in RENAMED:
            key = pattern.sub(name, key)
        renamed[key.replace("decoder_blocks_SSF_rgb.", "decoder_blocks_MoA.")] = value
    lists: dict[str, dict[int, Tensor]] = {}
    for key in list(renamed):
        module, _, index = key.rpartition(".modal_shifts.")
        if module and index.isdigit():
            lists.setdefault(f"{module}.modal_shifts", {})[int(index)] = renamed.pop(key)
    for key, rows in lists.items():
        renamed[key] = torch.stack([rows[i].reshape(-1) for i in sorted(rows)])
    return renamed


def infer_config(state: Mapping[str, Tensor], note: Mapping[str, str] | None = None) -> TCMoAConfig:
    """Configuration of a state dict: the one written beside it, else read off the tensors' shapes.

    Raises:
        CheckpointError: These are not the tensors of a TC-MoA.
    """
    try:
        read = _read_off(state)
    except (LookupError, ZeroDivisionError) as error:
        raise CheckpointError(
            f"these are not the weights of a TC-MoA: {error} is missing among {len(state)} names "
            f"(first: {', '.join(sorted(state)[:3])})"
        ) from None
    if note and "config" in note:
        return _as_written(note["config"], read)
    trained = "blocks_MoA.0.modal_shifts" in state
    for known in SIZES.values():
        if all(getattr(known, field) == value for field, value in read.items()):
            return replace(known, trained_encodings=trained)
    return replace(BASE, name="custom", trained_encodings=trained, **read)


def _as_written(text: str, read: Mapping[str, Any]) -> TCMoAConfig:
    """The configuration written beside tensors; ValueError unless it is of the size that their shapes show."""
    try:
        config = TCMoAConfig.from_mapping(
            parse(text.encode("utf-8", "surrogatepass"), "its metadata `config`", "JSON")
        )
    except BenchError as error:
        raise ValueError(str(error)) from None
    for name in (
        "embed_dim",
        "depth",
        "decoder_embed_dim",
        "decoder_depth",
        "patch_size",
        "window_size",
        "pos_grid",
    ):
        if getattr(config, name) != read[name]:
            raise ValueError(
                f"its metadata states {name} {getattr(config, name)}, its tensors are of {name} {read[name]}"
            )
    return config


def _read_off(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """The fields of a configuration that tensors' shapes show; KeyError for a tensor that is not there."""
    patch, hidden = state["patch_embed.proj.weight"], state["blocks.0.mlp.fc1.weight"]
    table = state["en_relative_position.0.relative_position_bias_table"]
    width = patch.shape[0]
    return {
        "embed_dim": width,
        "depth": _count(state, "blocks."),
        "num_heads": table.shape[1],
        "decoder_embed_dim": state["decoder_embed.weight"].shape[0],
        "decoder_depth": _count(state, "decoder_blocks."),
        "decoder_num_heads": state["de_relative_position.0.relative_position_bias_table"].shape[1],
        "patch_size": patch.shape[-1],
        "mlp_ratio": hidden.shape[0] / width,
        "window_size": (round(table.shape[0] ** 0.5) + 1) // 2,
        "pos_grid": round((state["pos_embed"].shape[1] - 1) ** 0.5),
        "adapter_ratio": width // state["blocks_MoA.0.dimReduction.weight"].shape[0],
        "expert_ratio": width // state["blocks_MoA.0.MoA.experts.0.fc1.weight"].shape[0],
    }


def _count(state: Mapping[str, Tensor], prefix: str) -> int:
    return len({key[len(prefix) :].split(".")[0] for key in state if key.startswith(prefix)})


def describe(config: TCMoAConfig) -> str:
    """A size in words, for messages."""
    return (
        f"{config.name} (encoder {config.embed_dim} x {config.depth}, decoder {config.decoder_embed_dim} x "
        f"{config.decoder_depth}, patch {config.patch_size}, window {config.window_size})"
    )


def load_state(model: TCMoA, state: Mapping[str, Tensor], where: str) -> None:
    """Load a whole state dict (`checkpoints.load_strictly`); a file of another size is called by its size.

    Raises:
        CheckpointError: The state does not fit the network, which is left as it was.
    """
    try:
        load_strictly(model, state, where, describe(model.config))
    except BenchError as error:
        reason, other = str(error), model.config
        with contextlib.suppress(CheckpointError):
            other = infer_config(state)
        if (other.embed_dim, other.depth) != (model.config.embed_dim, model.config.depth):
            reason = f"{where} is of size {describe(other)}; {describe(model.config)} was asked for"
        raise CheckpointError(reason) from None


def load_model(path: Path, config: TCMoAConfig | None = None) -> TCMoA:
    """A network in evaluation mode from a weights file.

    Args:
        path: See `read_state`.
        config: Size and options; None takes those written in the file, or reads the size off its shapes and
            keeps the official options. A file with source encodings always uses them.

    Raises:
        CheckpointError: See `read_state` and `load_state`.
    """
    state, note = read_state(path)
    try:
        inferred = infer_config(state, note)
    except ValueError as error:
        raise CheckpointError(f"{path}: {error}") from None
    except CheckpointError:
        # Say what is missing, as for any other file that does not fit: compared with the nearest size.
        with torch.device("meta"):
            nearest = min(map(TCMoA, SIZES.values()), key=lambda m: abs(len(m.state_dict()) - len(state)))
        load_state(nearest, state, str(path))
        raise
    config = config or inferred
    if inferred.trained_encodings and not config.trained_encodings:
        config = replace(config, trained_encodings=True)
    model = TCMoA(config)
    load_state(model, state, str(path))
    return model.eval()


def load_backbone(model: TCMoA, path: Path) -> None:
    """Start from other weights: a whole TC-MoA checkpoint, or the masked autoencoder that the paper freezes.

    An autoencoder's last layer predicts pixels; a network that ends in gains keeps its own.

    Raises:
        CheckpointError: The file lacks backbone tensors or has foreign ones (MAE's `mask_token` is expected).
    """
    state = from_hub_names(read_state(path)[0])
    if any("_MoA." in key for key in state):
        load_state(model, state, str(path))
        return
    state.pop("mask_token", None)
    own = {key: value for key, value in model.state_dict().items() if key.startswith(LEARNABLE)}
    if model.config.head == "gains":
        state |= {f"decoder_pred.{name}": value for name, value in model.decoder_pred.state_dict().items()}
    load_state(model, own | state, str(path))


def save_weights(model: TCMoA, path: Path, note: Mapping[str, str] | None = None) -> None:
    """Write weights and configuration as safetensors; `note` adds text to its metadata."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    save_file(state, path, {"format": "pt", "config": model.config.to_json(), **(note or {})})
