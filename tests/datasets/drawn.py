"""Small files that tests draw."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}


def const(level: int, height: int = 8, width: int = 8) -> np.ndarray:
    return np.full((height, width), level, np.uint8)


def put(path: Path | str, pixels: np.ndarray | int = 0, kind: str | None = None) -> Path:
    """Write a picture; its format follows the ending unless `kind` says otherwise."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(const(pixels) if isinstance(pixels, int) else pixels)
    ending = os.path.splitext(path.name)[1].lower()
    with open(path, "wb") as file:
        image.save(file, kind or FORMATS[ending])
    return path


def touch(root: Path, names: Iterable[str]) -> None:
    """Pictures whose pixels do not matter, each of another level."""
    for level, name in enumerate(names):
        put(root / name, level % 250)


def put_pairs(root: Path, a: dict[str, int], b: dict[str, int]) -> Path:
    for folder, files in (("A", a), ("B", b)):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name, level in files.items():
            put(root / folder / name, const(level, 64, 64))
    return root
