"""Luma and chroma (ITU-R BT.601, full range), for pairs where only one source has colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.types import Image

_RGB_TO_YCC = np.array(
    [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32
)
_YCC_TO_RGB = np.linalg.inv(_RGB_TO_YCC.astype(np.float64)).astype(np.float32)


def as_rgb(image: Image) -> Image:
    """`H x W x 3` of a gray or an RGB image."""
    return np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image


def split_luma(image: Image) -> tuple[Image, NDArray[np.float32]]:
    """Luma, rounded to `uint8` `H x W`, and the two chroma planes `H x W x 2`, centred on zero."""
    ycc = as_rgb(image).astype(np.float32) @ _RGB_TO_YCC.T
    return np.rint(ycc[..., 0]).clip(0, 255).astype(np.uint8), ycc[..., 1:]


def join_luma(luma: NDArray[np.float32], chroma: NDArray[np.float32]) -> NDArray[np.float32]:
    """RGB on 0..255, not clipped, of luma `H x W` and chroma `H x W x 2`."""
    return (np.concatenate([luma[..., None], chroma], axis=2) @ _YCC_TO_RGB.T).astype(np.float32)


def mix_chroma(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Chroma of two sources, each weighted by its distance from gray (Prabhakar et al., ICCV 2017)."""
    a, b = np.abs(first), np.abs(second)
    total = a + b
    return ((first * a + second * b) / np.where(total == 0, 1, total)).astype(np.float32)
