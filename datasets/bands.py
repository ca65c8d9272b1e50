"""Readers for multispectral files: 4-band TIFF, single-band TIFFs side by side, MATLAB files.

A multispectral source B becomes RGB from its red, green and blue bands (the sensors' order is blue,
green, red, near infrared) and, where its pixels are larger than those of the panchromatic source A, is
brought to A's size by bicubic interpolation. Near infrared and further bands are left out.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image as PilImage

from tcmoa_bench.images import read_image, read_picture, show, to_pixels
from tcmoa_bench.types import Image

#: Reflected levels of an 11-bit sensor end here; its pictures are scaled to 8 bits by it.
ELEVEN_BITS = 2047


def read_source(path: Path) -> Image:
    """Source A or B of a pan-sharpening set, whatever it lies in.

    The 4-band TIFFs of GIFNet, the single-band TIFFs `..._MS1`, `..._MS2`, `..._MS3` of GTP-PNet, or any
    8-bit gray or RGB picture.
    """
    return read_band_files(path) if path.parent.name.upper().endswith("_MS1") else read_four_bands(path)


def read_four_bands(path: Path) -> Image:
    """RGB of a 4-band TIFF (bands blue, green, red, near infrared); other pictures as they are.

    Pillow takes four unnamed bands for CMYK; their levels are the file's, so no colour conversion is made.

    Returns:
        `uint8`, `H x W x 3` for the 4-band file.

    Raises:
        ValueError: The file cannot be decoded.
    """
    picture = read_picture(path)
    if picture.mode != "CMYK":
        return to_pixels(picture, show(path))
    bands = np.asarray(picture, dtype=np.uint8)
    return np.ascontiguousarray(bands[..., [2, 1, 0]])


def read_band_files(path: Path) -> Image:
    """RGB of the single-band files in `<x>_MS3`, `<x>_MS2`, `<x>_MS1`, at the size of the one in `<x>_PAN`.

    Args:
        path: The file in `<x>_MS1`; the others have the same file name.

    Returns:
        `uint8`, `H x W x 3`, of PAN's height and width.

    Raises:
        FileNotFoundError: A band is missing.
        ValueError: A file cannot be decoded, or the bands differ in size.
    """
    folder = path.parent
    bands = [read_image(folder.with_name(folder.name[:-1] + number) / path.name) for number in "321"]
    if any(band.shape != bands[0].shape or band.ndim != 2 for band in bands):
        raise ValueError(f"{show(path)}: the bands MS1, MS2, MS3 must be gray pictures of one size")
    pan = read_image(folder.with_name(folder.name[:-3] + "PAN") / path.name)
    return enlarge(np.stack(bands, axis=-1), pan.shape[0], pan.shape[1])


def enlarge(image: Image, height: int, width: int) -> Image:
    """`image` (`H x W x 3`) at another size by bicubic interpolation; unchanged if it has that size."""
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(PilImage.fromarray(image).resize((width, height), PilImage.Resampling.BICUBIC))


def read_mat(path: Path) -> tuple[Image, Image]:
    """PAN and multispectral source of a MATLAB file with `I_PAN` and `I_MS` (or `I_MS_LR`).

    Levels above 8 bits are scaled by 255 / 2047 (11-bit sensors) and rounded.

    Args:
        path: A `.mat` file (version 7 or older).

    Returns:
        `uint8` images of equal size: PAN `H x W`, multispectral `H x W x 3` RGB, enlarged to PAN's size.
        Of eight bands (WorldView-3) blue, green and red are the second, third and fifth.

    Raises:
        ValueError: The file cannot be read or lacks a variable.
    """
    from scipy.io import loadmat

    try:
        # The variables are plain numeric arrays; nothing in a .mat file of this kind is executed.
        content = loadmat(os.fspath(path), variable_names=["I_PAN", "I_MS", "I_MS_LR"])
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(
            f"{show(path)} is no MATLAB file that can be read ({error}); fetch it again"
        ) from None
    pan = content.get("I_PAN")
    bands = content.get("I_MS", content.get("I_MS_LR"))
    if pan is None or bands is None or bands.ndim != 3 or bands.shape[2] < 3:
        raise ValueError(f"{show(path)} lacks I_PAN or I_MS with at least three bands")
    for name, levels in (("I_PAN", pan), ("I_MS", bands)):
        if levels.dtype.kind not in "ui" and not (np.isfinite(levels).all() and levels.max() > 1):
            raise ValueError(
                f"{show(path)}: {name} is {levels.dtype} and holds no levels of a sensor (NaN, infinity, or none "
                "above 1); whole numbers 0..255 or 0..2047 are expected"
            )
    order = [4, 2, 1] if bands.shape[2] == 8 else [2, 1, 0]
    rgb = enlarge(to_eight_bits(bands[..., order]), pan.shape[0], pan.shape[1])
    return to_eight_bits(pan), rgb


def to_eight_bits(levels: np.ndarray) -> Image:
    """8-bit levels as they are; others as 11-bit levels, `round(255 v / 2047)`, clipped at 255."""
    if levels.dtype == np.uint8:
        return np.ascontiguousarray(levels)
    wide = np.clip(levels.astype(np.int64), 0, ELEVEN_BITS)
    return ((wide * 510 + ELEVEN_BITS) // (2 * ELEVEN_BITS)).astype(np.uint8)
