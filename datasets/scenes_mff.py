"""Sample scenes, multi-focus: one picture in focus everywhere, seen by a lens set near and set far."""

from __future__ import annotations

import importlib.resources

import numpy as np

from tcmoa_bench.datasets.drawing import (
    HEIGHT,
    WIDTH,
    Canvas,
    blur,
    finish,
    over,
    pasted,
    photograph,
    polygon,
    ramp,
    shrunk,
    tint,
)
from tcmoa_bench.types import Image

Scene = tuple[Image, Image, Image]


def defocus(sharp: Canvas, amount: Canvas) -> Canvas:
    """A picture blurred by an amount that differs from pixel to pixel.

    Args:
        sharp: All in focus, `H x W` or `H x W x 3`.
        amount: Radius of the blur in 1/256 pixel, `H x W`.
    """
    whole, part = amount >> 8, amount & 255
    result = sharp
    for radius in range(1, int(whole.max()) + 2):
        # From the level below towards this one by the rest; at a whole radius this one alone.
        weight = np.where(whole >= radius, 256, np.where(whole == radius - 1, part, 0)).astype(np.int32)
        result = over(result, blur(sharp, radius), weight)
    return result


def through_lens(sharp: Canvas, depth: Canvas, widest: int) -> Scene:
    """Near focus, far focus, and the picture in focus everywhere.

    Args:
        sharp: The picture in focus everywhere.
        depth: Nearness, 0 (far) .. 256 (near).
        widest: Radius of the blur, in pixels, of what is farthest from the focus.
    """
    near, far = defocus(sharp, (256 - depth) * widest), defocus(sharp, depth * widest)
    return finish(near), finish(far), finish(sharp)


def two_layers(front: Canvas, mask: Canvas, back: Canvas, radius: int) -> Scene:
    """The same for an object before a background; the object's blurred edge lets the background through.

    Args:
        front: The object's levels.
        mask: Where the object is.
        back: The whole background.
        radius: Of the blur of what is out of focus, in pixels.
    """
    weight = mask[..., None] if front.ndim == 3 else mask
    near = over(blur(back, radius), front, mask)
    soft = blur(mask, radius)
    veil = blur(front * weight, radius) // 256
    rest = 256 - (soft[..., None] if front.ndim == 3 else soft)
    return finish(near), finish((back * rest + 128) // 256 + veil), finish(over(back, front, mask))


def garage() -> Scene:
    """A motorcycle before shelves; the depth is that of the stereo pair."""
    sharp = photograph("motorcycle_left", 5, 25, shrink=2)
    return through_lens(sharp, _motorcycle_nearness(), widest=4)


def _motorcycle_nearness() -> Canvas:
    """Nearness 0..256 from the disparity that comes with the photograph; holes take the level around them."""
    file = importlib.resources.files("skimage.data") / "motorcycle_disp.npz"
    with file.open("rb") as stream, np.load(stream) as arrays:
        disparity = arrays["arr_0"]
    known = np.isfinite(disparity)
    levels = shrunk(np.where(known, np.clip(np.nan_to_num(disparity), 0, 64) * 64, 0).astype(np.int32), 2)
    weight = shrunk(known.astype(np.int32) * 256, 2)
    levels, weight = blur(levels, 1), blur(weight, 1)
    filled = levels * 256 // np.maximum(weight, 16)
    part = filled[5 : 5 + HEIGHT, 25 : 25 + WIDTH] // 16
    return np.clip((part - 80) * 256 // 100, 0, 256)


def table() -> Scene:
    """A cup on a table that runs away from the lens: focus changes smoothly from bottom to top."""
    return through_lens(photograph("coffee", 80, 130), np.clip(ramp(-90, 346, 0), 0, 256), widest=5)


def notice() -> Scene:
    """A printed sheet held before a cat."""
    mask = polygon((98, 22), (86, 202), (214, 214), (230, 30))
    sheet = pasted(photograph("page", 0, 0), 84, 18)
    return two_layers(tint(sheet, 256, 250, 236), mask, photograph("chelsea", 20, 70), radius=4)


def coins() -> Scene:
    """Coins before a paved yard (gray)."""
    front = photograph("coins", 30, 20)
    mask = blur(np.where(blur(front, 1) > 118, 256, 0).astype(np.int32), 1)
    return two_layers(front, mask, photograph("brick", 90, 70), radius=3)
