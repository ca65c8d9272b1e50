"""Networks of torchvision and ultralytics, with weights that the user has.

Nothing is downloaded: a network without its weights file is listed and cannot be opened.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from tcmoa_bench.labelled.detectors import Detector, Settings
from tcmoa_bench.labelled.of_torchvision import OfTorchvision, names
from tcmoa_bench.labelled.of_ultralytics import OfUltralytics
from tcmoa_bench.types import BenchError


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
        return OfTorchvision(name, weights, classes, settings)
    if library == "ultralytics":
        return OfUltralytics(name, weights, classes, settings, unpickle)
    raise BenchError(
        f"unknown detector {model!r}; say torchvision:NAME or ultralytics:NAME (`labels detectors` lists them)"
    )


def listing() -> list[tuple[str, str, str, str]]:
    """Every network by name, what it finds, the licence of its code, and what it needs."""
    there = importlib.util.find_spec("ultralytics") is not None
    rows = [
        (f"torchvision:{name}", "class map" if maps else "boxes", "BSD-3-Clause", "weights")
        for name, maps in names().items()
    ]
    return [
        *rows,
        ("ultralytics:NAME", "boxes", "AGPL-3.0", "weights" if there else "weights, pip install ultralytics"),
    ]
