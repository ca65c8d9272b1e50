"""Linfeng Tang's Evaluation-for-Image-Fusion: `tang2022` (May 2022, saturating) and `tang2023` (HEAD, float)."""

from __future__ import annotations

import numpy as np

from tcmoa_bench.metrics.core import Convention
from tcmoa_bench.metrics.scene import Scene

TANG2022 = Convention("tang2022", "Linfeng Tang, Evaluation-for-Image-Fusion, MATLAB, May 2022: gray, uint8 or [0,1]")
TANG2023 = Convention("tang2023", "Linfeng Tang, Evaluation-for-Image-Fusion, MATLAB, since March 2023: gray, 0..255")


@TANG2022.metric(
    "SD",
    higher_is_better=True,
    setting={"gray": "bt601-round", "in": "uint8", "sat": "yes"},
    bounds=(0.0, 255.0**0.5),
    source="SD_evaluation.m fed uint8 (commit 5d6c43a)",
    difference="not a standard deviation: pixels darker than the mean count 0, squares above 255 count 255",
)
def sd_saturating(scene: Scene) -> float:
    """sqrt(mean(min(max(round(F - mean F), 0)^2, 255))), what MATLAB's uint8 arithmetic makes of the formula."""
    gray = scene.fused.gray
    counts = np.bincount(gray.ravel(), minlength=256)
    levels = np.arange(256.0)
    mean = float(counts @ levels) / gray.size
    deviation = np.maximum(np.floor(levels - mean + 0.5), 0.0)
    return float(np.sqrt(counts @ np.minimum(deviation**2, 255.0) / gray.size))


@TANG2023.metric(
    "SD", higher_is_better=True, setting={"gray": "bt601-round", "in": "0..255"}, bounds=(0.0, 127.5), source="SD_evaluation.m"
)
def sd(scene: Scene) -> float:
    """sqrt(mean((F - mean F)^2)), the population standard deviation in grey levels."""
    return float(np.std(scene.fused.gray.astype(np.float64)))
