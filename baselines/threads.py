"""Work spread over the threads that the user gave, and formulas worked on strip by strip.

Nothing here changes a result: strips are the same for any number of threads, and only formulas without
neighbourhoods are cut into strips.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Values of a strip: some arrays of this size stay in a core's cache together.
STRIP = 2**15

_here = threading.local()


def each(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Results of a function for all items, in order, on as many threads as OpenCV may use.

    NumPy, SciPy and OpenCV let go of the interpreter's lock. Inside another `each` the items are taken one
    by one, so that threads never multiply.
    """
    tasks = list(items)
    count = min(cv2.getNumThreads(), len(tasks))
    if count <= 1 or getattr(_here, "busy", False):
        return [function(item) for item in tasks]

    def work(item: Item) -> Result:
        _here.busy = True
        return function(item)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, tasks))


def strips(shape: tuple[int, ...]) -> list[slice]:
    """Rows of an array in slices of about `STRIP` values."""
    rows = max(1, STRIP * shape[0] // max(1, int(np.prod(shape))))
    return [slice(top, top + rows) for top in range(0, shape[0], rows)]


def in_strips(
    formula: Callable[..., NDArray[np.float64]],
    *planes: NDArray[np.float64],
    out: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """An elementwise formula of arrays of one shape, so that its intermediate results stay in cache.

    Args:
        formula: Takes strips of the planes, gives the result's strip.
        planes: Arrays of equal shape.
        out: Where the result goes, new if not given; may be one of the planes. Fresh memory of a whole
            plane costs more than most formulas.
    """
    result = np.empty_like(planes[0]) if out is None else out

    def work(rows: slice) -> None:
        result[rows] = formula(*(plane[rows] for plane in planes))

    each(work, strips(result.shape))
    return result
