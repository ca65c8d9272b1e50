"""What is where in a picture: boxes with classes, or a map of classes, from the files that datasets bring."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.errors import PairError
from tcmoa_bench.images import read_picture, show

#: How a label file is written: Pascal VOC's XML, YOLO's text, or a picture of class numbers.
Form = Literal["voc", "yolo", "map"]
ENDINGS: dict[Form, str] = {"voc": ".xml", "yolo": ".txt", "map": ".png"}

#: Classes of a map that are scenery: they have no outline that a viewer could miss.
SCENERY = frozenset({"background", "road", "sidewalk", "building", "vegetation", "sky", "curve"})

#: Number in a class map that means "not labelled".
IGNORED = 255

#: Spellings of one class.
_SAME = {
    "people": "person",
    "pedestrian": "person",
    "motor": "motorcycle",
    "motorbike": "motorcycle",
    "bike": "bicycle",
}

Size = tuple[int, int]


@dataclass(frozen=True)
class Box:
    """One object's box, in pixels: 0 is the left (upper) edge of the first pixel, the width the right edge of the last.

    Attributes:
        name: Class, as `canonical` spells it.
        left: Left edge; the other edges likewise.
        top: Upper edge.
        right: Right edge.
        bottom: Lower edge.
    """

    name: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Labels:
    """What a label file says.

    Attributes:
        boxes: Boxes in the order of the file.
        class_map: Class number of each pixel, `uint8`, `H x W`, `IGNORED` where there is none; None for boxes.
        classes: Names of the known classes, by number.
    """

    boxes: tuple[Box, ...] = ()
    class_map: NDArray[np.uint8] | None = None
    classes: tuple[str, ...] = ()

    def problems(self, size: Size) -> list[str]:
        """What cannot be right of a picture of `size` (height, width): one line for each fault."""
        height, width = size
        found = []
        for number, box in enumerate(self.boxes, 1):
            edges = f"{box.left:g}, {box.top:g} to {box.right:g}, {box.bottom:g}"
            if box.left >= box.right or box.top >= box.bottom:
                found.append(f"box {number} ({box.name}) is empty: {edges}")
            elif not (
                box.left >= -0.5
                and box.top >= -0.5
                and box.right <= width + 0.5
                and box.bottom <= height + 0.5
            ):
                found.append(
                    f"box {number} ({box.name}) leaves the picture of {width}x{height} (width x height): {edges}"
                )
        if self.class_map is not None and self.class_map.shape != (height, width):
            rows, columns = self.class_map.shape
            found.append(f"the class map is {rows}x{columns}, the picture {height}x{width} (height x width)")
        return found

    def within(self, rows: slice, columns: slice) -> Labels:
        """The labels of a part of the picture: boxes are cut at its edges, those outside it are left out."""
        width, height = columns.stop - columns.start, rows.stop - rows.start
        cut = [
            replace(
                box,
                left=max(box.left - columns.start, 0),
                top=max(box.top - rows.start, 0),
                right=min(box.right - columns.start, width),
                bottom=min(box.bottom - rows.start, height),
            )
            for box in self.boxes
        ]
        boxes = tuple(box for box in cut if box.left < box.right and box.top < box.bottom)
        return Labels(boxes, None if self.class_map is None else self.class_map[rows, columns], self.classes)


@dataclass(frozen=True)
class LabelFile:
    """A pair's label file, and how to read it.

    Attributes:
        path: The file.
        form: How it is written.
        classes: Known classes by number; for YOLO's text without them, `classes.txt` beside the file names them.
    """

    path: Path
    form: Form
    classes: tuple[str, ...] = ()

    def load(self, size: Size) -> Labels:
        """Read the labels of a picture.

        Args:
            size: Its height and width in pixels (YOLO's boxes are shares of them).

        Raises:
            PairError: The file cannot be read, or names a class that is not known.
        """
        try:
            return {"voc": self._voc, "yolo": self._yolo, "map": self._map}[self.form](size)
        except (OSError, ValueError, ElementTree.ParseError) as error:
            raise PairError(f"labels {show(self.path)}: {error}") from error

    def _voc(self, size: Size) -> Labels:
        data = self.path.read_bytes()
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise ValueError("a label file declares no document type; remove it")
        boxes = []
        for number, item in enumerate(ElementTree.fromstring(data).iter("object"), 1):
            name = canonical(item.findtext("name") or "")
            if name not in self.classes:
                raise ValueError(_unknown(f"object {number}", item.findtext("name") or "", self.classes))
            edges = [item.findtext(f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")]
            if None in edges:
                raise ValueError(f"object {number} ({name}) has no bndbox with xmin, ymin, xmax, ymax")
            left, top, right, bottom = (float(edge or "") for edge in edges)
            # VOC counts pixels from 1; a file that counts from 0 is off by one pixel, and no edge is lost for it.
            left, top = (max(edge - 1, min(edge, 0)) for edge in (left, top))
            boxes.append(Box(name, left, top, right, bottom))
        return Labels(tuple(boxes), classes=self.classes)

    def _yolo(self, size: Size) -> Labels:
        height, width = size
        classes = self.classes or self._beside()
        boxes = []
        for number, line in enumerate(self.path.read_text("utf-8").splitlines(), 1):
            if not line.strip():
                continue
            words = line.split()
            if len(words) != 5:
                raise ValueError(
                    f"line {number} has {len(words)} words; class, x, y, width, height are expected"
                )
            if words[0] not in map(str, range(len(classes))):
                raise ValueError(_unknown(f"line {number}", words[0], range(len(classes))))
            x, y, w, h = (float(word) for word in words[1:])
            boxes.append(
                Box(
                    classes[int(words[0])],
                    (x - w / 2) * width,
                    (y - h / 2) * height,
                    (x + w / 2) * width,
                    (y + h / 2) * height,
                )
            )
        return Labels(tuple(boxes), classes=classes)

    def _beside(self) -> tuple[str, ...]:
        file = self.path.with_name("classes.txt")
        if not file.is_file():
            raise ValueError("no names for its class numbers; put classes.txt beside it, one class a line")
        return tuple(canonical(line) for line in file.read_text("utf-8").split("\n") if line.strip())

    def _map(self, size: Size) -> Labels:
        picture = read_picture(self.path)
        # The numbers themselves: a palette is only how they are shown.
        if picture.mode not in ("P", "L"):
            raise ValueError(f"is a {picture.mode} picture; a map holds one class number for each pixel")
        numbers = np.array(picture, np.uint8)
        strange = set(np.unique(numbers).tolist()) - {*range(len(self.classes)), IGNORED}
        if strange:
            raise ValueError(_unknown("a pixel", str(min(strange)), range(len(self.classes))))
        return Labels(class_map=numbers, classes=self.classes)


def canonical(name: str) -> str:
    """A class name in lower case and the field's usual word: `People` is `person`."""
    plain = re.sub(r"[\s_]+", " ", name.strip().lower())
    return _SAME.get(plain, plain)


def _unknown(where: str, found: str, known: Sequence[object]) -> str:
    return f"{where} has the class {found!r}; known are {', '.join(map(str, known))}"
