"""What a fuser does with colour, written once for all of them.

* `rgb`: the channels are fused as they are; a gray source beside a coloured one stands for all three.
* `luma`: luma (BT.601) is fused; chroma comes from the coloured source, or from both by their strength.
* `gray`: both sources are turned gray, and so is the result.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from typing import TypeAlias, TypeVar

import numpy as np

from tcmoa_bench.baselines.kernels.numeric import Float64Array, u8
from tcmoa_bench.baselines.kernels.threads import call_all, each
from tcmoa_bench.gray import WEIGHTS

#: Turns two sources on 0..255 into a fused image on 0..255, unrounded; some take more than two.
Kernel: TypeAlias = Callable[..., Float64Array]
#: Which two of several planes are fused with each other, by their places.
Pairs: TypeAlias = list[tuple[int, int]]
#: Turns planes into a fused plane for each pair; what a plane needs is computed once.
JointKernel: TypeAlias = Callable[[list[Float64Array], Pairs], list[Float64Array]]

PartA = TypeVar("PartA")
PartB = TypeVar("PartB")

_LUMA = np.array([0.299, 0.587, 0.114])


def gray(image: Float64Array) -> Float64Array:
    """Gray version of a colour image, unrounded: `H x W x 3` (any scale) to `H x W`; gray stays as it is."""
    if image.ndim == 2:
        return image
    return image[..., 0] * WEIGHTS[0] + image[..., 1] * WEIGHTS[1] + image[..., 2] * WEIGHTS[2]


def gray8(image: Float64Array) -> Float64Array:
    """Gray version of an image on 0..255, rounded to whole levels (MATLAB's rgb2gray on `uint8`)."""
    return image if image.ndim == 2 else u8(gray(image)).astype(np.float64)


def match_channels(*images: Float64Array) -> tuple[Float64Array, ...]:
    """All images with equally many channels: a gray one beside a coloured one is repeated three times."""
    if len({x.ndim for x in images}) == 1:
        return images
    return tuple(x if x.ndim == 3 else np.repeat(x[..., None], 3, axis=2) for x in images)


def per_channel(kernel: Kernel) -> Kernel:
    """A kernel for images of any kind from one for planes: every channel is fused on its own."""
    return by_parts(lambda plane: plane, lambda plane: plane, kernel)


def jointly(fuse_planes: JointKernel) -> Kernel:
    """A kernel for images from one for all their planes together: A's distinct planes, then B's."""

    def fuse(a: Float64Array, b: Float64Array) -> Float64Array:
        planes_a, indices_a = _distinct(a)
        planes_b, indices_b = _distinct(b)
        wanted = [(p, len(planes_a) + q) for p, q in zip(indices_a, indices_b, strict=True)]
        pairs = list(dict.fromkeys(wanted))
        fused = dict(zip(pairs, fuse_planes([*planes_a, *planes_b], pairs), strict=True))
        planes = [fused[pair] for pair in wanted]
        return planes[0] if a.ndim == 2 else np.stack(planes, axis=2)

    return fuse


def by_parts(
    analyse_a: Callable[[Float64Array], PartA],
    analyse_b: Callable[[Float64Array], PartB],
    combine: Callable[[PartA, PartB], Float64Array],
) -> Kernel:
    """A kernel for images from the analysis of each source's planes and a rule that fuses two of them."""

    def fuse(planes: list[Float64Array], pairs: Pairs) -> list[Float64Array]:
        count_a = min(q for _, q in pairs)
        tasks = [partial(analyse_a if i < count_a else analyse_b, plane) for i, plane in enumerate(planes)]
        parts = call_all(tasks)
        return each(lambda pair: combine(parts[pair[0]], parts[pair[1]]), pairs)

    return jointly(fuse)


def _distinct(image: Float64Array) -> tuple[list[Float64Array], list[int]]:
    """Planes that differ, and for each channel which of them it is."""
    if image.ndim == 2:
        return [image], [0]
    planes: list[Float64Array] = []
    indices = []
    for channel in np.ascontiguousarray(np.moveaxis(image, 2, 0)):
        index = next((i for i, plane in enumerate(planes) if np.array_equal(plane, channel)), len(planes))
        if index == len(planes):
            planes.append(channel)
        indices.append(index)
    return planes, indices


def fuse_rgb(kernel: Kernel, *images: Float64Array) -> Float64Array:
    """Fuse the channels as they are."""
    return kernel(*match_channels(*images))


def fuse_gray(kernel: Kernel, *images: Float64Array) -> Float64Array:
    """Fuse gray versions into a gray image."""
    return kernel(*map(gray8, images))


def fuse_luma(kernel: Kernel, *images: Float64Array) -> Float64Array:
    """Fuse luma and give it the sources' chroma.

    With several coloured sources each chroma value is their mean weighted by its own magnitude (the usual
    rule of DenseFuse's and U2Fusion's authors), so the more colourful source decides.
    """
    colourful = [_chroma(x) for x in images if x.ndim == 3]
    if not colourful:
        return kernel(*images)
    fused = kernel(*map(_luma, images))
    cb, cr = (
        colourful[0]
        if len(colourful) == 1
        else (_stronger(*values) for values in zip(*colourful, strict=True))
    )
    red, blue = fused + cr, fused + cb
    green = fused - (_LUMA[0] * cr + _LUMA[2] * cb) / _LUMA[1]
    return np.stack([red, green, blue], axis=2)


def _luma(image: Float64Array) -> Float64Array:
    return image if image.ndim == 2 else image @ _LUMA


def _chroma(image: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Differences blue - luma and red - luma; they need no offset and no scale to be added again."""
    luma = image @ _LUMA
    return image[..., 2] - luma, image[..., 0] - luma


def _stronger(*values: Float64Array) -> Float64Array:
    weights = [np.abs(value) for value in values]
    total = reduce(np.add, weights)
    weighted = reduce(np.add, [weight * value for weight, value in zip(weights, values, strict=True)])
    return np.divide(weighted, total, out=np.zeros_like(total), where=total > 0)


#: The policies by name.
POLICIES: dict[str, Callable[..., Float64Array]] = {
    "rgb": fuse_rgb,
    "luma": fuse_luma,
    "gray": fuse_gray,
}
