"""Decoding training pictures: no more of them than a crop needs, and some kept, within a bound."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import numpy as np

from tcmoa_bench.images import declared_size, read_image
from tcmoa_bench.types import Image

_JPEG = (".jpg", ".jpeg")


class Pictures:
    """Decodes pictures for crops; threads may share it.

    The first pictures that fit are kept, and never given up: an epoch sees each once, so that the latest ones are
    those asked for last.

    Args:
        bound: Bytes of decoded pictures that are kept.
    """

    def __init__(self, bound: int) -> None:
        self.bound, self.held = bound, 0
        self._kept: dict[tuple[Path, int], Image] = {}
        self._sizes: dict[Path, tuple[int, int]] = {}
        self._lock = Lock()

    def size(self, path: Path) -> tuple[int, int]:
        """Height and width of the whole picture; of a JPEG from its header, and known for later calls."""
        if path not in self._sizes:
            declared = declared_size(path) if path.suffix.lower() in _JPEG else None
            height, width = declared or self.read(path).shape[:2]
            self._sizes[path] = (height, width)
        return self._sizes[path]

    def read(self, path: Path, reduce: int = 1) -> Image:
        """The picture `H x W x 3`, at 1/`reduce` of its sides where it is a JPEG (`images.read_image`)."""
        # Kept by reduction too: pixels must not depend on what was read before.
        if (kept := self._kept.get((path, reduce))) is not None:
            return kept
        image = read_image(path, reduce)
        if image.ndim == 2:
            image = np.repeat(image[..., None], 3, 2)
        with self._lock:
            if (path, reduce) not in self._kept and self.held + image.nbytes <= self.bound:
                self._kept[path, reduce] = image
                self.held += image.nbytes
        return image


def reduction(files: tuple[Path, Path], cut: tuple[int, int], crop: int) -> int:
    """How much smaller both sources can be decoded for a cut-out that becomes `crop` pixels a side: 1, 2, 4 or 8.

    Both must be JPEGs: else they would come in two sizes, and half a pixel apart.
    """
    if any(path.suffix.lower() not in _JPEG for path in files):
        return 1
    return next((factor for factor in (8, 4, 2) if min(cut) >= factor * crop), 1)
