"""What the authors' scripts do between the network and the file: truncate, round, or stretch."""

from __future__ import annotations

import numpy as np

from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.types import Image


def truncate(unit: Floats) -> Image:
    """Floor of 255 x for x clipped to 0..1 (`astype(uint8)`)."""
    return (255 * np.clip(unit, 0, 1)).astype(np.uint8)


def stretch(image: Floats) -> Floats:
    """Map the image's own minimum and maximum to 0 and 1; a constant image becomes 0.

    One minimum and maximum for all channels. Papers do not mention it; several scripts do it on saving.
    """
    low, high = image.min(), image.max()
    return (image - low) / (high - low) if high > low else np.zeros_like(image)


def save_offset(image: Floats) -> Image:
    """Stretch to 0..255 with 1e-5 added to the range, truncated: Li's PyTorch scripts (RFN-Nest, LRRNet)."""
    low, high = image.min(), image.max()
    return ((image - low) / (high - low + 1e-5) * 255).astype(np.uint8)


def save_scipy(image: Floats, low: float | None = None, high: float | None = None) -> Image:
    """The retired `scipy.misc.imsave`: stretch from `low`..`high` (the image's own), rounded half up."""
    low = image.min() if low is None else low
    high = image.max() if high is None else high
    scale = 255 / (high - low) if high > low else 1.0
    return (np.clip((image - low) * scale, 0, 255) + 0.5).astype(np.uint8)


def save_imageio(image: Floats) -> Image:
    """Old imageio's and scikit-image's `imsave`: an image that leaves 0..1 is stretched, others are not."""
    if image.min() < 0 or image.max() > 1:
        image = stretch(image)
    return (255 * image.astype(np.float64) + 0.499999999).astype(np.uint8)
