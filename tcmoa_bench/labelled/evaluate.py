"""Average precision and recall by pycocotools; intersection over union of class maps."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.labelled.export import coco
from tcmoa_bench.labelled.predictions import Found
from tcmoa_bench.labelled.rows import Scene, image_ids
from tcmoa_bench.labels import IGNORED
from tcmoa_bench.types import Unavailable


def library() -> str:
    """Name and version of what computes average precision; Unavailable if it is not installed."""
    try:
        return f"pycocotools:{importlib.metadata.version('pycocotools')}"
    except importlib.metadata.PackageNotFoundError:
        raise Unavailable(
            "average precision needs pycocotools, which is not installed: pip install 'tcmoa-bench[tasks]'"
        ) from None


def detection(scenes: Sequence[Scene], found: Found) -> dict[str, float]:
    """AP50, AP (mean over IoU 0.50 to 0.95) and AR (100 detections a picture), in all and by class; 0..1, higher is better.

    As pycocotools' `COCOeval` with its own settings gives them (Lin et al. 2014). A class without an object in the
    labels has no value and is left out.
    """
    library()
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    ids, classes = image_ids(scenes), scenes[0].labels.classes
    truth: Any = COCO()
    truth.dataset = coco(scenes)
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        answers: Any = COCO()
        answers.dataset = {
            "images": truth.dataset["images"],
            "categories": truth.dataset["categories"],
            "annotations": [
                {
                    "id": number,
                    "image_id": ids[name],
                    "category_id": classes.index(box.name) + 1,
                    "bbox": [box.left, box.top, box.right - box.left, box.bottom - box.top],
                    "area": (box.right - box.left) * (box.bottom - box.top),
                    "score": confidence,
                    "iscrowd": 0,
                }
                for number, (name, box, confidence) in enumerate(found.boxes, 1)
            ],
        }
        answers.createIndex()
        judge: Any = COCOeval(truth, answers, "bbox")
        judge.evaluate()
        judge.accumulate()
    # IoU x recall x class x area x detections, and IoU x class x area x detections; -1 where there is nothing to find.
    precision = judge.eval["precision"][:, :, :, 0, -1]
    recall = judge.eval["recall"][:, :, 0, -1]
    values: dict[str, float] = {}
    values |= _mean("AP50", precision[0]) | _mean("AP", precision) | _mean("AR", recall)
    for number, name in enumerate(classes if len(classes) > 1 else ()):
        suffix = name.replace(" ", "-")
        values |= _mean(f"AP50_{suffix}", precision[0, :, number]) | _mean(
            f"AP_{suffix}", precision[:, :, number]
        )
        values |= _mean(f"AR_{suffix}", recall[:, number])
    return values


def _mean(name: str, values: NDArray[np.float64]) -> dict[str, float]:
    known = values[values > -1]
    return {name: float(known.mean())} if known.size else {}


def segmentation(scenes: Sequence[Scene], found: Found) -> dict[str, float]:
    """MIoU and mAcc over all pixels of all pairs, and the IoU of each class; 0..1, higher is better.

    A class counts if a label or a prediction has it (mIoU), or a label (mAcc); pixels that are not labelled do not. A
    prediction of "not labelled" is wrong (Long, Shelhamer and Darrell 2015).
    """
    classes = scenes[0].labels.classes
    number = len(classes)
    counts = np.zeros((number, number + 1), np.int64)
    for scene in scenes:
        truth, guess = scene.labels.class_map, found.maps[scene.name]
        assert truth is not None
        labelled = truth != IGNORED
        guessed = np.minimum(guess[labelled], number).astype(np.int64)
        counts += np.bincount(
            truth[labelled].astype(np.int64) * (number + 1) + guessed, minlength=counts.size
        ).reshape(counts.shape)
    right = counts.diagonal().astype(float)
    there, guesses = counts.sum(axis=1), counts[:, :number].sum(axis=0)
    union = there + guesses - counts.diagonal()
    share = {name: right[n] / union[n] for n, name in enumerate(classes) if union[n]}
    hits = [right[n] / there[n] for n in range(number) if there[n]]
    if not hits:
        return {}
    each = {f"IoU_{name.replace(' ', '-')}": float(value) for name, value in share.items()}
    return {"mIoU": float(np.mean(list(share.values()))), "mAcc": float(np.mean(hits)), **each}
