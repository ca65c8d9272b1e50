"""Conjugate gradients in parts solve the system that GTF poses, and add up as NumPy does."""

from __future__ import annotations

import numpy as np
import pytest

from tcmoa_bench.baselines.classical.gtf import LAMBDA, gtf, system
from tcmoa_bench.baselines.kernels import conjugate_gradients as cg
from tests.baselines.pairs import textured


def _dense(fidelity: np.ndarray, smoothness: np.ndarray, channels: int) -> np.ndarray:
    """The same matrix, written down from its formula."""
    height, width = fidelity.shape
    across, down = np.eye(width, k=channels) - np.eye(width), np.eye(height, k=1) - np.eye(height)
    across[-channels:], down[-1] = 0, 0
    differences = np.vstack([np.kron(np.eye(height), across), np.kron(down, np.eye(width))])
    weighted = differences * fidelity.ravel()
    return np.eye(height * width) + LAMBDA * weighted.T @ (np.tile(smoothness.ravel(), 2)[:, None] * weighted)


@pytest.mark.parametrize("strip", [16, 40, 1000])
def test_the_system_is_solved(monkeypatch: pytest.MonkeyPatch, strip: int) -> None:
    monkeypatch.setattr(cg, "STRIP", strip)
    random = np.random.default_rng(0)
    fidelity, smoothness, right = random.uniform(0.5, 2, (3, 8, 15))
    smoothness = smoothness[:, ::3].repeat(3, axis=1)
    v = np.zeros_like(right)
    steps = cg.conjugate_gradients(system(fidelity, smoothness, 3), v, right.copy(), 1e-12, 500)
    expected = np.linalg.solve(_dense(fidelity, smoothness, 3), right.ravel())
    np.testing.assert_allclose(v.ravel(), expected, rtol=1e-9)
    assert 10 < steps < 200


@pytest.mark.parametrize("count", [7, 1000, 12345, 300 * 407])
def test_sums_of_parts_are_the_whole_sum_to_the_last_bit(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(cg, "STRIP", 500)
    x = np.random.default_rng(0).normal(size=count)
    parts = list(cg._parts(0, count))
    assert np.array_equal(np.concatenate([x[part] for part in parts]), x)
    assert all(0 < part.stop - part.start <= 500 for part in parts)
    assert cg._total(count, iter([float(x[part].sum()) for part in parts])) == float(x.sum())


def test_the_order_of_pixels_in_memory_does_not_matter() -> None:
    a, b = (textured(60, 50, 3, seed=seed).astype(np.float64) for seed in (0, 1))
    np.testing.assert_array_equal(gtf(np.asfortranarray(a), np.asfortranarray(b)), gtf(a, b))
