"""Nuclear norms of many matrices side by side, held against LAPACK's singular values one by one."""

from __future__ import annotations

import numpy as np
import pytest

from tcmoa_bench.baselines.kernels.nuclear import BATCH, nuclear_norms


def _expected(matrices: np.ndarray) -> np.ndarray:
    return np.linalg.svd(matrices.transpose(2, 0, 1), compute_uv=False).sum(axis=1)


RANDOM = np.random.default_rng(0)
FULL = RANDOM.normal(size=(8, 8, 500))
#: Kinds of matrices, and how closely: squares hide singular values below 1e-8 of the largest.
CASES = {
    "full": (FULL, 1e-10),
    "tiny": (1e-12 * FULL, 1e-10),
    "whole numbers": (RANDOM.integers(-1, 2, (8, 8, 500)).astype(float), 1e-7),
    "rank one": (FULL[:, :1] * FULL[:1], 1e-6),
    "equal singular values": (np.linalg.qr(FULL.transpose(2, 0, 1))[0].transpose(1, 2, 0).copy(), 1e-12),
    "graded": (10.0 ** -np.arange(8)[:, None, None] * FULL, 1e-7),
    "diagonal": (np.eye(8)[..., None] * np.arange(8)[:, None, None] * np.ones(3), 1e-12),
    "one entry": (np.eye(64).reshape(8, 8, 64), 1e-12),
    "three by three": (FULL[:3, :3], 1e-9),
}


@pytest.mark.parametrize("kind", CASES)
def test_sums_of_singular_values(kind: str) -> None:
    matrices, tolerance = CASES[kind]
    expected = _expected(matrices)
    assert (np.abs(nuclear_norms(matrices) - expected) <= tolerance * expected).all()


def test_zero_matrices_have_norm_zero() -> None:
    assert (nuclear_norms(np.zeros((8, 8, 3))) == 0).all()


def test_a_norm_does_not_depend_on_the_other_matrices_but_for_rounding() -> None:
    many = np.random.default_rng(1).normal(size=(8, 8, BATCH + 100))
    together = nuclear_norms(many)
    assert together.shape == (BATCH + 100,)
    assert np.allclose(together[-100:], nuclear_norms(many[..., -100:]), rtol=1e-10)


def test_the_matrices_are_left_alone() -> None:
    before = FULL.copy()
    nuclear_norms(FULL)
    assert np.array_equal(before, FULL)
