"""Which pictures of an exposure sequence are the darkest and the brightest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image as PilImage

#: Level of a file that cannot be read: below every picture, so that the pair fails with this file's name.
UNREADABLE = -1.0


def extremes(pictures: Sequence[Path]) -> tuple[Path, Path]:
    """The darkest and the brightest of at least two pictures by mean luminance; equal levels by order."""
    levels = [mean_luminance(path) for path in pictures]
    darkest = min(range(len(pictures)), key=lambda index: (levels[index], index))
    brightest = max(range(len(pictures)), key=lambda index: (levels[index], index))
    return pictures[darkest], pictures[brightest]


def mean_luminance(path: Path) -> float:
    """Mean BT.601 luma of a picture, 0..255; large JPEGs are decoded at an eighth of their size.

    `UNREADABLE` for a file that is no picture.
    """
    try:
        stamp = path.stat()
    except OSError:
        return UNREADABLE
    return _mean_luminance(path, stamp.st_size, stamp.st_mtime_ns)


@lru_cache(maxsize=65536)
def _mean_luminance(path: Path, size: int, modified: int) -> float:
    try:
        with PilImage.open(path) as picture:
            picture.draft("L", (max(1, picture.width // 8), max(1, picture.height // 8)))
            return float(np.asarray(picture.convert("L")).mean())
    except (OSError, SyntaxError, ValueError, PilImage.DecompressionBombError):
        return UNREADABLE
