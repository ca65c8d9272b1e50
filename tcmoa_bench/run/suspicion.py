"""What looks wrong with a fused image, told from its pixels and its sources'.

A sign is a remark and no failure: the scores stand. `reports.summary.CAUSES` says what each usually comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]

#: A fused image clips where so much more of it is 0 (or 255) than of either source.
CLIPPED = 0.2
#: It is nearly a source where its mean distance is below this part of the sources' own distance.
NEAR = 0.02
#: Correlation of edges with the sources' below which nothing of them is seen, and above which it surely is.
UNLIKE, ALIKE = 0.1, 0.3

#: Content is judged from this height and width on, and where edges vary by more than this part of their mean: drawn
#: ramps have the same edges everywhere.
SMALLEST, PLAIN = 16, 0.5

_TURNS: Mapping[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {
    "is mirrored left to right": lambda edges: edges[:, ::-1],
    "is upside down": lambda edges: edges[::-1],
    "is turned by 180 degrees": lambda edges: edges[::-1, ::-1],
    "is transposed": lambda edges: edges.T,
}


def fused_signs(sources: Sequence[Gray], fused: Gray) -> list[str]:
    """Why a fused image is hardly the fusion of its sources; empty where nothing is odd.

    Args:
        sources: Gray sources, two or more, `H x W`.
        fused: Gray fused image, same size.
    """
    if (fused == fused.flat[0]).all():
        return [] if all((s == s.flat[0]).all() for s in sources) else ["constant"]
    if all(np.array_equal(sources[0], other) for other in sources[1:]):
        return []
    for number, source in enumerate(sources):
        if np.array_equal(fused, source):
            return [f"equals source {_name(number)}"]
    return [*_range_signs(sources, fused), *_content_signs(sources, fused)]


def _name(number: int) -> str:
    return "AB"[number] if number < 2 else str(number + 1)


def _range_signs(sources: Sequence[Gray], fused: Gray) -> list[str]:
    darkest, brightest = min(int(s.min()) for s in sources), max(int(s.max()) for s in sources)
    if fused.max() <= 3 and brightest >= 64:
        return ["holds the levels 0 to 3 only"]
    if fused.min() >= 120 and darkest < 60:
        return ["holds the upper half of the levels only"]
    return [
        f"is clipped to {name}"
        for name, level in (("black", 0), ("white", 255))
        if (fused == level).mean() - max((s == level).mean() for s in sources) > CLIPPED
    ]


def _content_signs(sources: Sequence[Gray], fused: Gray) -> list[str]:
    between = min(_distance(one, other) for one, other in combinations(sources, 2))
    for number, source in enumerate(sources):
        if _distance(fused, source) < NEAR * between:
            return [f"nearly equals source {_name(number)}"]
    if min(fused.shape) < SMALLEST:
        return []
    edges, own = _edges(fused), [_edges(source) for source in sources]
    if any(source.std() < PLAIN * source.mean() for source in own):
        return []
    like = max(_correlation(edges, source) for source in own)
    if like >= ALIKE:
        return []
    turned = {
        words: max(_correlation(turn(edges), source) for source in own)
        for words, turn in _TURNS.items()
        if turn(edges).shape == edges.shape
    }
    words, best = max(turned.items(), key=lambda item: item[1])
    if best >= ALIKE and best > like + UNLIKE:
        return [words]
    return ["shows nothing of its sources"] if like < UNLIKE else []


def _distance(one: Gray, other: Gray) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


def _edges(gray: Gray) -> NDArray[np.float32]:
    """Gradient magnitude over 2 x 2 means: noise and a shift by one pixel matter little."""
    height, width = (side - side % 2 for side in gray.shape)
    plane = gray[:height, :width].astype(np.float32)
    small = (
        plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)) if min(height, width) >= 16 else plane
    )
    magnitude: NDArray[np.float32] = np.hypot(*np.gradient(small)) if min(small.shape) > 1 else small
    return magnitude


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    x, y = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((x * x).sum(dtype=np.float64) * (y * y).sum(dtype=np.float64)))
    return float((x * y).sum(dtype=np.float64)) / scale if scale else 0.0
