"""Gray conversions, exactly: MATLAB's rgb2gray, the gray of all that names no other, Pillow's and OpenCV's."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.blocks import row_blocks

# Row 1 of the inverse of the NTSC YIQ matrix as Octave's LAPACK rounds it (they sum to exactly 1). The last digits
# count: on double input others break exact equalities between gray files and RGB files with R = G = B.
WEIGHTS = (0.2989360212937755, 0.5870430744511212, 0.1140209042551033)


def gray_double(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Luma of RGB levels as double, not rounded; gray images pass through.

    Args:
        pixels: `uint8`, `H x W` or `H x W x 3`.

    Returns:
        float64 `H x W` on 0..255.
    """
    if pixels.ndim == 2:
        return pixels.astype(np.float64)
    red, green, blue = cv2.split(pixels)
    gray: NDArray[np.float64] = WEIGHTS[0] * red
    gray += WEIGHTS[1] * green
    gray += WEIGHTS[2] * blue
    return gray


def gray_uint8(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luma of RGB levels, rounded half away from zero, as MATLAB does for uint8; gray images pass through."""
    if pixels.ndim == 2:
        return pixels
    gray = np.empty(pixels.shape[:2], np.uint8)
    for rows in row_blocks(gray.shape):
        level = gray_double(pixels[rows])
        level += 0.5
        gray[rows] = level  # the cast cuts, which is floor: levels are not negative
    return gray


def gray_opencv(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """OpenCV's BGR2GRAY of float32 levels, rounded half to even; gray images pass through.

    0.299 R + 0.587 G + 0.114 B as x86 builds form it, with two fused multiply-adds: one colour in a thousand is a tie
    that the last bit decides, and this does not depend on the machine.
    """
    if pixels.ndim == 2:
        return pixels
    red_weight, green_weight, blue_weight = (float(np.float32(x)) for x in (0.299, 0.587, 0.114))
    red, green, blue = cv2.split(pixels)
    total = (green * green_weight).astype(np.float32)
    total = (blue * blue_weight + total).astype(np.float32)
    total = (red * red_weight + total).astype(np.float32)
    levels: NDArray[np.uint8] = np.rint(total).astype(np.uint8)
    return levels


def gray_pillow(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pillow's `convert("L")`: 0.299 R + 0.587 G + 0.114 B in 16-bit fractions, rounded; gray images pass through."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = (channel.astype(np.uint32) for channel in cv2.split(pixels))
    level: NDArray[np.uint32] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16
    return level.astype(np.uint8)
