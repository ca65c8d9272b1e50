"""Colour conversions of the authors' scripts, to the last digit.

They differ by a level here and there, and a network's published images can only be reproduced with the
one its script used. "Gray" below takes `uint8` `H x W` or `H x W x 3` RGB and leaves gray images alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from tcmoa_bench.types import Image

Floats = NDArray[np.floating]

#: Studio range YCbCr of the MATLAB scripts (SDNet, PMGI, U2Fusion's survey images), from RGB on 0..255.
STUDIO = np.array([[0.257, 0.504, 0.098], [-0.148, -0.291, 0.439], [0.439, -0.368, -0.071]])
STUDIO_OFFSET = np.array([16.0, 128.0, 128.0])
#: MATLAB's own `rgb2ycbcr`: the same range with more digits, which move a level on some pixels.
_MATLAB = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]) / 255


def rgb(image: Image) -> Image:
    """`H x W x 3`; a gray image is repeated three times."""
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def is_coloured(image: Image) -> bool:
    """Whether any pixel's channels differ; many infrared files are RGB with equal channels."""
    return image.ndim == 3 and bool((image != image[..., :1]).any())


def _weighted(image: Image, weights: tuple[int, int, int], half: int, shift: int) -> Image:
    if image.ndim == 2:
        return image
    r, g, b = np.moveaxis(image.astype(np.int64), -1, 0)
    return ((weights[0] * r + weights[1] * g + weights[2] * b + half) >> shift).astype(np.uint8)


def gray_pillow(image: Image) -> Image:
    """Gray as Pillow's `convert("L")`."""
    return _weighted(image, (19595, 38470, 7471), 1 << 15, 16)


def gray_opencv(image: Image) -> Image:
    """Gray as OpenCV's 8-bit `COLOR_RGB2GRAY` (OpenCV 5; older ones round to 14 bits)."""
    return _weighted(image, (9798, 19235, 3735), 1 << 14, 15)


def gray_opencv_float(image: Image) -> Image:
    """Gray as OpenCV's `COLOR_RGB2GRAY` of `float32`, rounded half to even: two fused multiply-adds (OpenCV 5).

    In a network whose every pixel depends on all others, one level of a pixel moves the whole result.
    """
    if image.ndim == 2:
        return image
    r, g, b = np.moveaxis(image.astype(np.float64), -1, 0)
    red, green, blue = (np.float64(np.float32(weight)) for weight in (0.299, 0.587, 0.114))
    total = (g * green).astype(np.float32)
    for plane, weight in ((b, blue), (r, red)):
        total = (plane * weight + total).astype(np.float32)
    return np.rint(total).astype(np.uint8)


def gray_imread(image: Image) -> Image:
    """Gray as OpenCV's `imread(file, 0)` of a colour PNG: libpng's conversion, truncated."""
    return _weighted(image, (9797, 19234, 3737), 0, 15)


def ycbcr_pillow(image: Image) -> Image:
    """Full-range YCbCr as Pillow's `convert("YCbCr")`, `uint8` `H x W x 3`."""
    return np.asarray(PilImage.fromarray(image).convert("YCbCr"))


def ycrcb_opencv(image: Image) -> Image:
    """OpenCV's 8-bit `COLOR_RGB2YCrCb` (14-bit fixed point), `uint8` `H x W x 3` in the order Y, Cr, Cb."""
    r, g, b = np.moveaxis(rgb(image).astype(np.int64), -1, 0)
    y = (4899 * r + 9617 * g + 1868 * b + 8192) >> 14
    cr = ((r - y) * 11682 + (128 << 14) + 8192) >> 14
    cb = ((b - y) * 9241 + (128 << 14) + 8192) >> 14
    return np.clip(np.stack([y, cr, cb], axis=2), 0, 255).astype(np.uint8)


def rgb_from_ycrcb_opencv(ycrcb: Image) -> Image:
    """OpenCV's 8-bit `COLOR_YCrCb2RGB`, the way back of `ycrcb_opencv`."""
    y, cr, cb = np.moveaxis(ycrcb.astype(np.int64), -1, 0)
    cr, cb = cr - 128, cb - 128
    r = y + ((22987 * cr + 8192) >> 14)
    g = y + ((-11698 * cr - 5636 * cb + 8192) >> 14)
    b = y + ((29049 * cb + 8192) >> 14)
    return np.clip(np.stack([r, g, b], axis=2), 0, 255).astype(np.uint8)


