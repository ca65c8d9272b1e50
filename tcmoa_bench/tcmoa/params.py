"""How many parameters a network has, by part, and which of them the paper's method trains.

`python -m tcmoa_bench.tcmoa.params` prints the table of every size.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from tcmoa_bench.tcmoa.config import SIZES, TCMoAConfig

#: First words of the names that the paper's method trains; all else comes from the MAE backbone, frozen.
LEARNABLE = (
    "Alpha_encoder",
    "Alpha_decoder",
    "blocks_MoA.",
    "decoder_blocks_MoA.",
    "FusionLayer.",
    "de_FusionLayer.",
    "en_relative_position.",
    "de_relative_position.",
)

_PARTS = (
    ("lambdas", ("Alpha_",)),
    ("mixtures of adapters", ("blocks_MoA.", "decoder_blocks_MoA.")),
    ("fusion layers", ("FusionLayer.", "de_FusionLayer.")),
    ("relative positions", ("en_relative_position.", "de_relative_position.")),
    ("patch and position embeddings", ("patch_embed.", "cls_token", "pos_embed", "decoder_pos_embed")),
    ("encoder blocks", ("blocks.", "norm.")),
    ("decoder blocks and prediction", ("decoder_",)),
)


@dataclass(frozen=True)
class PartCount:
    """Parameters of one part.

    Attributes:
        part: What it is.
        parameters: Numbers in it.
        learnable: Whether the paper's method trains it.
    """

    part: str
    parameters: int
    learnable: bool


def count_parameters(config: TCMoAConfig) -> list[PartCount]:
    """Parameters by part, without allocating the network's memory."""
    import torch

    from tcmoa_bench.tcmoa.model import TCMoA

    with torch.device("meta"):
        model = TCMoA(config)
    counts: dict[str, int] = {name: 0 for name, _ in _PARTS}
    for name, parameter in model.named_parameters():
        part = next(part for part, prefixes in _PARTS if name.startswith(prefixes))
        counts[part] += parameter.numel()
    return [
        PartCount(part, counts[part], prefixes[0].startswith((*LEARNABLE, "Alpha_")))
        for part, prefixes in _PARTS
    ]


def report(config: TCMoAConfig) -> str:
    """Table of `count_parameters` with totals, as text."""
    parts = count_parameters(config)
    learnable = sum(part.parameters for part in parts if part.learnable)
    total = sum(part.parameters for part in parts)
    lines = [f"{config.name}: {total:,} parameters, {learnable:,} learnable, {total - learnable:,} frozen"]
    for part in parts:
        kind = "learnable" if part.learnable else "frozen"
        lines.append(f"  {part.part:32} {part.parameters:>12,}  {kind}")
    return "\n".join(lines)


def freeze_backbone(model: nn.Module, thaw: tuple[str, ...] = ()) -> int:
    """Leave only the parts that the paper's method trains learnable; returns how many numbers those are.

    Args:
        model: A TC-MoA.
        thaw: Beginnings of the names of further parameters that stay learnable.

    Raises:
        ValueError: Nothing is called so.
    """
    names = [name for name, _ in model.named_parameters()]
    for begin in thaw:
        if not any(name.startswith(begin) for name in names):
            raise ValueError(f"thaw {begin!r}: no parameter's name begins so")
    learnable = 0
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith((*LEARNABLE, *thaw)))
        learnable += parameter.numel() if parameter.requires_grad else 0
    return learnable


if __name__ == "__main__":
    print("\n".join(report(config) for config in SIZES.values()))
