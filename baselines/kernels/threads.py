"""Work spread over the threads that the user gave, and formulas worked on strip by strip.

Nothing here changes a result: strips are the same for any number of threads, and only formulas without
neighbourhoods are cut into strips.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Values of a strip: some arrays of this size stay in a core's cache together.
STRIP = 2**16

_lock = threading.Lock()
_helping = 0


def each(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Results of a function for all items, in order, on as many threads as OpenCV may use.

    NumPy, SciPy and OpenCV let go of the interpreter's lock. Calls inside each other share the threads: an
    inner one gets helpers only when the outer one has none left to employ.
    """
    tasks = list(items)
    results: dict[int, Result] = {}
    numbers = itertools.count()

    def work() -> None:
        while (number := next(numbers)) < len(tasks):
            results[number] = function(tasks[number])

    def help_out() -> None:
        try:
            work()
        finally:
            _release()

    if helpers := _hire(len(tasks) - 1):
        with ThreadPoolExecutor(helpers) as pool:
            waiting = [pool.submit(help_out) for _ in range(helpers)]
            work()
            for helper in waiting:
                helper.result()
    else:
        work()
    return [results[number] for number in range(len(tasks))]


def call_all(tasks: Iterable[Callable[[], Any]]) -> list[Any]:
    """Results of tasks that give different things, in order, on the threads of `each`."""
    return each(lambda task: task(), tasks)


def _hire(wanted: int) -> int:
    """Take as many helpers as are wanted and free."""
    global _helping
    with _lock:
        count = max(0, min(wanted, cv2.getNumThreads() - 1 - _helping))
        _helping += count
        return count


def _release() -> None:
    """Give one helper back."""
    global _helping
    with _lock:
        _helping -= 1


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
