"""The papers' qualitative figure: sources and fused images, coloured boxes, enlarged crops (Figures 3 to 5 of TC-MoA)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tcmoa_bench.reports.figures.canvas import COLOURS, fitted, text_size
from tcmoa_bench.reports.figures.pictures import Shown
from tcmoa_bench.types import BenchError, Image

#: Boxes must stand out on any picture: the palette's bright colours first.
BOXES = (COLOURS[1], COLOURS[5], COLOURS[6], COLOURS[2], COLOURS[3])

#: Inches between pictures, and for a line of text of 8 points.
GAP, LINE = 0.04, 0.2

#: Most pictures in a row where nobody says: more are too small to be compared on a page.
ACROSS = 8


@dataclass(frozen=True)
class Crop:
    """A rectangle in pixels: left, top, width, height; of one pair (`name` or `dataset/name`), or of all."""

    x: int
    y: int
    w: int
    h: int
    pair: str = ""

    @classmethod
    def parse(cls, text: str) -> Crop:
        """A crop from `x,y,w,h` or `PAIR:x,y,w,h`; BenchError if it is none."""
        pair, _, numbers = text.rpartition(":")
        match = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*", numbers)
        if not match or "0" in (match[3], match[4]):
            raise BenchError(
                f"--crop {text}: expected are x,y,width,height in pixels, such as 120,80,64,48, "
                "or PAIR:120,80,64,48 for one pair"
            )
        x, y, w, h = map(int, match.groups())
        return cls(x, y, w, h, pair.strip())

    def is_of(self, pair: Shown) -> bool:
        """Whether the crop is one of a pair's."""
        return self.pair in ("", pair.name, f"{pair.dataset}/{pair.name}")

    def of(self, image: Image, name: str) -> Image:
        """The crop's pixels; BenchError if it leaves the picture."""
        height, width = image.shape[:2]
        if self.x + self.w > width or self.y + self.h > height:
            raise BenchError(
                f"--crop {self.x},{self.y},{self.w},{self.h} leaves pair {name}, which is {width} wide and {height} high"
            )
        return image[self.y : self.y + self.h, self.x : self.x + self.w]


def draw(
    pairs: Sequence[Shown],
    crops: Sequence[Crop] = (),
    corner: bool = False,
    columns: int | None = None,
    width: float = 7.0,
    row_labels: Sequence[str] = (),
) -> Figure:
    """Pictures in a grid, a block of rows for each pair; labels that are too long for their picture are set smaller.

    Args:
        pairs: Pairs with the same labels in the same order.
        crops: Boxes, the same in every picture of a pair.
        corner: Enlarged crops within each picture, in its lower corners, instead of in a row below it.
        columns: Pictures in a row; default all of a pair in one row up to eight, else rows of equal length.
        width: Inches.
        row_labels: Text to the left of each pair, turned; none where there is none.

    Raises:
        BenchError: A crop is of none of the pairs, or leaves the picture.
    """
    for crop in crops:
        if not any(map(crop.is_of, pairs)):
            raise BenchError(
                f"--crop {crop.pair}:...: no such pair in the figure; there are {', '.join(pair.name for pair in pairs)}"
            )
    own = [[crop for crop in crops if crop.is_of(pair)] for pair in pairs]
    count = len(pairs[0].pictures)
    columns = min(columns or -(-count // -(-count // ACROSS)), count)
    size = text_size(1)
    line = LINE * size / 8
    margin = line if row_labels else 0.0
    cell = (width - margin - GAP * (columns - 1)) / columns
    rows = -(-count // columns)
    blocks = [_block_height(pair, boxes, corner, cell) for pair, boxes in zip(pairs, own, strict=True)]
    height = sum(rows * (block + GAP) for block in blocks) + line * (rows * len(pairs) if rows > 1 else 1)
    figure = Figure(figsize=(width, height))
    top = height
    for number, (pair, boxes, block) in enumerate(zip(pairs, own, blocks, strict=True)):
        if row_labels:
            tall = rows * (block + GAP + line) - GAP - line
            place = (margin / 2 / width, (top - tall / 2) / height)
            figure.text(
                *place, row_labels[number], rotation=90, rotation_mode="anchor", ha="center", va="center",
                fontsize=fitted(row_labels[number], size, tall),
            )  # fmt: skip
        for row in range(rows):
            for column, (label, image) in enumerate(pair.pictures[row * columns : (row + 1) * columns]):
                left = margin + column * (cell + GAP)
                _picture(figure, image, boxes, corner, (left, top, cell, block), pair.name)
                if rows > 1 or number == len(pairs) - 1:
                    x, y = (left + cell / 2) / width, (top - block - line / 2) / height
                    figure.text(
                        x, y, label, ha="center", va="center", fontsize=fitted(label, size, cell - GAP)
                    )
            top -= block + GAP + (line if rows > 1 else 0)
    return figure


def _block_height(pair: Shown, crops: Sequence[Crop], corner: bool, cell: float) -> float:
    height, width = pair.pictures[0][1].shape[:2]
    block: float = cell * height / width
    if crops and not corner:
        block += GAP + max(crop.h / crop.w for crop in crops) * (cell - GAP * (len(crops) - 1)) / len(crops)
    return block


def _picture(
    figure: Figure,
    image: Image,
    crops: Sequence[Crop],
    corner: bool,
    box: tuple[float, float, float, float],
    name: str,
) -> None:
    left, top, width, _ = box
    height = width * image.shape[0] / image.shape[1]
    axes = _axes(figure, left, top, width, height)
    _show(axes, image)
    for number, crop in enumerate(crops):
        colour = BOXES[number % len(BOXES)]
        part = crop.of(image, name)
        axes.add_patch(
            Rectangle(
                (crop.x - 0.5, crop.y - 0.5), crop.w, crop.h, fill=False, edgecolor=colour, linewidth=1.2
            )
        )
        if corner:
            size = min(0.42 * width, 0.45 * height * crop.w / crop.h)
            start = left if number % 2 == 0 else left + width - size
            tall = size * crop.h / crop.w
            inset = _axes(figure, start, top - height + tall + (number // 2) * tall, size, tall)
        else:
            size = (width - GAP * (len(crops) - 1)) / len(crops)
            inset = _axes(
                figure, left + number * (size + GAP), top - height - GAP, size, size * crop.h / crop.w
            )
        _show(inset, part)
        for spine in inset.spines.values():
            spine.set(visible=True, edgecolor=colour, linewidth=1.2)


def _axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes by their upper left corner and size in inches."""
    wide, tall = figure.get_size_inches()
    axes = figure.add_axes((left / wide, (top - height) / tall, width / wide, height / tall))
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def _show(axes: Axes, image: Image) -> None:
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect="auto")
