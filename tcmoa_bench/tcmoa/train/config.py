"""Training recipes as data: TOML files read into these classes."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from tcmoa_bench.tcmoa.config import SIZES, TCMoAConfig


@dataclass(frozen=True)
class TermWeights:
    """Weights of one task's loss terms; a term of weight 0 is not computed.

    The pixel and gradient terms of the official code carry an inner factor 3, which is part of the term.
    """

    pixel: float = 0.0
    max_pixel: float = 0.0
    gradient: float = 0.0
    ssim: float = 0.0
    mef_ssim: float = 0.0
    prompt: float = 1.0
    balance: float = 1.0


@dataclass(frozen=True)
class LossRecipe:
    """Weights for each task, and variants of the terms. The defaults are the later official code's (HEAD).

    Attributes:
        warmup: Weights of all tasks in the first epochs.
        vif: Weights for VIF after them.
        mef: Weights for MEF.
        mff: Weights for MFF.
        warmup_epochs: Epochs of warm-up weights.
        balance_decays: Divide the load-balancing weight by the epoch's number (from 1).
        gradient: `diagonal`, the official term, or `vector`, which sees both directions.
        stack_mef: MEF-SSIM over the batch stacked into one image (official), or each image by itself.
    """

    warmup: TermWeights = TermWeights(pixel=1.0, ssim=1.0)
    vif: TermWeights = TermWeights(gradient=1.5, max_pixel=1.5, ssim=2.0)
    mef: TermWeights = TermWeights(gradient=1.8, prompt=1.8, mef_ssim=3.6, pixel=1.8)
    mff: TermWeights = TermWeights(gradient=20.0, pixel=20.0, ssim=3.0)
    warmup_epochs: int = 2
    balance_decays: bool = True
    gradient: str = "diagonal"
    stack_mef: bool = True

    def __post_init__(self) -> None:
        if self.gradient not in ("diagonal", "vector"):
            raise ValueError(f"loss gradient {self.gradient!r} is unknown; diagonal and vector are known")
