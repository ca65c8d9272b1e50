"""FMI against the definition written out window by window, and what must hold for any images."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import pywt

from tcmoa_bench.metrics.formulas.fmi import FEATURES, feature_map, fmi, fmi_of_maps, windows
from tcmoa_bench.metrics.formulas.fmi.features import sobel_edges, wavelet


def textured(seed: int, shape: tuple[int, int] = (21, 26)) -> np.ndarray:
    """Smooth texture with a flat corner, so that constant windows occur."""
    noise = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    image = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 1.2), None, 0, 255, cv2.NORM_MINMAX)
    image[:6, :7] = 77
    return image


A, B = textured(1), textured(2)
F = ((A.astype(int) + 2 * B) // 3).astype(np.uint8)


def scaled(window: list[float]) -> list[float]:
    least, most = min(window), max(window)
    return [1.0] * 9 if least == most else [(v - least) / (most - least) for v in window]


def window_information(x: list[float], f: list[float]) -> float:
    """2 MI / (H + H_F) of two windows by the 81 cells of their joint distribution."""
    constant = len(set(x)) == 1, len(set(f)) == 1
    if all(constant):
        return 1.0
    x, f = scaled(x), scaled(f)
    if any(constant) or sum(v != 0 for v in x) == 1 or sum(v != 0 for v in f) == 1:
        return 0.0
    p, q = [v / sum(x) for v in x], [v / sum(f) for v in f]
    rho = float(np.corrcoef(x, f)[0, 1])
    upto_p, upto_q = [0.0, *np.cumsum(p)], [0.0, *np.cumsum(q)]
    bound = np.zeros((10, 10))
    for i in range(10):
        for j in range(10):
            both = upto_p[i], upto_q[j]
            bound[i, j] = min(both) if rho >= 0 else max(sum(both) - 1, 0)
    spread = [
        sum(i * i * v for i, v in enumerate(d, 1)) - sum(i * v for i, v in enumerate(d, 1)) ** 2
        for d in (p, q)
    ]
    extreme = (bound - np.outer(upto_p, upto_q))[1:, 1:].sum() / math.sqrt(spread[0] * spread[1])
    theta = rho / extreme
    joint = theta * np.diff(np.diff(bound, axis=0), axis=1) + (1 - theta) * np.outer(p, q)
    information = sum(
        joint[i, j] * math.log2(abs(joint[i, j]) / (p[i] * q[j]))
        for i in range(9)
        for j in range(9)
        if p[i] * q[j] > 0 and joint[i, j] != 0
    )
    entropy = -sum(v * math.log2(v) for v in (*p, *q) if v > 0)
    return 2 * information / entropy


def by_definition(maps: list[np.ndarray]) -> float:
    a, b, f = (m.astype(np.float64) for m in maps)
    values = []
    for row in range(f.shape[0] - 2):
        for column in range(f.shape[1] - 2):
            x, y, z = (list(m[row : row + 3, column : column + 3].T.ravel()) for m in (a, b, f))
            one = 1.0 if x == z else window_information(x, z)
            # the fused window is overwritten by its scaled copy on the way to the second comparison
            left = z if x == z or len(set(z)) == 1 else scaled(z)
            two = 1.0 if y == left else window_information(y, z)
            values.append((one + two) / 2)
    return sum(values) / len(values)


@pytest.mark.parametrize("feature", FEATURES)
@pytest.mark.parametrize("fused", [F, A], ids=["mixture", "source"])
def test_equals_the_definition_window_by_window(feature, fused):
    maps = [feature_map(image, feature)[:24, :26] for image in (A, B, fused)]
    assert fmi_of_maps(*maps) == pytest.approx(by_definition(maps), rel=1e-10)


@pytest.mark.parametrize("feature", FEATURES)
def test_identical_images_score_one(feature):
    assert fmi(A, A, A, feature) == 1.0


@pytest.mark.parametrize("feature", FEATURES)
def test_swapping_the_sources_changes_nothing(feature):
    assert fmi(B, A, F, feature) == pytest.approx(fmi(A, B, F, feature), rel=1e-13)


def test_an_exact_copy_of_b_is_not_recognised():
    # the reference compares F's windows with B's after it scaled them: a single peak in both then scores 0, not 1
    dots = np.zeros((20, 20))
    dots[3::6, 4::6] = 9
    assert fmi(dots, dots.T[::-1], dots, "none") > fmi(dots.T[::-1], dots, dots, "none") + 0.1


def test_binary_maps_score_as_the_same_numbers_would():
    maps = [sobel_edges(image.astype(np.float64)) for image in (A, B, F)]
    assert fmi_of_maps(*maps) == pytest.approx(fmi_of_maps(*(m.astype(np.float64) for m in maps)), rel=1e-13)


@pytest.mark.parametrize("block", [1, 7, 64])
def test_values_do_not_depend_on_the_block_size(monkeypatch, block):
    whole = fmi(A, B, F, "dct")
    monkeypatch.setattr("tcmoa_bench.metrics.formulas.fmi.windows.BLOCK", block)
    monkeypatch.setattr("tcmoa_bench.metrics.formulas.fmi.information.BLOCK", block)
    assert fmi(A, B, F, "dct") == pytest.approx(whole, rel=1e-13)


def test_values_do_not_depend_on_the_thread_count():
    found = set()
    threads = cv2.getNumThreads()
    try:
        for count in (1, 2, 4):
            cv2.setNumThreads(count)
            found.add(fmi(A, B, F, "wavelet"))
    finally:
        cv2.setNumThreads(threads)
    assert len(found) == 1


@pytest.mark.parametrize("shape", [(64, 48), (21, 33)])
def test_wavelet_bands_are_pywavelets_bands(shape):
    image = np.random.default_rng(5).random(shape)
    approximation, (horizontal, vertical, diagonal) = pywt.dwt2(image, "dmey", mode="symmetric")
    bands = np.block([[approximation, horizontal], [vertical, diagonal]])
    bands = (bands - bands.min()) / (bands.max() - bands.min())
    np.testing.assert_allclose(wavelet(image), bands, atol=1e-12)


def test_edges_are_thin_and_on_the_step():
    step = np.zeros((9, 12))
    step[:, 6:] = 200
    edges = sobel_edges(step)
    assert edges.sum(axis=1).tolist() == [1] * 9
    assert set(np.flatnonzero(edges.any(axis=0))) <= {5, 6}


def test_binary_window_numbers_round_trip():
    numbers = np.arange(512)
    again = (windows.binary_windows(numbers).astype(int) << np.arange(9)[:, None]).sum(axis=0)
    np.testing.assert_array_equal(again, numbers)


@pytest.mark.parametrize("feature", ["none", "gradient", "edge"])
def test_planes_without_a_window_are_refused(feature):
    tiny = np.zeros((2, 8), dtype=np.uint8)
    with pytest.raises(ValueError, match="at least 3x3"):
        fmi(tiny, tiny, tiny, feature)
