"""Difference maps: how far each fused image is from a source or the reference, pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tcmoa_bench.reports.figures.canvas import new_figure, text_size
from tcmoa_bench.types import Image


def difference(fused: Image, other: Image) -> NDArray[np.float64]:
    """Absolute difference of the gray levels, `H x W`, 0..255; colour pictures by their mean of three channels.

    Two colour pictures are compared channel by channel, so that a wrong colour of the right brightness shows.
    """
    if fused.ndim == other.ndim == 3:
        mean: NDArray[np.float64] = np.abs(fused.astype(np.float64) - other).mean(axis=2)
        return mean
    return np.abs(_gray(fused) - _gray(other))


def _gray(image: Image) -> NDArray[np.float64]:
    return (image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)).astype(np.float64)


def draw(
    rows: Sequence[tuple[str, Sequence[tuple[str, NDArray[np.float64]]]]],
    against: str,
    width: float = 7.0,
    row_labels: Sequence[str] = (),
) -> Figure:
    """Maps in a grid, pairs down, fusers across, on one scale.

    Args:
        rows: Pair names with (fuser, difference) in the same order.
        against: What the images are compared with, for the scale's label.
        width: Inches.
        row_labels: Text to the left of each row, turned; none where there is none.
    """
    columns = len(rows[0][1])
    top = max(
        1.0, float(np.percentile(np.concatenate([d.ravel() for _, maps in rows for _, d in maps]), 99.5))
    )
    tall = sum(maps[0][1].shape[0] / maps[0][1].shape[1] for _, maps in rows) * width / (columns + 0.4)
    figure = new_figure(width, tall + 0.35)
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for number, (line, (_, maps)) in enumerate(zip(grid, rows, strict=True)):
        if row_labels:
            beside = {"rotation": 90, "ha": "right", "va": "center", "fontsize": text_size(1)}
            line[0].text(-0.03, 0.5, row_labels[number], transform=line[0].transAxes, **beside)
        for axes, (label, values) in zip(line, maps, strict=True):
            axes.imshow(values, cmap="cividis", vmin=0, vmax=top, interpolation="nearest")
            axes.set_axis_off()
            if number == 0:
                axes.set_title(label, fontsize=text_size(1))
    figure.colorbar(grid[0, 0].images[0], ax=grid, label=f"|F − {against}|", shrink=0.9, pad=0.01)
    return figure