def ycrcb_float(image: Floats, offset: float = 0.5) -> Floats:
    """YCrCb in floating point; `offset` is what neutral chroma is called. Keeps the dtype."""
    r, g, b = np.moveaxis(image, -1, 0)
    y = 0.299 * r + 0.587 * g + 0.114 * b
    return np.stack([y, 0.713 * (r - y) + offset, 0.564 * (b - y) + offset], axis=2)


def rgb_from_ycrcb_float(y: Floats, cr: Floats, cb: Floats, offset: float = 0.5) -> Floats:
    """The way back of `ycrcb_float`; not clipped."""
    cr, cb = cr - offset, cb - offset
    return np.stack([y + 1.403 * cr, y - 0.714 * cr - 0.344 * cb, y + 1.773 * cb], axis=2)


def ycc_centred(image: Image) -> NDArray[np.float64]:
    """YCbCr of GIFNet's and MUFusion's scripts: 0..255, chroma centred on 0, summed left to right.

    GIFNet truncates Y, so the order of the sums and `float64` decide whole levels.
    """
    r, g, b = np.moveaxis(rgb(image).astype(np.float64), -1, 0)
    y = (0.299 * r + 0.587 * g) + 0.114 * b
    cb = (-0.169 * r - 0.331 * g) + 0.5 * b
    cr = (0.5 * r - 0.419 * g) - 0.081 * b
    return np.stack([np.clip(y, 0, 255), cb, cr], axis=2)


def rgb_from_ycc_centred(y: Floats, cb: Floats, cr: Floats) -> Image:
    """The way back of `ycc_centred`, clipped and rounded half to even."""
    planes = [y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb]
    return np.rint(np.clip(np.stack(planes, axis=2), 0, 255)).astype(np.uint8)


def fuse_chroma(first: Floats, second: Floats) -> Floats:
    """Mean of two chroma planes weighted by their distance from 128; 128 where both are 128."""
    weight_1, weight_2 = np.abs(first - 128), np.abs(second - 128)
    total = weight_1 + weight_2
    return np.divide(
        first * weight_1 + second * weight_2, total, out=np.full_like(total, 128), where=total != 0
    )


def studio(image: Image) -> NDArray[np.float64]:
    """Studio-range YCbCr, `H x W x 3` on 0..255, not rounded."""
    return rgb(image).astype(np.float64) @ STUDIO.T + STUDIO_OFFSET


def rgb_from_studio(y: Floats, cb: Floats, cr: Floats) -> Floats:
    """The way back of `studio`; not clipped. A full-range Y gains 1.164 times the contrast here."""
    y, cb, cr = 1.164 * (y - 16), cb - 128, cr - 128
    return np.stack([y + 1.596 * cr, y - 0.392 * cb - 0.813 * cr, y + 2.017 * cb], axis=2)


def ycbcr_matlab(image: Image) -> Image:
    """MATLAB's `rgb2ycbcr` of `uint8`: studio range, rounded once, `H x W x 3`."""
    return np.floor(rgb(image).astype(np.float64) @ _MATLAB.T + STUDIO_OFFSET + 0.5).astype(np.uint8)


def with_matlab_chroma(y: Image, a: Image, b: Image) -> Floats:
    """Fused luma with the sources' chroma as MEFB's survey images have it, clipped to 0..255, not rounded.

    Chroma is `ycbcr_matlab`'s, fused by `fuse_chroma` without rounding, and goes back by `rgb_from_studio`. DeepFuse's
    published scores on MEFB follow from it to the last digit.

    Args:
        y: `uint8`, `H x W`: fused luma.
        a: Source A, `H x W` or `H x W x 3`.
        b: Source B, likewise.
    """
    first, second = (ycbcr_matlab(x).astype(np.float64) for x in (a, b))
    cb, cr = (fuse_chroma(first[..., k], second[..., k]) for k in (1, 2))
    return np.clip(rgb_from_studio(y.astype(np.float64), cb, cr), 0, 255)
