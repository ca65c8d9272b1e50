"""Sample scenes, multi-exposure: light of a high range, taken once too short and once too long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.datasets.drawing import (
    Canvas,
    blur,
    box,
    ellipse,
    flat,
    noise,
    over,
    pasted,
    photograph,
    polygon,
    ramp,
    tint,
    union,
)
from tcmoa_bench.types import Image

#: Linear light of each 8-bit level, 0..65535, by a power of 2.2.
_LINEAR = np.rint(65535 * (np.arange(256) / 255) ** 2.2).astype(np.int64)

#: Light at which the encoded level rises by one.
_STEPS = (_LINEAR[1:] + _LINEAR[:-1] + 1) // 2


def expose(levels: Canvas, light: Canvas, numerator: int, denominator: int, seed: int) -> Image:
    """An 8-bit picture of a lit scene at one exposure.

    Args:
        levels: Reflectance as 8-bit levels, `H x W` or `H x W x 3`.
        light: Illumination, `H x W`, in 1/256.
        numerator: Exposure is `numerator / denominator`.
        denominator: See `numerator`.
        seed: Of the sensor's noise.
    """
    weight = light[..., None] if levels.ndim == 3 else light
    linear: NDArray[np.int64] = _LINEAR[np.clip(levels, 0, 255)] * weight // 256
    grain = noise(seed, 60).astype(np.int64)
    seen = linear * numerator // denominator + (grain[..., None] if levels.ndim == 3 else grain)
    return np.searchsorted(_STEPS, seen, side="right").astype(np.uint8)


def window() -> tuple[Image, Image]:
    """A dim room with a page on its wall, and a window onto a bright meadow."""
    wall = tint(photograph("brick", 0, 0, shrink=2, turned=True) // 2 + 96, 250, 224, 190)
    page = pasted(photograph("page", 0, 0)[:130, :110], 70, 14)
    room = over(wall, tint(page, 256, 250, 232), box(70, 14, 200, 124))
    clouds = blur(union(ellipse(52, 214, 10, 34), ellipse(46, 236, 12, 22), ellipse(70, 274, 7, 24)), 3)
    outside = over(
        np.stack([ramp(110, 190, 0), ramp(160, 214, 0), ramp(236, 240, 0)], axis=-1),
        flat(250, 250, 250),
        clouds,
    )
    outside = over(outside, tint(photograph("grass", 60, 60), 170, 240, 110), box(112, 0, 240, 320))
    pane = box(24, 160, 180, 302)
    bars = union(box(98, 160, 103, 302), box(24, 228, 180, 233), box(180, 152, 190, 310))
    levels = over(over(room, outside, pane), flat(214, 206, 196), bars)
    light = over(ramp(150, 256, 1), flat(256 * 22), np.maximum(0, pane - bars))
    return _pair(levels, light + blur(pane, 20) // 2, seed=3)


def suit() -> tuple[Image, Image]:
    """A portrait in front of flags, lit hard from the right."""
    levels = photograph("astronaut", 0, 60)
    light = 150 + ramp(0, 64, 1) * ramp(0, 64, 1) * 5 // 4
    return _pair(levels, light, seed=5)


def lamp() -> tuple[Image, Image]:
    """A cup in the spot of a lamp, the table around it in the dark."""
    levels = photograph("coffee", 90, 150)
    spot = blur(ellipse(70, 90, 70, 90), 22)
    return _pair(levels, 120 + spot * 20, seed=7)


def garage() -> tuple[Image, Image]:
    """A motorcycle half in the sun that falls through a door, half in the shade."""
    levels = photograph("motorcycle_left", 5, 25, shrink=2)
    sun = blur(polygon((0, 150), (0, 320), (240, 320), (240, 90)), 2)
    return _pair(levels, 170 + sun * 16, seed=9)


def _pair(levels: Canvas, light: Canvas, seed: int) -> tuple[Image, Image]:
    """The scene at 1/20 and at 5/4: the one keeps the brightest parts, the other the darkest."""
    return expose(levels, light, 1, 20, seed), expose(levels, light, 5, 4, seed + 1)
