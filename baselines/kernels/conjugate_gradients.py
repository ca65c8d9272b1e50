"""Conjugate gradients, part by part on the user's threads, with the rounding of plain NumPy.

The number of steps hangs on the last bits of two sums. NumPy halves a sum's range again and again, so sums
of the halves, added in the same order, are the same numbers for any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.threads import STRIP, each


def conjugate_gradients(
    product: Callable[[Float64Array, slice], Float64Array],
    v: Float64Array,
    residual: Float64Array,
    goal: float,
    most: int,
) -> int:
    """Solve a symmetric system from a first guess, in place.

    Args:
        product: Some rows of the system's product with an array like `v`.
        v: The guess, `H x W`; becomes the solution.
        residual: What the guess leaves of the right side; becomes what the solution leaves.
        goal: Length of the residual at which to stop.
        most: Largest number of steps.

    Returns:
        The number of steps.
    """
    width = v.shape[1]
    direction, image = residual.copy(), np.empty_like(v)
    flat_v, flat_residual, flat_direction, flat_image = (
        x.reshape(-1) for x in (v, residual, direction, image)
    )

    def multiply(part: slice) -> float:
        rows = slice(part.start // width, -(-part.stop // width))
        before = rows.start * width
        flat_image[part] = product(direction, rows).reshape(-1)[part.start - before : part.stop - before]
        return float((flat_direction[part] * flat_image[part]).sum())

    def advance(part: slice) -> float:
        flat_v[part] += length * flat_direction[part]
        flat_residual[part] -= length * flat_image[part]
        return float(np.square(flat_residual[part]).sum())

    def turn(part: slice) -> None:
        flat_direction[part] *= energy / previous
        flat_direction[part] += flat_residual[part]

    parts = list(_parts(0, v.size))
    norm = float(np.linalg.norm(residual))
    energy = norm**2
    steps = 0
    while steps < most and norm > goal:
        length = energy / _total(v.size, iter(each(multiply, parts)))
        previous, energy = energy, _total(v.size, iter(each(advance, parts)))
        norm = energy**0.5
        each(turn, parts)
        steps += 1
    return steps


def _parts(start: int, count: int) -> Iterator[slice]:
    """The ranges into which NumPy's sum of a range comes apart, of no more than `STRIP` numbers."""
    if count <= STRIP:
        yield slice(start, start + count)
    else:
        half = _half(count)
        yield from _parts(start, half)
        yield from _parts(start + half, count - half)


def _total(count: int, sums: Iterator[float]) -> float:
    """The sum of a range from the sums of its parts."""
    if count <= STRIP:
        return next(sums)
    half = _half(count)
    return _total(half, sums) + _total(count - half, sums)


def _half(count: int) -> int:
    """Where NumPy halves a range."""
    return count // 2 - count // 2 % 8
