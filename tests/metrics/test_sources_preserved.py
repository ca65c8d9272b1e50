"""Z. Liu's family: QG, QM, QSF, Piella's index, Qc and Qy, on images whose values can be worked out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tcmoa_bench.metrics.formulas import cvejic, piella, qm, qsf, viff, xydeas_liu, yang
from tcmoa_bench.metrics.scene import Plane


def textured(seed: int, height: int = 48, width: int = 50) -> Plane:
    return Plane(np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8))


def const(level: int) -> Plane:
    return Plane(np.full((48, 50), level, np.uint8))


def test_qg_of_identical_images_is_the_product_of_both_curves_at_one() -> None:
    a = textured(1)
    liu = 1 / (1 + math.exp(-10 * 0.5)) / (1 + math.exp(-20 * 0.25))
    mfif = 0.9994 / (1 + math.exp(-15 * 0.5)) * 0.9879 / (1 + math.exp(-22 * 0.2))
    assert xydeas_liu.qg(a, a, a, slopes="10,20", over="pixels") == pytest.approx(liu, rel=1e-12)
    assert xydeas_liu.qg(a, a, a, slopes="15,22", over="image") == pytest.approx(mfif, rel=1e-12)


def test_qg_of_liu_takes_opposite_orientations_for_equal() -> None:
    rising = Plane(np.repeat(np.arange(0, 200, 4, dtype=np.uint8)[None, :], 48, axis=0))
    inner = xydeas_liu.edges(rising)
    turned = xydeas_liu.Edges(inner.strength, inner.angle + math.pi)
    curves = xydeas_liu.Sigmoid(1.0, -10.0, 0.5), xydeas_liu.Sigmoid(1.0, -20.0, 0.75)
    folded = xydeas_liu.preservation(inner, turned, *curves, folded=True, guarded=True)
    plain = xydeas_liu.preservation(inner, turned, *curves, folded=False, guarded=True)
    assert folded.min() > 0.98
    assert plain.max() < 1e-10


def test_a_flat_fused_image_counts_zero_for_a_but_the_guard_for_b() -> None:
    a, flat = xydeas_liu.edges(textured(1)), xydeas_liu.edges(const(9))
    inner = np.s_[1:-1, 1:-1]
    line = xydeas_liu.Sigmoid(1.0, -10.0, 0.5)
    for guarded, ratio in ((False, 0.0), (True, 1e-5 / a.strength[inner])):
        got = xydeas_liu.preservation(a, flat, line, lambda x: np.ones_like(x), folded=True, guarded=guarded)
        np.testing.assert_allclose(got[inner], 1 / (1 + np.exp(-10 * (ratio - 0.5))), rtol=1e-12)


def test_haar_keeps_the_energy_and_drops_a_last_odd_row() -> None:
    x = textured(2, 9, 12).double
    low, bands = qm.haar(x)
    assert low.shape == (4, 6)
    energy = sum((band**2).sum() for band in (low, *bands))
    assert energy == pytest.approx((x[:8] ** 2).sum(), rel=1e-13)


def test_qm_is_three_for_identical_images_and_no_number_for_flat_ones() -> None:
    a = textured(1)
    assert qm.qm(a, a, a) == pytest.approx(3.0, rel=1e-14)
    assert math.isnan(qm.qm(const(3), const(7), a))


def test_haar_bands_by_hand() -> None:
    low, bands = qm.haar(np.array([[8.0, 0.0], [0.0, 4.0]]))
    assert float(low[0, 0]) == 6.0
    assert [float(band[0, 0]) for band in bands] == [2.0, 2.0, 6.0]


def test_qm_weighs_each_source_by_its_energy() -> None:
    a, b = textured(1), const(100)
    # B has no detail: only A counts
    kept = [
        (sum(np.exp(-np.abs(x - y)) for x, y in zip(p.bands, q.bands, strict=True)) * p.energy).sum()
        / p.energy.sum()
        for p, q in zip(qm.details(a), qm.details(textured(3)), strict=True)
    ]
    assert qm.qm(a, b, textured(3)) == pytest.approx(kept[0] ** (2 / 3) * kept[1] ** (1 / 3), rel=1e-12)


def test_qsf_is_zero_for_the_sharper_source_and_minus_one_for_a_flat_result() -> None:
    a = textured(1)
    assert qsf.qsf(a, const(50), a) == 0
    assert qsf.qsf(a, const(50), const(50)) == -1
    assert math.isnan(qsf.qsf(const(1), const(2), a))


def test_qsf_weighs_diagonals_by_the_inverse_of_their_length() -> None:
    x = np.zeros((6, 6), np.uint8)
    x[2, 3] = 10
    # two differences in each of four directions
    expected = math.sqrt((2 + 2 + (2 + 2) / math.sqrt(2)) * 100 / 36)
    lone, soft = Plane(x), Plane(x // 2)
    assert qsf.reference_frequency(lone, soft) == pytest.approx(expected, rel=1e-14)
    assert qsf.qsf(lone, soft, soft) == pytest.approx(-0.5, rel=1e-14)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("image", ["levels", "prewitt"])
def test_piella_of_identical_images_is_one(weighted: bool, image: str) -> None:
    a = textured(1)
    got = piella.qs(a, a, a, window="gaussian11", add="ssim", weighted=weighted, image=image)
    assert got == pytest.approx(1.0, rel=1e-12)


def test_piella_shares_out_by_variance_and_flat_windows_half_and_half() -> None:
    a, flat = textured(1), const(50)
    options = {"window": "box8", "add": "ssim"}
    assert piella.qs(a, flat, a, weighted=False, **options) == pytest.approx(1.0, rel=1e-12)

    # flat windows of both: the similarity of the levels, 2 m n / (m^2 + n^2) up to the stabiliser
    def alike(m: float, n: float) -> float:
        return (2 * m * n + 6.5025) / (m * m + n * n + 6.5025)

    got = piella.qs(const(40), const(80), const(50), weighted=True, **options)
    assert got == pytest.approx((alike(40, 50) + alike(80, 50)) / 2, rel=1e-12)


@pytest.mark.parametrize(("window", "share"), [("gaussian7", "overwrite"), ("box8", "clip")])
def test_qc_of_identical_images_is_one(window: str, share: str) -> None:
    a = textured(1)
    assert cvejic.qc(a, a, a, window=window, share=share, nan="keep") == pytest.approx(1.0, rel=1e-12)


def test_qc_overwrites_or_clips_a_share_outside_0_to_1() -> None:
    a = textured(1)
    negative = Plane((255 - a.levels).astype(np.uint8))
    fused = Plane((a.levels * 0.8 + negative.levels * 0.2).astype(np.uint8))
    # everywhere s_AF > 0 > s_BF, and s_AF + s_BF is near 0 of either sign: shares above 1 or below 0
    overwritten = cvejic.qc(a, negative, fused, window="box8", share="overwrite", nan="drop")
    clipped = cvejic.qc(a, negative, fused, window="box8", share="clip", nan="keep")
    assert 0 <= overwritten <= 1
    assert -1 <= clipped <= 1
    assert overwritten != clipped


def test_black_windows_are_kept_dropped_or_halved() -> None:
    levels = np.random.default_rng(4).integers(0, 256, (40, 60)).astype(np.uint8)
    levels[:, :20] = 0
    a = Plane(levels)
    options = {"window": "gaussian7", "share": "overwrite"}
    assert math.isnan(cvejic.qc(a, a, a, nan="keep", **options))
    assert cvejic.qc(a, a, a, nan="drop", **options) == pytest.approx(1.0, rel=1e-12)
    assert math.isnan(yang.qy(a, a, a, nan="keep"))
    assert yang.qy(a, a, a, nan="drop") == pytest.approx(1.0, rel=1e-12)
    assert yang.qy(a, a, a, nan="half") == pytest.approx(1.0, rel=1e-12)


def test_qy_takes_the_better_source_where_the_sources_differ() -> None:
    a, b = textured(1), textured(2)
    assert yang.qy(a, b, a, nan="keep") == pytest.approx(1.0, rel=1e-12)
    assert yang.qy(a, b, b, nan="keep") == pytest.approx(1.0, rel=1e-12)


def test_viff_is_near_one_for_identical_images_and_needs_four_scales() -> None:
    a = textured(1, 64, 64)
    assert viff.viff(a, a, a) == pytest.approx(1.0, abs=1e-4)
    assert math.isnan(viff.viff(*(textured(k, 40, 64) for k in range(3))))
