"""ultralytics' detectors (YOLO) with a weights file of the user's. Their code and weights are under AGPL-3.0."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tcmoa_bench.checkpoints import NoPlainData, file_sha256, load_strictly, load_tensors
from tcmoa_bench.images import show
from tcmoa_bench.labelled.detectors import Hit, Settings, rgb
from tcmoa_bench.types import BenchError, Image, Unavailable

#: Overlap and size that ultralytics' `predict` has by itself.
_IOU, _SIZE = 0.7, 640


class OfUltralytics:
    """A detector of ultralytics; see `Detector`.

    Args:
        architecture: A network that ultralytics describes (`yolov8n`, `yolo11s`): its tensors are read from the file, and
            nothing in it is run. Empty: the file is a pickle of the network itself, which is code that runs when it is
            read.
        weights: The file.
        classes: Classes in the order of the training. Empty only where the file has their names itself.
        settings: How it is run; `size` is ultralytics' `imgsz`.
        unpickle: Whether such a pickle may be read.

    Raises:
        Unavailable: ultralytics cannot be imported.
        BenchError: There is no such network, the weights are not its, or a pickle may not be read.
    """

    maps = False

    def __init__(
        self, architecture: str, weights: Path, classes: Sequence[str], settings: Settings, unpickle: bool
    ) -> None:
        if not architecture and not unpickle:
            raise BenchError(
                f"{show(weights)}: a .pt file of ultralytics is a pickle, a program that runs when it is read, so it is "
                "refused. Take its tensors alone (`tcmoa-bench models convert OLD.pt NEW.safetensors`) and name the network "
                "(--model ultralytics:yolov8n --classes ...); or say --unpickle if you trust where the file is from"
            )
        yolo = _import()
        model = (
            _of_tensors(yolo, architecture, weights, classes)
            if architecture
            else _of_pickle(yolo, weights, classes)
        )
        self._model = model
        self.classes: tuple[str, ...] = tuple(model.names[number] for number in sorted(model.names))
        self._options = {
            "conf": settings.confidence,
            "iou": _IOU if settings.iou is None else settings.iou,
            "imgsz": settings.size or _SIZE,
        }
        self._device = settings.device
        self.facts = "|".join(
            [
                f"model:ultralytics:{architecture or 'of-the-file'}",
                f"ultralytics:{importlib.metadata.version('ultralytics')}",
                f"weights:{file_sha256(weights)[:12]}",
                f"conf:{settings.confidence:g}",
                f"iou:{self._options['iou']:g}",
                f"size:{self._options['imgsz']}",
            ]
        )

    def find(self, image: Image) -> Sequence[Hit]:
        """Boxes with confidence."""
        blue_first = np.ascontiguousarray(rgb(image)[..., ::-1])  # as ultralytics wants an array
        found = self._model.predict(
            blue_first, **self._options, device=self._device, verbose=False, save=False
        )[0].boxes
        edges, scores, numbers = (part.tolist() for part in (found.xyxy, found.conf, found.cls))
        return [
            (int(number), (left, top, right, bottom), score)
            for number, (left, top, right, bottom), score in zip(numbers, edges, scores, strict=True)
        ]


def _import() -> Any:
    # It reports to its makers, installs packages and fetches files by itself, unless told not to before its import.
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["YOLO_AUTOINSTALL"] = "false"
    try:
        from ultralytics import YOLO
    except ImportError as error:
        raise Unavailable(
            f"ultralytics cannot be imported ({error}): pip install ultralytics (its licence is AGPL-3.0)"
        ) from None
    return YOLO


def _of_tensors(yolo: Any, architecture: str, weights: Path, classes: Sequence[str]) -> Any:
    if not classes:
        raise BenchError(
            "a file of tensors has no class names: say with --classes which ones, in their order"
        )
    try:
        tensors = load_tensors(weights)
    except NoPlainData as error:
        raise BenchError(f"{error}, and give NEW.safetensors to --weights") from None
    from ultralytics.nn.tasks import DetectionModel

    try:
        model = yolo(f"{architecture}.yaml", task="detect")
        model.model = DetectionModel(dict(model.model.yaml), nc=len(classes), verbose=False)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BenchError(f"ultralytics has no detector {architecture!r} ({error})") from None
    load_strictly(
        model.model, tensors, f"weights {show(weights)}", f"{architecture} of {len(classes)} classes"
    )
    model.model.names = dict(enumerate(classes))
    return model


def _of_pickle(yolo: Any, weights: Path, classes: Sequence[str]) -> Any:
    try:
        model = yolo(str(weights))
        names = model.names
    except Exception as error:  # whatever the file's code raises
        raise BenchError(
            f"ultralytics cannot read {show(weights)}: {type(error).__name__}: {error}"
        ) from None
    if classes and len(classes) != len(names):
        raise BenchError(
            f"{show(weights)} has {len(names)} classes, and --classes {len(classes)}: {', '.join(classes)}"
        )
    return model
