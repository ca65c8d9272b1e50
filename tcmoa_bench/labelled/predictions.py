"""What a detector or a segmenter found in a row's images, read from its files: all of it or an error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.documents import parse
from tcmoa_bench.images import show
from tcmoa_bench.labelled.rows import Scene, image_ids, sha256
from tcmoa_bench.labels import Box, LabelFile, Labels
from tcmoa_bench.registry import unknown
from tcmoa_bench.types import BenchError


@dataclass(frozen=True)
class Found:
    """Predictions for a row's images.

    Attributes:
        boxes: Image name, box and confidence; empty for maps.
        maps: Class map by image name; empty for boxes.
        digest: SHA-256 of the files.
    """

    boxes: tuple[tuple[str, Box, float], ...]
    maps: dict[str, NDArray[np.uint8]]
    digest: str


def read(path: Path, scenes: Sequence[Scene], first: int = 1) -> Found:
    """Predictions in a COCO JSON file, a folder of YOLO's text files, or a folder of class maps, as the labels are.

    Args:
        path: The file or the folder.
        scenes: The pairs whose images were looked at.
        first: Number of the first class in COCO's file.

    Raises:
        BenchError: An image name or class is not known, a box leaves its picture, a number is none; names the place.
    """
    boxes = scenes[0].labels.class_map is None
    if path.is_file() and boxes:
        return _coco(path, scenes, first)
    if not path.is_dir():
        raise BenchError(f"no predictions at {show(path)}")
    if boxes and (path / "labels").is_dir():  # where ultralytics' save_txt puts them
        path = path / "labels"
    texts, maps = sorted(path.glob("*.txt")), sorted(path.glob("*.png"))
    if (bool(texts), bool(maps)) != (boxes, not boxes):
        raise BenchError(
            f"{show(path)} must hold {'YOLO .txt files' if boxes else 'class maps as .png files'}, as the labels are"
        )
    return _yolo(texts, scenes) if boxes else _maps(maps, scenes)


def _coco(file: Path, scenes: Sequence[Scene], first: int) -> Found:
    data = file.read_bytes()
    items = parse(data, show(file), "JSON")
    if not isinstance(items, list):
        raise BenchError(f"{show(file)} must hold a list of detections: image_id, category_id, bbox, score")
    names = {str(number): name for name, number in image_ids(scenes).items()} | {
        s.name: s.name for s in scenes
    }
    by_name = {scene.name: scene for scene in scenes}
    classes = scenes[0].labels.classes
    boxes = []
    for place, item in enumerate(items, 1):
        where = f"{show(file)}, detection {place}"
        try:
            image, category = str(item["image_id"]), int(item["category_id"])
            left, top, wide, high = (float(edge) for edge in item["bbox"])
            confidence = float(item["score"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BenchError(
                f"{where}: image_id, category_id, bbox and score are expected ({error!r})"
            ) from None
        if image not in names:
            raise unknown(f"{where}: image", image, by_name)
        if not first <= category < first + len(classes):
            raise BenchError(
                f"{where}: class {category} is not in the list {first}..{first + len(classes) - 1} "
                f"({', '.join(classes)}); --first-category says from where the file counts"
            )
        box = Box(classes[category - first], left, top, left + wide, top + high)
        boxes.append(_checked(where, by_name[names[image]], box, confidence))
    return Found(tuple(boxes), {}, sha256(data))


def _yolo(files: Sequence[Path], scenes: Sequence[Scene]) -> Found:
    by_name = {scene.name: scene for scene in scenes}
    boxes, digests = [], []
    for file in files:
        if file.name == "classes.txt":
            continue
        scene = _scene(file, by_name)
        height, width = scene.size
        try:
            text = file.read_text("utf-8")
        except UnicodeDecodeError as error:
            raise BenchError(f"{show(file)} is no text: {error}") from None
        digests.append(f"{file.name}:{sha256(text.encode())}")
        for number, line in enumerate(text.splitlines(), 1):
            where, words = f"{show(file)}, line {number}", line.split()
            if not words:
                continue
            if len(words) != 6:
                raise BenchError(
                    f"{where}: {len(words)} words; class, x, y, width, height and confidence are expected (save_conf=True)"
                )
            if words[0] not in map(str, range(len(scene.labels.classes))):
                raise unknown(f"{where}: class", words[0], map(str, range(len(scene.labels.classes))))
            try:
                x, y, w, h, confidence = (float(word) for word in words[1:])
            except ValueError as error:
                raise BenchError(f"{where}: {error}") from None
            box = Box(
                scene.labels.classes[int(words[0])],
                (x - w / 2) * width,
                (y - h / 2) * height,
                (x + w / 2) * width,
                (y + h / 2) * height,
            )
            boxes.append(_checked(where, scene, box, confidence))
    return Found(tuple(boxes), {}, sha256("\n".join(digests).encode()))


def _maps(files: Sequence[Path], scenes: Sequence[Scene]) -> Found:
    by_name = {scene.name: scene for scene in scenes}
    maps, digests = {}, []
    for file in files:
        scene = _scene(file, by_name)
        labels = LabelFile(file, "map", scene.labels.classes).load(scene.size)
        if problems := labels.problems(scene.size):
            raise BenchError(f"{show(file)}: {problems[0]}")
        if labels.class_map is not None:
            maps[scene.name] = labels.class_map
        digests.append(f"{file.name}:{sha256(file.read_bytes())}")
    if missing := [name for name in by_name if name not in maps]:
        raise BenchError(
            f"{show(files[0].parent)} has no class map of {missing[0]} ({len(missing)} are missing)"
        )
    return Found((), maps, sha256("\n".join(digests).encode()))


def _scene(file: Path, by_name: dict[str, Scene]) -> Scene:
    if file.stem not in by_name:
        raise unknown(f"{show(file)}: image", file.stem, by_name)
    return by_name[file.stem]


def _checked(where: str, scene: Scene, box: Box, confidence: float) -> tuple[str, Box, float]:
    if not math.isfinite(confidence):
        raise BenchError(f"{where}: confidence {confidence} is no number")
    if problems := Labels((box,)).problems(scene.size):
        raise BenchError(f"{where}: {problems[0]}")
    return scene.name, box, confidence
