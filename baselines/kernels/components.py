"""Removal of small connected regions from a binary map."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def remove_small(mask: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Drop 8-connected regions with fewer than `least` pixels; `H x W` in and out."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= least
    keep[0] = False
    return keep[labels] if count > 1 else np.zeros_like(mask)


def clean(mask: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Drop small regions, then fill small holes."""
    return ~remove_small(~remove_small(mask, least), least)
