"""Gradient transfer fusion (GTF): keep the infrared intensities and the visible gradients.

Paper: Ma, Chen, Li, Huang, "Infrared and visible image fusion via gradient transfer and total variation
minimization", Information Fusion 31, 2016; l1-TV by iteratively reweighted norms (Rodriguez, Wohlberg
2009) as in the authors' MATLAB code. All channels are one problem. The number of steps of the inner solver
decides the last grey levels, and it depends on who runs that code: MATLAB's `pcg` takes a relative tolerance
above 1 for a mistake and uses 1 - eps, Octave's does not. `gtf` follows Octave, as the recorded results do;
`gtf_matlab` gives VIFB's published images.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.kernel import on_images

LAMBDA, OUTER, INNER = 4.0, 5, 500


#: Largest relative tolerance of the inner solver.
OCTAVE, MATLAB = np.inf, 1 - np.finfo(float).eps


def gtf(a: Plane, b: Plane, cap: float = OCTAVE) -> Plane:
    """Fuse a visible and an infrared image on 0..255, unrounded; `cap` is `OCTAVE` or `MATLAB`."""
    return 255 * (minimise((b - a) / 255, cap) + a / 255)


def minimise(target: Plane, cap: float) -> Plane:
    """Minimise over U: |U - S|_1 + lambda TV(U), by `OUTER` reweighted least-squares problems."""
    u = target
    for iteration in range(OUTER):
        if iteration == 0:
            fidelity = np.full_like(target, 2 * np.sqrt(0.1))
        else:
            distance = np.abs(u - target)
            fidelity = np.sqrt(0.5 * np.maximum(distance, _quantile(distance, 0.05, skip=True)))
        squared = _gradient_energy(u)
        smoothness = 2 / np.sqrt(np.maximum(squared, _quantile(squared, 0.01, skip=False)))
        u, steps = _solve(target, u, fidelity, smoothness[..., None] if u.ndim == 3 else smoothness, cap)
        if steps == 0:
            break
    return u


def _quantile(values: Plane, share: float, *, skip: bool) -> float:
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


def _differences(x: Plane) -> tuple[Plane, Plane]:
    """Forward differences along x and y, 0 in the last column and row."""
    dx, dy = np.zeros_like(x), np.zeros_like(x)
    np.subtract(x[:, 1:], x[:, :-1], out=dx[:, :-1])
    np.subtract(x[1:], x[:-1], out=dy[:-1])
    return dx, dy


def _adjoint(dx: Plane, dy: Plane) -> Plane:
    x = np.zeros_like(dx)
    x[:, :-1] -= dx[:, :-1]
    x[:, 1:] += dx[:, :-1]
    x[:-1] -= dy[:-1]
    x[1:] += dy[:-1]
    return x


def _gradient_energy(u: Plane) -> Plane:
    dx, dy = _differences(u)
    energy = dx**2 + dy**2
    return energy.sum(axis=2) if u.ndim == 3 else energy


def _solve(target: Plane, u: Plane, fidelity: Plane, smoothness: Plane, cap: float) -> tuple[Plane, int]:
    """One weighted problem by conjugate gradients from the last solution, to a fifth of its residual, or `cap`.

    Returns:
        The solution and the number of steps.
    """

    def apply(v: Plane) -> Plane:
        dx, dy = _differences(fidelity * v)
        return v + LAMBDA * fidelity * _adjoint(smoothness * dx, smoothness * dy)

    right = target / fidelity
    v = u / fidelity
    scale = float(np.linalg.norm(right))
    residual = right - apply(v)
    norm = float(np.linalg.norm(residual))
    if scale == 0 or norm == 0:
        return u, 0
    goal = min(norm / 5, cap * scale)
    direction = residual
    energy = norm**2
    steps = 0
    while steps < INNER and norm > goal:
        image = apply(direction)
        length = energy / float((direction * image).sum())
        v = v + length * direction
        residual = residual - length * image
        previous, energy = energy, float((residual * residual).sum())
        norm = energy**0.5
        direction = residual + energy / previous * direction
        steps += 1
    return fidelity * v, steps


build = on_images(gtf)
build_matlab = on_images(partial(gtf, cap=MATLAB))
