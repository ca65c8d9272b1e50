"""What a detector or a segmenter is to the suite, and how it is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.types import Image

#: Class number, edges (left, top, right, bottom) in pixels, and confidence.
Hit: TypeAlias = tuple[int, tuple[float, float, float, float], float]


@dataclass(frozen=True)
class Settings:
    """How a network is run.

    Attributes:
        confidence: Boxes below it are left out. A high one cuts the curve off that AP is the area of.
        iou: Boxes of one class that overlap more than this are taken for one; None: as the network has it.
        size: Length that pictures are scaled to before the network sees them; None: as the network has it.
        device: Torch's name of the device.
    """

    confidence: float = 0.001
    iou: float | None = None
    size: int | None = None
    device: str = "cpu"


class Detector(Protocol):
    """A network with its weights.

    Attributes:
        classes: Name of each class number; empty for the background of boxes.
        maps: Whether it finds a class map, and no boxes.
        facts: Model, version, weights and settings, as they stand in a signature.
    """

    classes: tuple[str, ...]
    maps: bool
    facts: str

    def find(self, image: Image) -> Sequence[Hit] | NDArray[np.uint8]:
        """Boxes with confidence, or the class number of each pixel.

        Args:
            image: `uint8`, `H x W` or `H x W x 3` RGB.
        """
        ...


def rgb(image: Image) -> Image:
    """A picture with three channels, whatever it has."""
    return np.dstack([image] * 3) if image.ndim == 2 else image
