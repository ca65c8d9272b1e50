"""Fused images with the labels of their pairs, laid out as detectors and segmenters read them."""

from __future__ import annotations

import csv
import io
import json
import shutil
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tcmoa_bench.images import encode_png, safe_name, show
from tcmoa_bench.labelled.rows import Scene, image_ids, images, scenes, sha256
from tcmoa_bench.labels import Box
from tcmoa_bench.reports.summary import Run
from tcmoa_bench.types import BenchError

#: Layout to the folder of the images and the place of a label file (empty: one file for all) below a row's folder.
LAYOUTS: Mapping[str, tuple[str, str]] = {
    "yolo": ("images/val", "labels/val/{}.txt"),
    "coco": ("images", ""),
    "voc": ("JPEGImages", "Annotations/{}.xml"),
    "seg": ("images", "labels/{}.png"),
}


def export(run: Run, data: Path, layout: str, out: Path, fusers: Sequence[str]) -> list[str]:
    """Write one folder for each fuser and each source, `split.csv` and `classes.txt`; all of it or nothing.

    Args:
        run: The run.
        data: The folder with its datasets.
        layout: One of `LAYOUTS`.
        out: A folder that is not there yet.
        fusers: Whose images.

    Returns:
        The rows, which are the names of the folders.

    Raises:
        BenchError: The labels have another form than the layout, an image is not there, or `out` is.
    """
    if out.exists():
        raise BenchError(f"{show(out)} is there already; give a new folder")
    found = scenes(run, data)
    boxes = found[0].labels.class_map is None
    if boxes == (layout == "seg"):
        needed, there = ("class maps", "boxes") if layout == "seg" else ("boxes", "class maps")
        raise BenchError(f"layout {layout} needs {needed}, and the labels of this run's pairs are {there}")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as work:
        folder = Path(work) / "new"
        rows = _write(run, found, layout, folder, fusers)
        shutil.move(folder, out)
    return rows


def _write(run: Run, found: Sequence[Scene], layout: str, folder: Path, fusers: Sequence[str]) -> list[str]:
    image_place, label_place = LAYOUTS[layout]
    classes = found[0].labels.classes
    split = [["row", "dataset", "pair", "image", "image_sha256", "label", "label_sha256"]]
    rows: dict[str, Path] = {}
    for row, scene, data in images(run, found, fusers):
        top = rows.setdefault(row, folder / safe_name(row))
        image = top / image_place / f"{scene.name}.png"
        _put(image, data)
        label, text = top / (label_place.format(scene.name) or "annotations.json"), b""
        if label_place:
            text = LABELS[layout](scene)
            _put(label, text)
        split.append(
            [row, scene.pair.dataset, scene.pair.name, image.relative_to(folder).as_posix(), sha256(data),
             label.relative_to(folder).as_posix(), sha256(text) if label_place else ""]
        )  # fmt: skip
    for top in rows.values():
        if layout == "yolo":
            # JSON's strings are YAML's; nothing in a name can break out of them.
            names = "\n".join(f"  {number}: {json.dumps(name)}" for number, name in enumerate(classes))
            _put(
                top / "data.yaml",
                f"path: .\ntrain: {image_place}\nval: {image_place}\nnames:\n{names}\n".encode(),
            )
        elif layout == "coco":
            _put(top / "annotations.json", json.dumps(coco(found), indent=1).encode())
        elif layout == "voc":
            _put(top / "ImageSets/Main/val.txt", "".join(f"{scene.name}\n" for scene in found).encode())
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows(split)
    _put(folder / "split.csv", table.getvalue().encode("utf-8", "backslashreplace"))
    _put(folder / "classes.txt", "".join(f"{name}\n" for name in classes).encode())
    return list(rows)


def _put(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def cut(box: Box, size: tuple[int, int]) -> Box:
    """A box cut at the picture's border, which rounding may have put it over."""
    height, width = size
    return Box(box.name, max(box.left, 0), max(box.top, 0), min(box.right, width), min(box.bottom, height))


def yolo(scene: Scene) -> bytes:
    """YOLO's text: class, centre and size as shares of the picture."""
    height, width = scene.size
    lines = []
    for box in (cut(box, scene.size) for box in scene.labels.boxes):
        shares = (
            (box.left + box.right) / 2 / width,
            (box.top + box.bottom) / 2 / height,
            (box.right - box.left) / width,
            (box.bottom - box.top) / height,
        )
        lines.append(
            " ".join([str(scene.labels.classes.index(box.name)), *(f"{share:.8f}" for share in shares)])
        )
    return "".join(f"{line}\n" for line in lines).encode()


def voc(scene: Scene) -> bytes:
    """Pascal VOC's XML: the first pixel is 1, the last one belongs to the box."""
    height, width = scene.size
    root = ElementTree.Element("annotation")
    ElementTree.SubElement(root, "filename").text = f"{scene.name}.png"
    size = ElementTree.SubElement(root, "size")
    for name, count in (("width", width), ("height", height), ("depth", 3)):
        ElementTree.SubElement(size, name).text = str(count)
    for box in (cut(box, scene.size) for box in scene.labels.boxes):
        item = ElementTree.SubElement(root, "object")
        ElementTree.SubElement(item, "name").text = box.name
        ElementTree.SubElement(item, "difficult").text = "0"
        edges = ElementTree.SubElement(item, "bndbox")
        for name, value in (
            ("xmin", box.left + 1),
            ("ymin", box.top + 1),
            ("xmax", box.right),
            ("ymax", box.bottom),
        ):
            ElementTree.SubElement(edges, name).text = f"{value:g}"
    ElementTree.indent(root)
    return f"{ElementTree.tostring(root, encoding='unicode')}\n".encode()


def _map(scene: Scene) -> bytes:
    numbers = scene.labels.class_map
    return encode_png(numbers) if numbers is not None else b""


LABELS: Mapping[str, Callable[[Scene], bytes]] = {"yolo": yolo, "voc": voc, "seg": _map}


def coco(found: Sequence[Scene]) -> dict[str, object]:
    """COCO's ground truth of all pairs; categories count from 1."""
    ids = image_ids(found)
    annotations: list[dict[str, object]] = []
    for scene in found:
        for box in (cut(box, scene.size) for box in scene.labels.boxes):
            wide, high = box.right - box.left, box.bottom - box.top
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": ids[scene.name],
                    "category_id": scene.labels.classes.index(box.name) + 1,
                    "bbox": [box.left, box.top, wide, high],
                    "area": wide * high,
                    "iscrowd": 0,
                }
            )
    return {
        "info": {"description": "tcmoa-bench labels export"},  # pycocotools 2.0.10 refuses a file without it
        "images": [
            {
                "id": ids[scene.name],
                "file_name": f"{scene.name}.png",
                "height": scene.size[0],
                "width": scene.size[1],
            }
            for scene in found
        ],
        "categories": [{"id": n, "name": name} for n, name in enumerate(found[0].labels.classes, 1)],
        "annotations": annotations,
    }
