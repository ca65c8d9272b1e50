"""Detectors and segmenters at hand: networks of torchvision and ultralytics, with weights that the user has.

Nothing is downloaded: a network without its weights file is listed and cannot be opened.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.types import BenchError, Image

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


def open_detector(
    model: str, weights: Path, classes: Sequence[str], settings: Settings, unpickle: bool = False
) -> Detector:
    """A network with its weights.

    Args:
        model: `torchvision:NAME`, `ultralytics:NAME`, or `ultralytics` (the network too is in the file).
        weights: The file.
        classes: Names of the classes in the order of the network's training; empty: those of its published weights.
        settings: How it is run.
        unpickle: Whether code in the file may run.

    Raises:
        BenchError: There is no such network, or the weights are not its.
    """
    library, _, name = model.partition(":")
    if library == "torchvision":
        from tcmoa_bench.labelled.of_torchvision import OfTorchvision

        return OfTorchvision(name, weights, classes, settings)
    if library == "ultralytics":
        from tcmoa_bench.labelled.of_ultralytics import OfUltralytics

        return OfUltralytics(name, weights, classes, settings, unpickle)
    raise BenchError(
        f"unknown detector {model!r}; say torchvision:NAME or ultralytics:NAME (`labels detectors` lists them)"
    )


def listing() -> list[tuple[str, str, str, str]]:
    """Every network by name, what it finds, the licence of its code, and what it needs."""
    from tcmoa_bench.labelled.of_torchvision import names

    there = importlib.util.find_spec("ultralytics") is not None
    rows = [
        (f"torchvision:{name}", "class map" if maps else "boxes", "BSD-3-Clause", "weights")
        for name, maps in names().items()
    ]
    return [
        *rows,
        ("ultralytics:NAME", "boxes", "AGPL-3.0", "weights" if there else "weights, pip install ultralytics"),
    ]


def rgb(image: Image) -> Image:
    """A picture with three channels, whatever it has."""
    return np.dstack([image] * 3) if image.ndim == 2 else image
