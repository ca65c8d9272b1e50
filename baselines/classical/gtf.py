"""Gradient transfer fusion (GTF): keep the infrared intensities and the visible gradients.

Paper: Ma, Chen, Li, Huang, "Infrared and visible image fusion via gradient transfer and total variation
minimization", Information Fusion 31, 2016; l1-TV by iteratively reweighted norms (Rodriguez, Wohlberg
2009) as in the authors' MATLAB code. All channels are one problem. The number of steps of the inner solver
decides the last grey levels, and it depends on who runs that code: MATLAB's `pcg` takes a relative tolerance
above 1 for a mistake and uses 1 - eps, Octave's does not. `gtf` follows Octave, as the recorded results do;
`gtf_matlab` gives VIFB's published images.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from tcmoa_bench.baselines.kernels.conjugate_gradients import conjugate_gradients
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array

LAMBDA, OUTER, INNER = 4.0, 5, 500


#: Largest relative tolerance of the inner solver.
OCTAVE, MATLAB = np.inf, 1 - np.finfo(float).eps


def gtf(a: Float64Array, b: Float64Array, cap: float = OCTAVE) -> Float64Array:
    """Fuse a visible and an infrared image on 0..255, unrounded; `cap` is `OCTAVE` or `MATLAB`."""
    return 255 * (minimise(np.ascontiguousarray((b - a) / 255), cap) + a / 255)


def minimise(target: Float64Array, cap: float) -> Float64Array:
    """Minimise over U: |U - S|_1 + lambda TV(U), by `OUTER` reweighted least-squares problems; S is contiguous."""
    u = target
    for iteration in range(OUTER):
        if iteration == 0:
            fidelity = np.full_like(target, 2 * np.sqrt(0.1))
        else:
            distance = np.abs(u - target)
            fidelity = np.sqrt(0.5 * np.maximum(distance, _quantile(distance, 0.05, skip=True)))
        squared = _gradient_energy(u)
        smoothness = 2 / np.sqrt(np.maximum(squared, _quantile(squared, 0.01, skip=False)))
        u, steps = _solve(target, u, fidelity, smoothness, cap)
        if steps == 0:
            break
    return u


def _quantile(values: Float64Array, share: float, *, skip: bool) -> float:
    """Lower bound of weights: a centre of a 1000-centre histogram where the cumulative share passes `share`.

    `skip` takes the next centre always; otherwise only if the found one is 0.
    """
    low, high = float(values.min()), float(values.max())
    step = (high - low) / 999
    if step == 0:
        return max(low, np.finfo(float).tiny)
    bins = np.clip(np.ceil((values.ravel() - low) / step - 0.5), 0, 999).astype(np.int64)
    cumulative = np.cumsum(np.bincount(bins, minlength=1000)) / values.size
    position = int(np.argmax(cumulative > share))
    if skip or low + position * step == 0:
        position = min(position + 1, 999)
    return low + position * step


def _gradient_energy(u: Float64Array) -> Float64Array:
    """Squared forward differences along x and y, 0 in the last column and row; of all channels together."""
    dx, dy = np.zeros_like(u), np.zeros_like(u)
    np.subtract(u[:, 1:], u[:, :-1], out=dx[:, :-1])
    np.subtract(u[1:], u[:-1], out=dy[:-1])
    energy = dx**2 + dy**2
    return energy.sum(axis=2) if u.ndim == 3 else energy


def _solve(
    target: Float64Array, u: Float64Array, fidelity: Float64Array, smoothness: Float64Array, cap: float
) -> tuple[Float64Array, int]:
    """One weighted problem by conjugate gradients from the last solution, to a fifth of its residual, or `cap`.

    Returns:
        The solution and the number of steps.
    """
    right = target / fidelity
    v = u / fidelity
    scale = float(np.linalg.norm(right))
    # Channels lie side by side, so that NumPy has long rows to work on.
    rows, channels = len(u), u[0, 0].size
    product = system(fidelity.reshape(rows, -1), smoothness.repeat(channels, axis=1), channels)
    residual = right.reshape(rows, -1)
    residual -= product(v.reshape(rows, -1), slice(0, rows))
    norm = float(np.linalg.norm(residual))
    if scale == 0 or norm == 0:
        return u, 0
    steps = conjugate_gradients(product, v.reshape(rows, -1), residual, min(norm / 5, cap * scale), INNER)
    return fidelity * v, steps


def system(
    fidelity: Float64Array, smoothness: Float64Array, channels: int
) -> Callable[[Float64Array, slice], Float64Array]:
    """Products with the matrix 1 + lambda F D'(W D F) of forward differences D and weights F and W.

    Args:
        fidelity: F, `H x W * channels`, channels side by side as in an image.
        smoothness: W, of the same shape.
        channels: The distance of neighbours in a row.

    Returns:
        A function that takes an array of that shape, and gives some rows of its product.
    """
    smoothness = LAMBDA * smoothness

    def product(v: Float64Array, rows: slice) -> Float64Array:
        before, after = min(rows.start, 1), min(len(v) - rows.stop, 1)
        near = slice(rows.start - before, rows.stop + after)
        weighted = fidelity[near] * v[near]
        down = weighted[1:] - weighted[:-1]
        down *= smoothness[near][: len(down)]
        inner = weighted[before : len(weighted) - after]
        across = inner[:, channels:] - inner[:, :-channels]
        across *= smoothness[rows, :-channels]
        result = np.zeros_like(inner)
        np.negative(across, out=result[:, :-channels])
        result[:, channels:] += across
        result[: len(down) - before] -= down[before:]
        result[1 - before :] += down[: len(result) - 1 + before]
        result *= fidelity[rows]
        result += v[rows]
        return result

    return product


build = on_images(gtf)
build_matlab = on_images(partial(gtf, cap=MATLAB))
