"""Gives a gray fused image its sources' colours back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.errors import BenchError
from tcmoa_bench.images import to_uint8
from tcmoa_bench.types import Image, Task

_BT601 = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.299 / 1.772, -0.587 / 1.772, 0.5],
        [0.5, -0.587 / 1.402, -0.114 / 1.402],
    ]
)

#: BT.601 from RGB 0..255 to luma, Cb and Cr: matrix and offset. `full` is JPEG's and OpenCV's, 0..255; `studio` is
#: MATLAB's rgb2ycbcr, luma 16..235 and chroma 16..240.
RANGES: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {
    "full": (_BT601, np.array([0.0, 128.0, 128.0])),
    "studio": (
        _BT601 * np.array([[219.0], [224.0], [224.0]]) / 255,
        np.array([16.0, 128.0, 128.0]),
    ),
}


#: Which of the sources has a scene's colours, by task; all have them in the other tasks.
_OF_COLOUR: Mapping[Task, int] = {Task.VIF: 0, Task.MED: 1, Task.PAN: 1}


def sources_of_colour(sources: Sequence[Image], task: Task) -> list[Image]:
    """The sources whose colours are the scene's: the visible, functional or multispectral one, else all."""
    return [sources[_OF_COLOUR[task]]] if task in _OF_COLOUR else list(sources)


def is_coloured(image: Image) -> bool:
    """Whether any pixel's channels differ; many gray files are RGB with equal channels."""
    return image.ndim == 3 and bool((image[..., :1] != image[..., 1:]).any())


def recolour(fused: Image, sources: Sequence[Image], levels: str = "full") -> Image:
    """A gray fused image with the chroma of its coloured sources.

    One coloured source gives its chroma as it is. Of several, each pixel takes the mean weighted by the distance from
    neutral, `sum C_i |C_i - 128| / sum |C_i - 128|`, and 128 where all are neutral (Prabhakar et al., DeepFuse, 2017).

    Args:
        fused: `uint8`, `H x W` or `H x W x 3` with equal channels: the fused luma.
        sources: `uint8` images of the same height and width.
        levels: Which luma the fused image holds, a key of `RANGES`.

    Returns:
        `uint8`, `H x W x 3`, rounded and clipped.

    Raises:
        BenchError: The fused image is coloured, no source is, or sizes differ.
    """
    if is_coloured(fused):
        raise BenchError("the fused image is in colour already; give the gray one")
    luma = fused if fused.ndim == 2 else fused[..., 0]
    coloured = [source for source in sources if is_coloured(source)]
    if not coloured:
        raise BenchError("no source is in colour; there is nothing to give back")
    if any(source.shape[:2] != luma.shape for source in coloured):
        raise BenchError("fused image and sources differ in size; nothing is resized")
    matrix, offset = RANGES[levels]
    chroma = _weighted([source @ matrix[1:].T + offset[1:] for source in coloured])
    planes = np.concatenate([luma[..., None].astype(np.float64), chroma], axis=2)
    return to_uint8((planes - offset) @ np.linalg.inv(matrix).T, "recoloured image")


def _weighted(chroma: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    if len(chroma) == 1:
        return chroma[0]
    weights = [np.abs(plane - 128) for plane in chroma]
    total = np.sum(weights, axis=0)
    products = np.sum([c * w for c, w in zip(chroma, weights, strict=True)], axis=0)
    # Rounding of the matrix leaves a gray pixel a few 1e-14 from 128: that is no colour.
    neutral = total < 1e-9
    return np.where(neutral, 128.0, products / np.where(neutral, 1.0, total))
