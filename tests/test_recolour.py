"""Colour given back to gray fused images."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tcmoa_bench.errors import BenchError
from tcmoa_bench.images import read_image
from tcmoa_bench.recolour import recolour
from tests.commands import call, save

RNG = np.random.default_rng(0)
ONE, TWO = (RNG.integers(40, 210, (12, 9, 3), np.uint8) for _ in range(2))


@given(arrays(np.uint8, (3, 4, 3)))
def test_a_sources_own_luma_gives_the_source_back(source):
    if (source[..., :1] == source[..., 1:]).all():
        return
    full = np.rint(source @ [0.299, 0.587, 0.114]).astype(np.uint8)
    assert np.abs(recolour(full, [source]).astype(int) - source).max() <= 1
    studio = np.rint(16 + source @ np.array([65.481, 128.553, 24.966]) / 255).astype(np.uint8)
    assert np.abs(recolour(studio, [source], "studio").astype(int) - source).max() <= 1


def test_the_conversion_is_opencvs_and_two_sources_are_weighted_pixel_by_pixel():
    luma = RNG.integers(80, 170, (12, 9), np.uint8)
    planes = [cv2.cvtColor(s, cv2.COLOR_RGB2YCrCb).astype(float) for s in (ONE, TWO)]
    expected = np.empty((12, 9, 3))
    for y in range(12):
        for x in range(9):
            mixed = []
            for c in (1, 2):
                first, second = planes[0][y, x, c], planes[1][y, x, c]
                w1, w2 = abs(first - 128), abs(second - 128)
                mixed.append(128 if w1 + w2 == 0 else (first * w1 + second * w2) / (w1 + w2))
            cr, cb = mixed[0] - 128, mixed[1] - 128
            level = float(luma[y, x])
            expected[y, x] = level + 1.402 * cr, level - 0.344136 * cb - 0.714136 * cr, level + 1.772 * cb
    found = recolour(luma, [ONE, TWO])
    assert np.abs(found - np.clip(expected, 0, 255)).max() <= 3  # OpenCV's planes are rounded
    assert np.abs(found - np.clip(expected, 0, 255)).mean() < 1


def test_gray_sources_give_nothing():
    gray = np.repeat(ONE[..., :1], 3, axis=2)
    assert np.array_equal(recolour(ONE[..., 0], [gray, TWO]), recolour(ONE[..., 0], [TWO]))
    with pytest.raises(BenchError, match="no source is in colour"):
        recolour(ONE[..., 0], [gray])
    with pytest.raises(BenchError, match="in colour already"):
        recolour(ONE, [TWO])
    with pytest.raises(BenchError, match="differ in size"):
        recolour(ONE[:5, :, 0], [TWO])


@given(st.sampled_from(["full", "studio"]))
def test_neutral_pixels_stay_neutral(levels):
    sources = [ONE.copy(), TWO.copy()]
    for source in sources:
        source[0] = source[0, :, :1]
    found = recolour(ONE[..., 0], sources, levels)
    assert (found[0] == found[0, :, :1]).all()


def test_the_command(tmp_path):
    gray, colour, infrared = (
        save(tmp_path / n, i) for n, i in (("f.png", ONE[..., 1]), ("v.png", TWO), ("i.png", ONE[..., 0]))
    )
    done = call("recolor", gray, colour, infrared, "-o", tmp_path / "o.png")
    assert done.code == 0, done.err
    assert "v.png, BT.601 full range" in done.out
    assert np.array_equal(read_image(tmp_path / "o.png"), recolour(ONE[..., 1], [TWO]))
    refused = call("recolor", gray, infrared, "-o", tmp_path / "x.png")
    assert (refused.code, (tmp_path / "x.png").exists()) == (2, False)
    assert call("recolor", tmp_path / "none.png", colour, "-o", tmp_path / "x.png").code == 2
    assert call("recolor", gray, colour, "-o", tmp_path / "x.jpg").code == 2
