"""A detector at hand, run on the images of every fuser and on each source alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.images import decode_image, encode_png, safe_name, write_bytes
from tcmoa_bench.labelled.detectors import Detector, Hit
from tcmoa_bench.labelled.rows import Scene, image_ids, images
from tcmoa_bench.labels import IGNORED, canonical
from tcmoa_bench.reports.summary import Run
from tcmoa_bench.types import BenchError


def numbers(detector: Detector, scenes: Sequence[Scene]) -> dict[int, int]:
    """The labels' class number of each class of a detector that the labels have.

    Raises:
        BenchError: It finds another form than the labels have, or none of their classes.
    """
    classes = scenes[0].labels.classes
    if detector.maps != (scenes[0].labels.class_map is not None):
        one, other = ("a class map", "boxes") if detector.maps else ("boxes", "class maps")
        raise BenchError(f"the detector finds {one}, and the labels of this run's pairs are {other}")
    own = [canonical(name.strip("_")) for name in detector.classes]
    found = {number: classes.index(name) for number, name in enumerate(own) if name in classes}
    if not any(classes[number] != "background" for number in found.values()):
        raise BenchError(
            f"no class of the detector ({_some(own)}) is one of the labels' ({', '.join(classes)}); say with --classes "
            "what it was trained for"
        )
    return found


def not_found(known: dict[int, int], scenes: Sequence[Scene]) -> list[str]:
    """Classes of the labels that a detector does not know: all of their objects count as missed."""
    return [name for n, name in enumerate(scenes[0].labels.classes) if n not in known.values()]


def _some(names: Sequence[str], most: int = 8) -> str:
    shown = [name for name in names if name]
    return ", ".join(shown[:most]) + (", ..." if len(shown) > most else "")


def detect(
    run: Run, scenes: Sequence[Scene], detector: Detector, fusers: Sequence[str], folder: Path
) -> Iterator[tuple[str, Path]]:
    """Run a detector on every row's images, row by row.

    Args:
        run: The run.
        scenes: Its labelled pairs.
        detector: The detector.
        fusers: Whose images; the sources come after them.
        folder: Where what it finds is written: `ROW.json` (COCO results), or `ROW/` with class maps.

    Yields:
        A row and its file or folder, as `labels import` takes it.

    Raises:
        BenchError: As `numbers`, or an image is not there.
    """
    known = numbers(detector, scenes)
    ids = image_ids(scenes)
    answers: list[dict[str, object]] = []
    for row, scene, data in images(run, scenes, fusers):
        place = folder / safe_name(row)
        found = detector.find(decode_image(data, f"{row} {scene.name}"))
        if isinstance(found, np.ndarray):
            write_bytes(
                place / f"{scene.name}.png", encode_png(_numbered(found, known, scene.labels.classes))
            )
        else:
            answers += [_answer(hit, known, ids[scene.name]) for hit in _kept(found, known, scene.size)]
        if scene is scenes[-1]:
            if not detector.maps:
                place = place.with_name(f"{place.name}.json")
                write_bytes(place, json.dumps(answers).encode())
                answers = []
            yield row, place


def _kept(found: Sequence[Hit], known: dict[int, int], size: tuple[int, int]) -> Iterator[Hit]:
    """Boxes of the labels' classes, cut at the picture's border; what lies outside it or has no extent is no box."""
    height, width = size
    for number, (left, top, right, bottom), confidence in found:
        left, top, right, bottom = max(left, 0.0), max(top, 0.0), min(right, width), min(bottom, height)
        if number in known and left < right and top < bottom:
            yield number, (left, top, right, bottom), confidence


def _answer(hit: Hit, known: dict[int, int], image: int) -> dict[str, object]:
    number, (left, top, right, bottom), confidence = hit
    return {
        "image_id": image,
        "category_id": known[number] + 1,
        "bbox": [left, top, right - left, bottom - top],
        "score": confidence,
    }


def _numbered(found: NDArray[np.uint8], known: dict[int, int], classes: Sequence[str]) -> NDArray[np.uint8]:
    """A map by the labels' numbers; what they have no class for is background, or not labelled where there is none."""
    other = classes.index("background") if "background" in classes else IGNORED
    table = np.full(256, other, np.uint8)
    table[list(known)] = list(known.values())
    numbered: NDArray[np.uint8] = table[found]
    return numbered
