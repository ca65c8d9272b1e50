"""Small pairs that tests make themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.types import FuserRecord, Image, Pair, Task

PAIR = Pair("made", "scene", Task.VIF, Path("a.png"), Path("b.png"))

#: Fusers of this package that are code and need no file of the user's.
CLASSICAL = [
    name
    for name, entry in FUSERS.items()
    if not entry.build.startswith("tcmoa_bench.baselines.deep") and not entry.record.weights
]


def record(name: str) -> FuserRecord:
    return FUSERS[name].record


def textured(height: int, width: int, channels: int = 1, seed: int = 0) -> Image:
    """Blobs on a ramp: edges, smooth parts and no ties."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    planes = []
    for _ in range(channels):
        plane = 60 + 80 * x / width + 20 * np.sin(y / 7)
        for _ in range(8):
            cy, cx, r = random.random() * height, random.random() * width, 2 + 8 * random.random()
            plane = plane + random.uniform(-60, 80) * (np.hypot(y - cy, x - cx) < r)
        planes.append(np.clip(plane + random.normal(0, 3, plane.shape), 0, 255))
    image = np.stack(planes, axis=2).round().astype(np.uint8)
    return image if channels > 1 else image[..., 0]
